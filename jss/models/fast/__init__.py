"""Everything that makes the networks of ``jss.models`` fast on a CPU, behind one call.

``accelerate`` gives modules of a model a faster class: a subclass of their own that overrides ``forward`` and nothing
else. Parameters, buffers and the keys of the state dict stay what they are, and so do copies, averages of weights,
autocast and ``torch.compile``. Whatever a faster pass does not compute (another device, another type) the plain one
of ``jss.models`` does, by a rule that looks at the input alone: the same call always gives the same numbers.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping
from typing import TypeVar

import torch
from torch import nn

log = logging.getLogger(__name__)

M = TypeVar("M", bound=nn.Module)


def accelerate(model: M) -> M:
    """Make all networks in a model fast on a CPU, and wait until they are.

    The first time after an install, Numba compiles for some seconds, which a line of the log says. Later
    processes load what it compiled from the disk. Where Numba cannot compile, a line says that too, and the model
    stays plain.

    Args:
        model: changed in place; accelerating it again changes nothing.

    Returns:
        The model.
    """
    classes = _classes()
    for module in model.modules():
        fast = classes.get(type(module))
        if fast is not None:
            module.__class__ = fast
        if isinstance(module, nn.Conv2d):
            _channels_last(module)
    return model


def _channels_last(convolution: nn.Conv2d) -> None:
    """Lay the weights out so that all tensors that follow have their channels last: the critic takes a third less."""
    weight = convolution.weight.data
    last = torch.empty_like(weight, memory_format=torch.channels_last)
    convolution.weight.data = last.copy_(weight)


@functools.cache
def _classes() -> Mapping[type[nn.Module], type[nn.Module]]:
    """Plain class -> faster class; importing these compiles their kernels, or loads them."""
    try:
        from jss.models.fast.numba_options import announced

        with announced():
            from jss.models.fast.conv_block import FastConvBlock
            from jss.models.fast.dropout import FastDropout
            from jss.models.fast.gru import FastGRU
            from jss.models.fast.separator import FastConvTasNet
    except ImportError as error:
        log.warning(
            "Numba cannot compile here (%s): separation and detection are several times slower.",
            error,
        )
        return {}
    from jss.models.crnn import ConvBlock
    from jss.models.separator import ConvTasNet

    return {
        ConvTasNet: FastConvTasNet,
        ConvBlock: FastConvBlock,
        nn.GRU: FastGRU,
        nn.Dropout: FastDropout,
    }
