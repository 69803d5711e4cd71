"""A small separator in which no parameter has its first value."""

from __future__ import annotations

import torch

from jss.models.separator import ConvTasNet, ConvTasNetConfig


def separator(**sizes: int) -> ConvTasNet:
    torch.manual_seed(3)
    small = {"n_filters": 32, "bn_chan": 12, "hid_chan": 24, "skip_chan": 8, "n_blocks": 3}
    net = ConvTasNet(ConvTasNetConfig(**{**small, **sizes})).eval()
    for (
        name,
        parameter,
    ) in net.named_parameters():  # nothing at its first value: slopes, gains and shifts all differ
        if "filterbank" not in name:
            torch.nn.init.normal_(parameter, parameter.mean().item(), 0.2)
    return net
