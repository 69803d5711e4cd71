"""An invalid document gives a sentence with the file, the key, the value and what is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field
from pydantic.dataclasses import dataclass

from jss.errors import JssError
from jss.io import schema
from jss.io.schema import SCHEMA, read_yaml, validate


@dataclass(frozen=True, config=SCHEMA)
class Part:
    rate: float = 1.0
    batch: tuple[int, int, int] = (1, 2, 3)
    kind: Literal["clip", "mixture"] = "clip"
    count: Annotated[int, Field(ge=1, le=5)] = 2
    labels: str | tuple[str, ...] | None = None


@dataclass(frozen=True, config=SCHEMA)
class Whole:
    name: str
    part: Part = Part()
    rest: Mapping[str, Any] = Field(default_factory=dict)
    parts: Mapping[str, Part] = Field(default_factory=dict)


def test_plain_data_becomes_an_instance():
    instance = validate(Whole, {"name": "a", "part": {"rate": 2, "batch": [4, 5, 6]}}, "f")
    assert instance == Whole("a", Part(2.0, (4, 5, 6)))


def circle() -> dict[str, Any]:
    data: dict[str, Any] = {"name": "a"}
    data["rest"] = data
    return data


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "f.yaml lacks the key 'name'."),
        (
            {"name": "a", "x": 1},
            "f.yaml has an unknown key 'x': known are name, part, rest, parts.",
        ),
        ({"name": "a", "part": {"x": 1}}, "unknown key 'part.x': known are rate, batch, kind"),
        ({"name": "a", "parts": {"b": {"x": 1}}}, "unknown key 'parts.b.x': known are rate, batch"),
        ({"name": 3}, "f.yaml: name must be text, not 3."),
        ({"name": "a", "part": 3}, "f.yaml: part must hold keys and values."),
        (3, "f.yaml: the file must hold keys and values."),
        (
            {"name": "a", "part": {"rate": "1e-4"}},
            "part.rate must be a number, not '1e-4' (YAML reads this as text; write 0.0001).",
        ),
        ({"name": "a", "part": {"rate": True}}, "part.rate must be a number, not True."),
        ({"name": "a", "part": {"batch": [1, 2]}}, "part.batch must be a list of another length"),
        ({"name": "a", "part": {"batch": [1, 2, "b"]}}, "part.batch[2] must be a whole number"),
        ({"name": "a", "part": {"kind": "loud"}}, "part.kind must be 'clip' or 'mixture'"),
        ({"name": "a", "part": {"count": 9}}, "part.count must be at most 5, not 9."),
        ({"name": "a", "part": {"count": 1.5}}, "part.count must be a whole number, not 1.5."),
        ({"name": "a", "part": {"labels": 3}}, "part.labels must be text or a list, not 3."),
        (circle(), "f.yaml is not plain data of keys and values"),
    ],
)
def test_sentence_of_a_mistake(data, sentence):
    with pytest.raises(JssError) as caught:
        validate(Whole, data, "f.yaml")
    assert sentence in str(caught.value)


def test_yaml_that_repeats_itself_without_end_is_refused(tmp_path, monkeypatch):
    """Nine lines that are a thousand million words (the "billion laughs"), and a list of itself."""
    monkeypatch.setattr(schema, "LARGEST", 10_000)  # a million takes a second
    laughs = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        laughs += f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    for text in (laughs, "a: &a [*a]\n"):
        (tmp_path / "a.yaml").write_text(text)
        with pytest.raises(JssError, match=r"a\.yaml cannot be read as YAML: its aliases"):
            read_yaml(tmp_path / "a.yaml")
    (tmp_path / "a.yaml").write_text("a: &a [1, 2]\nb: *a\n")
    assert read_yaml(tmp_path / "a.yaml") == {"a": [1, 2], "b": [1, 2]}
