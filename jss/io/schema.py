"""Plain data to frozen dataclasses, strictly: whatever is unknown, missing or of a wrong type is
named.
"""

from __future__ import annotations

import dataclasses
import json
import os
import reprlib
import types
import typing
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, TypeVar

from jss.errors import JssError

T = TypeVar("T")


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file of keys and values. Raises JssError where it is not one."""
    try:
        data = parse_yaml(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise JssError(f"{path} cannot be read as YAML: {' '.join(str(error).split())}.") from None
    if not isinstance(data, dict):
        raise JssError(f"{path} must hold keys and values.")
    return data


def read_json(path: str | os.PathLike[str], missing: str, damaged: str) -> Any:
    """What a JSON file holds. Raises JssError: ``missing`` where there is none, ``damaged`` where
    it cannot be read.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise JssError(missing) from None
    except (OSError, ValueError, RecursionError) as error:
        raise JssError(damaged) from error


def parse_yaml(text: str) -> Any:
    """Plain data of a YAML text; it can hold no code. Raises ValueError where it is none."""
    import yaml

    try:
        return yaml.safe_load(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except (
        yaml.YAMLError,
        ValueError,
        LookupError,
        AttributeError,
        TypeError,
    ) as error:  # !!int x, 2001-99-99, ...
        raise ValueError(str(error) or type(error).__name__) from None


def strict(cls: type[T], data: object, where: str) -> T:
    """A dataclass from plain data, nested ones too. Raises JssError that names the key which is
    unknown, missing or of a wrong type; where: the file, for the message.
    """
    return typing.cast(T, _convert(data, cls, where, ""))


def _convert(value: object, hint: Any, where: str, key: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _dataclass(value, hint, where, key)
    if origin in (typing.Union, types.UnionType):
        for option in arguments:
            try:
                return _convert(value, option, where, key)
            except JssError:
                continue
    elif origin is Literal:
        if value in arguments:
            return value
    elif origin is tuple and isinstance(value, list | tuple):
        if arguments[-1] is Ellipsis:
            return tuple(
                _convert(item, arguments[0], where, f"{key}[{i}]") for i, item in enumerate(value)
            )
        if len(value) == len(arguments):
            pairs = enumerate(zip(value, arguments, strict=True))
            return tuple(_convert(item, each, where, f"{key}[{i}]") for i, (item, each) in pairs)
    elif origin is list and isinstance(value, list):
        return [_convert(item, arguments[0], where, f"{key}[{i}]") for i, item in enumerate(value)]
    elif (
        origin in (dict, Mapping, types.MappingProxyType)
        or getattr(origin, "__name__", "") == "Mapping"
    ):
        if isinstance(value, Mapping):
            return {
                str(k): _convert(v, arguments[1], where, f"{key}.{k}") for k, v in value.items()
            }
    elif hint is Any or (hint is type(None) and value is None):
        return value
    elif hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        with suppress(OverflowError):  # a whole number of four hundred digits
            return float(value)
    elif (
        isinstance(hint, type)
        and isinstance(value, hint)
        and not (isinstance(value, bool) and hint is not bool)
    ):
        return value
    raise JssError(f"{where}: {key} must be {_kind(hint)}, not {_short(value)}{_advice(value)}.")


def _dataclass(value: object, hint: type, where: str, key: str) -> Any:
    if not isinstance(value, Mapping):
        raise JssError(f"{where}: {key or 'the file'} must hold keys and values.")
    hints = typing.get_type_hints(hint)
    prefix = f"{key}." if key else ""
    for name in value:
        if name not in hints:
            raise JssError(
                f"{where} has an unknown key '{prefix}{name}': known are {', '.join(hints)}."
            )
    for item in dataclasses.fields(hint):
        missing = (
            item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING
        )
        if missing and item.name not in value:
            raise JssError(f"{where} lacks the key '{prefix}{item.name}'.")
    return hint(
        **{name: _convert(v, hints[name], where, f"{prefix}{name}") for name, v in value.items()}
    )


def _kind(hint: Any) -> str:
    names = {
        float: "a number",
        int: "a whole number",
        str: "text",
        bool: "true or false",
        type(None): "null",
    }
    if hint in names:
        return names[hint]
    if typing.get_origin(hint) is Literal:
        return " or ".join(repr(option) for option in typing.get_args(hint))
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return " or ".join(_kind(option) for option in typing.get_args(hint))
    if typing.get_origin(hint) in (tuple, list):
        return "a list of " + _kind(typing.get_args(hint)[0])
    return "keys and values"


def _short(value: object) -> str:
    """The value for a sentence; YAML can hold a list that holds itself, or a million items in ten
    lines.
    """
    return reprlib.repr(value)


def _advice(value: object) -> str:
    if isinstance(value, str):
        try:
            return (
                f" (YAML reads this as text; write {float(value):.12f}".rstrip("0").rstrip(".")
                + ")"
            )
        except ValueError:
            return ""
    return ""
