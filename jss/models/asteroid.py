"""The one door to Asteroid, whose import needs care; import it nowhere else. It serves training
losses, ``asteroid:NAME`` separators and benches: what is shipped runs without it.

Asteroid reaches torchaudio through torch_stoi; torchaudio's CUDA build does not load beside a CPU
torch, and the import of Asteroid fails. Only the STOI metric needs it, so the name is blocked
before Asteroid is first imported.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any, cast

from torch import nn

from jss.errors import JssError, optional


def asteroid() -> ModuleType:
    """The asteroid package with ``losses``, ``masknn`` and ``models`` imported. Raises JssError
    where it is not installed.
    """
    sys.modules.setdefault("torch_stoi", cast(ModuleType, None))
    with optional():
        import asteroid
        import asteroid.losses
        import asteroid.masknn
        import asteroid.models

    return cast(ModuleType, asteroid)


def build(name: str, config: dict[str, Any]) -> nn.Module:
    """A model of ``asteroid.models`` by class name, such as DPRNNTasNet; config: its keyword
    arguments.

    Maps (batch, samples) to (batch, n_src, samples). Raises JssError for an unknown name or
    argument.
    """
    model = getattr(asteroid().models, name, None)
    if not (isinstance(model, type) and issubclass(model, nn.Module)):
        raise JssError(
            f'Asteroid has no model "{name}": use a class of asteroid.models, such as DPRNNTasNet.'
        )
    try:
        return model(**config)
    except TypeError as error:
        raise JssError(f"asteroid:{name} does not take these sizes: {error}.") from error
