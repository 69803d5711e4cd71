"""Reports as JSON files, of both papers alike: written whole or not at all, validated when read."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self, cast

from jss.errors import JssError
from jss.io.atomic import write_json_lines
from jss.io.plain import plain
from jss.io.schema import load_json, read_json, validate


class StoredReport:
    """What a dataclass needs to be saved as JSON and loaded again; a report inherits it."""

    def as_dict(self) -> dict[str, Any]:
        """The fields as JSON holds them; NaN and infinities are None."""
        return {key: plain(value) for key, value in asdict(cast(Any, self)).items()}

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the report as JSON, a line for each key; missing folders are made."""
        write_json_lines(path, self.as_dict())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read what :meth:`save` wrote.

        Raises:
            JssError: The file is missing or no such report.
        """
        if (report := load_json(cls, path)) is not None:
            return report
        stored = read_json(
            path,
            f"There is no report at {path}.",
            f"{path} is not a report of jss, or it is damaged: evaluate again.",
        )
        return cls.from_dict(stored, str(path))

    @classmethod
    def load_all(cls, folder: Path) -> tuple[Self, ...]:
        """Every report in a folder and in those below it, in the order of their paths.

        Raises:
            JssError: One of them is damaged.
        """
        return tuple(cls.load(path) for path in sorted(folder.rglob("*.json")))

    @classmethod
    def from_dict(cls, stored: object, name: str = "The report") -> Self:
        """A report from its JSON object.

        Args:
            stored: Keys and values.
            name: What an error calls the report, such as the path of its file.

        Raises:
            JssError: A key is missing or unknown, a value is of a wrong type, or these are several
                reports.
        """
        if isinstance(stored, dict) and stored.get("reports"):
            raise JssError(
                f"{name} holds several reports: evaluate again with --out '{{system}}.json', "
                "a file for each."
            )
        try:
            return validate(cls, stored, name)
        except JssError as error:
            reason = str(error).removesuffix(".")
            raise JssError(
                f"{name} is not a report of this version of jss ({reason}): evaluate again."
            ) from error
