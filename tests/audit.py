"""``make audit``: known holes in what is installed, by pip-audit, or by requirements-audit.txt
where its data is far.

pip-audit lives in an environment of its own, made for the occasion, so that it audits what jss
needs and not itself. Exits with 1 where something is found, with 0 where not.
"""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import tempfile
import venv
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

PINS = Path(__file__).parents[1] / "requirements-audit.txt"
#: Of the packages, pip-audit must have found as many in its data; it calls one that it knows
#: nothing of no finding.
KNOWN = 0.5


def main() -> int:
    """Audit this environment and print what was found."""
    answer, why = ask()
    if answer is not None:
        findings = list(holes(answer))
        headline = f"pip-audit: {len(answer)} packages, {len(findings)} findings."
    else:
        findings = list(too_old(PINS.read_text(encoding="utf-8")))
        headline = f"pip-audit cannot be asked ({why}): checked against {PINS.name} instead, {len(findings)} findings."
    print("\n".join([headline, *findings]))
    return 1 if findings else 0


def ask() -> tuple[list[dict[str, Any]] | None, str]:
    """What pip-audit says of each installed package; None, and why, where it cannot."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            venv.create(folder, with_pip=True)
            python = Path(folder) / ("Scripts" if sys.platform == "win32" else "bin") / "python"
            run(python, "pip", "install", "--quiet", "pip-audit>=2.7")
            output = run(
                python,
                "pip_audit",
                "--path",
                sysconfig.get_path("purelib"),
                "--format",
                "json",
                "--progress-spinner",
                "off",
            )
            return reached(json.loads(output.stdout or "{}").get("dependencies", []))
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            return None, type(error).__name__


def run(python: Path, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """``python -m module``; installing must succeed, auditing exits with 1 for findings."""
    return subprocess.run(
        [str(python), "-m", module, *arguments],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=600,
        check=module == "pip",
    )


def reached(answer: list[dict[str, Any]]) -> tuple[list[dict[str, Any]] | None, str]:
    """The same answer where the data was there; without it, pip-audit skips every package and finds
    nothing.
    """
    known = sum("skip_reason" not in package for package in answer)
    if known < KNOWN * max(1, len(answer)):
        return None, f"its data has {known} of {len(answer)} packages"
    return answer, ""


def holes(answer: list[dict[str, Any]]) -> Iterator[str]:
    """A line for each hole."""
    for package in answer:
        for hole in package.get("vulns", []):
            mended = ", ".join(hole.get("fix_versions", [])) or "no version yet"
            yield f"{package['name']} {package['version']}: {hole['id']}, mended in {mended}"


def too_old(pins: str) -> Iterator[str]:
    """A line for each installed package below its pin. pins: lines of ``name>=version  # why``."""
    for line in pins.splitlines():
        pin, _, why = line.partition("#")
        if not pin.strip():
            continue
        wanted = Requirement(pin.strip())
        try:
            there = version(wanted.name)
        except PackageNotFoundError:
            continue
        if not wanted.specifier.contains(there, prereleases=True):
            yield f"{wanted.name} {there} is not {wanted.specifier}: {why.strip()}"


if __name__ == "__main__":
    raise SystemExit(main())
