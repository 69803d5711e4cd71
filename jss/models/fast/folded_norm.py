"""The way back through a matrix product of a globally normalised clip, with no pass over the clip
for the norm.

With y = W n, n = gamma c + beta and c = r (x - mu), the products G = g^T x and s = sum_t g of the
gradient g of y, which W needs anyway, also give what the norm needs of the whole clip:

    A = r (G - mu s),   dW = A gamma + s beta,   dgamma = sum(W A),   dbeta = s W,

and the gradient of x is r g (W gamma) - r (m1 + c m2), m1 and m2 being the sums of gamma dbeta and
of gamma dgamma over the number of elements.
"""

from __future__ import annotations

import torch
from torch import Tensor

from jss.models.fast.tiles import Moments
from jss.models.separator import GlobalNorm


class FoldedNorm:
    """The way back through y = W gLN(x) (see above): gradients of W, its bias, gamma and beta, and
    what ``input_gradient`` needs.

    weight: (m, n); product: g^T x (m, n); total: sum of g over time (m,).
    """

    def __init__(
        self, norm: GlobalNorm, moments: Moments, weight: Tensor, product: Tensor, total: Tensor
    ) -> None:
        mean, inverse = moments.mean, moments.inverse
        centred = inverse * (product - mean * total.unsqueeze(-1))
        self.d_weight = centred * norm.gamma + total.unsqueeze(-1) * norm.beta
        self.d_bias = total
        self._norm(norm, moments, weight, centred, weight.T @ total)

    @classmethod
    def of_depthwise(
        cls, norm: GlobalNorm, moments: Moments, taps: Tensor, products: Tensor, sums: Tensor
    ) -> FoldedNorm:
        """The same where W is a depth-wise convolution. taps, products and sums (of g where a tap
        saw the clip): (kernel, channels); d_bias is not set.
        """
        back = cls.__new__(cls)
        centred = moments.inverse * (products - moments.mean * sums)
        back.d_weight = centred * norm.gamma + sums * norm.beta
        back._norm(norm, moments, taps, centred, (taps * sums).sum(0))
        return back

    def _norm(
        self, norm: GlobalNorm, moments: Moments, weight: Tensor, centred: Tensor, d_beta: Tensor
    ) -> None:
        inverse = moments.inverse
        self.d_gamma, self.d_beta = (weight * centred).sum(0), d_beta
        first = float(torch.dot(norm.gamma, self.d_beta)) / moments.count
        second = float(torch.dot(norm.gamma, self.d_gamma)) / moments.count
        self.weight = weight * (norm.gamma * inverse)
        self.slope = -inverse * inverse * second
        self.constant = -inverse * first - self.slope * moments.mean

    def offset(self, x: Tensor) -> Tensor:
        """What the clip's statistics add to the gradient of x, in place of x."""
        return x.mul_(self.slope).add_(self.constant)

    def input_gradient(self, g: Tensor, x: Tensor) -> Tensor:
        """The gradient of x: (T, n) for g: (T, m); x is not kept."""
        return self.offset(x).addmm_(g, self.weight)
