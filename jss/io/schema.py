"""Declared data: dataclasses whose fields have types and ranges, validated by pydantic.

A class that is read from a file is a ``pydantic.dataclasses.dataclass`` with ``config=SCHEMA``.
:func:`validate` makes an instance of plain data; its errors name the file, the key, the value and
what is allowed.
"""

from __future__ import annotations

import dataclasses
import json
import os
import reprlib
import typing
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from jss.errors import JssError

T = TypeVar("T")

#: Configuration of every class that is read from a file: an unknown key is an error.
SCHEMA = ConfigDict(extra="forbid")
#: Types of fields that several classes have.
Count = Annotated[int, Field(ge=0, le=10**9)]
Size = Annotated[int, Field(ge=1, le=2**14)]
Sizes = tuple[Size, ...]
Few = Annotated[int, Field(ge=1, le=64)]
#: Values of a YAML file and characters of its texts.
LARGEST = 1_000_000
Share = Annotated[float, Field(ge=0, le=1)]


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file of keys and values.

    Raises:
        JssError: The file is missing or not such a file.
    """
    try:
        data = parse_yaml(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise JssError(f"{path} cannot be read as YAML: {' '.join(str(error).split())}.") from error
    if not isinstance(data, dict):
        raise JssError(f"{path} must hold keys and values.")
    return data


def read_json(path: str | os.PathLike[str], missing: str, damaged: str) -> Any:
    """Read a JSON file.

    Args:
        path: The file.
        missing: Text of the error where there is no such file.
        damaged: Text of the error where it cannot be read.

    Returns:
        Plain data.

    Raises:
        JssError: With one of the two texts.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise JssError(missing) from error
    except PermissionError as error:
        raise JssError(f"{os.fspath(path)} cannot be read: permission denied.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise JssError(damaged) from error


def parse_yaml(text: str) -> Any:
    """Parse a YAML text as plain data; it cannot hold code.

    Raises:
        ValueError: The text is not YAML.
    """
    import yaml

    try:
        data = yaml.safe_load(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    # PyYAML raises all of these, for texts such as "!!int x" and "2001-99-99".
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError) as error:
        raise ValueError(str(error) or type(error).__name__) from error
    _check_size(data)
    return data


def _check_size(data: object) -> None:
    """Count what aliases repeat as often as it is there: a hundred bytes of YAML can be gigabytes.

    Raises:
        ValueError: It is too much, or a value holds itself.
    """
    size, rest = 0, [data]
    while rest:
        value = rest.pop()
        size += 1 + (len(value) if isinstance(value, str | bytes) else 0)
        if size > LARGEST:
            raise ValueError("its aliases (*name) repeat too much: write out what is meant")
        if isinstance(value, Mapping):
            rest += [*value, *value.values()]
        elif isinstance(value, list | tuple | set):
            rest += value


def validate(cls: type[T], data: object, where: str) -> T:
    """Make an instance of a declared class from plain data.

    Args:
        cls: A dataclass, or any type that pydantic knows.
        data: Content of a YAML or JSON file.
        where: Name of the file, for the error.

    Returns:
        The instance.

    Raises:
        JssError: A key is unknown, missing, of a wrong type or out of range.
    """
    try:
        text = json.dumps(data, default=str)
    except (ValueError, TypeError, RecursionError) as error:
        raise JssError(f"{where} is not plain data of keys and values ({error}).") from error
    odd = _ODD_BYTE in text and _as_json(data)
    text = odd or text
    try:
        # JSON, because pydantic then takes a list where a tuple is declared, even when it is strict;
        # strict, so that text is not taken for a number.
        instance: T = _adapter(cast(Any, cls)).validate_json(text, strict=True)
    except ValidationError as error:
        raise JssError(_sentence(error, cls, data, where)) from error
    return _restored(instance) if odd else instance


def load_json(cls: type[T], path: str | os.PathLike[str]) -> T | None:
    """Make an instance of a declared class from a JSON file, as fast as it can be read.

    Returns:
        The instance; None where the file is missing or not as declared, of which :func:`read_json`
        and :func:`validate` say more, or has names that only those can read.
    """
    try:
        instance: T = _adapter(cast(Any, cls)).validate_json(Path(path).read_bytes(), strict=True)
    except (OSError, ValidationError):
        return None
    return instance


# Names of files may hold bytes that are no UTF-8, which Python has as lone surrogates and pydantic
# refuses: while they are validated, each stands as a character that no name has.
_ODD_BYTE = "\\udc"
_THERE = {0xDC00 + byte: 0x10FF00 + byte for byte in range(0x80, 0x100)}
_BACK = {other: code for code, other in _THERE.items()}


def _as_json(data: object) -> str:
    """JSON in which such bytes are characters; empty where it is no text even so."""
    text = json.dumps(data, default=str, ensure_ascii=False).translate(_THERE)
    return "" if any(0xD800 <= ord(character) < 0xE000 for character in text) else text


def _restored(value: Any) -> Any:
    """The same with names as they were."""
    if isinstance(value, str):
        return value.translate(_BACK)
    if isinstance(value, list | tuple):
        return type(value)(_restored(item) for item in value)
    if isinstance(value, dict):
        return {_restored(key): _restored(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            object.__setattr__(value, field.name, _restored(getattr(value, field.name)))
    return value


@cache
def _adapter(cls: Any) -> TypeAdapter[Any]:
    return TypeAdapter(cls)


#: Pydantic's type of error for a key that a class does not know.
UNKNOWN = "unexpected_keyword_argument"
#: Type of a pydantic error -> what is allowed there.
_KINDS: Mapping[str, str] = {
    "float_type": "a number",
    "float_parsing": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number of fewer digits",
    "string_type": "text",
    "bool_type": "true or false",
    "none_required": "null",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "keys and values",
    "mapping_type": "keys and values",
}


def _sentence(error: ValidationError, cls: Any, data: object, where: str) -> str:
    """Describe the first mistake in one sentence."""
    mistakes = error.errors(include_url=False)
    # An unknown key before the missing one whose name it may misspell.
    first = next((mistake for mistake in mistakes if mistake["type"] == UNKNOWN), mistakes[0])
    keys, kind, value = _keys(first["loc"], data), first["type"], first["input"]
    name = _dotted(keys)
    if kind == UNKNOWN:
        known = ", ".join(_fields(cls, keys[:-1]))
        return f"{where} has an unknown key '{name}': known are {known}."
    if kind == "missing" and isinstance(first["loc"][-1], str):
        return f"{where} lacks the key '{_dotted((*keys, first['loc'][-1]))}'."
    if kind == "dataclass_type":
        return f"{where}: {name or 'the file'} must hold keys and values."
    # Several mistakes at one place are those of a union's types.
    same_place = [mistake for mistake in mistakes if _keys(mistake["loc"], data) == keys]
    allowed = " or ".join(dict.fromkeys(map(_allowed, same_place)))
    return f"{where}: {name} must be {allowed}, not {reprlib.repr(value)}{_advice(value)}."


def _fields(cls: Any, keys: Sequence[str]) -> list[str]:
    """Names of the fields of the class that some keys lead to."""
    for key in keys:
        if dataclasses.is_dataclass(cls):
            cls = typing.get_type_hints(cls)[key]
        else:  # a mapping or a sequence: the type of its values
            *_, cls = (kind for kind in typing.get_args(cls) if kind is not Ellipsis)
    return [field.name for field in dataclasses.fields(cls)]


def _allowed(mistake: Any) -> str:
    """Describe what is allowed where pydantic found a mistake."""
    kind, context = mistake["type"], mistake.get("ctx", {})
    if kind == "literal_error":
        return str(context["expected"])
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = context.get("ge", context.get("le"))
        return f"at {'least' if 'ge' in context else 'most'} {bound:g}"
    if kind in ("missing", "too_short", "too_long"):
        return "a list of another length"
    return _KINDS.get(kind, str(mistake["msg"]).lower())


def _keys(location: Sequence[int | str], data: object) -> tuple[str, ...]:
    """Keys of the data in the location of a mistake, to which pydantic adds names of types."""
    keys: list[str] = []
    for key in location:
        if isinstance(data, Mapping):
            inner = {str(k): value for k, value in data.items()}
            if str(key) not in inner:
                break
            data = inner[str(key)]
            keys.append(str(key))
        elif isinstance(data, list | tuple) and isinstance(key, int) and key < len(data):
            data = data[key]
            keys.append(f"[{key}]")
        else:
            break
    return tuple(keys)


def _dotted(keys: Sequence[int | str]) -> str:
    """Join keys: ("a", "b", "[0]") gives "a.b[0]"."""
    return ".".join(map(str, keys)).replace(".[", "[")


def _advice(value: object) -> str:
    if isinstance(value, str):
        try:
            number = f"{float(value):.12f}".rstrip("0").rstrip(".")
        except ValueError:
            return ""
        return f" (YAML reads this as text; write {number})"
    return ""
