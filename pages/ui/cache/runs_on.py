"""Where analyses run: one choice for the whole server, which serves this machine's user."""

from __future__ import annotations

from pathlib import Path

from jss.inference.devices import Device, cpu, devices

#: Where there is none of these, there is no NVIDIA driver, and torch need not be asked.
_DRIVER = (Path("/proc/driver/nvidia/version"), Path("/dev/nvidiactl"), Path("/dev/dxg"))
_known: list[Device] = []
_chosen: list[Device] = []


def find() -> None:
    """Ask torch, which takes seconds to import, what there is."""
    if not _known:
        _known.extend(devices())


def choices() -> list[Device]:
    """Return what can be chosen, the default first, as far as that is known without a wait."""
    return list(_known) or [cpu()]


def looking() -> bool:
    """Return whether there may be more than :func:`choices` knows yet."""
    return not _known and any(path.exists() for path in _DRIVER)


def chosen() -> Device:
    """Return where analyses run."""
    return _chosen[0] if _chosen else choices()[0]


def choose(device: Device) -> None:
    """Run analyses elsewhere from now on."""
    _chosen[:] = [device]


def suffix() -> str:
    """Return what the keys of results end in: a precision of its own gives results of its own."""
    precision = chosen().precision
    return "" if precision == "fp32" else f"|{precision}"
