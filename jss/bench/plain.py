"""The networks of the peers: Asteroid's ConvTasNet and an eager CRNN, with our weights."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


def asteroid_separator(separator: Any) -> nn.Module:
    """Asteroid's ConvTasNet with the sizes and weights of ours."""
    from jss.models.asteroid import build

    peer = build(
        "ConvTasNet", {**vars(separator.config), "norm_type": "gLN", "mask_act": "sigmoid"}
    )
    peer.load_state_dict(separator.state_dict())
    return peer


def plain_crnn(crnn: Any) -> nn.Module:
    """The CRNN without acceleration, with the sizes and weights of ours."""
    from jss.models.crnn import CRNN

    plain = CRNN(crnn.config)
    plain.load_state_dict(crnn.state_dict())
    return plain


def eager_crnn(crnn: Any, log_mel: Tensor) -> tuple[Tensor, Tensor]:
    """The CRNN's layers one after the other, channels first.

    Args:
        crnn: The network.
        log_mel: (batch, mels, frames) in [0, 1].

    Returns:
        Strong scores (batch, K, T) and weak scores (batch, K).
    """
    x = crnn.cnn(log_mel.transpose(1, 2).unsqueeze(1).contiguous())
    x, _ = crnn.rnn(x.squeeze(-1).transpose(1, 2))
    with torch.autocast(x.device.type, enabled=False):
        x = x.float()
        strong = torch.sigmoid(crnn.strong(x))
        attention = torch.softmax(crnn.attention(x), dim=-1).clamp(min=1e-7, max=1)
    return strong.transpose(1, 2), (strong * attention).sum(1) / attention.sum(1)
