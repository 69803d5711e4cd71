"""The audit finds what is too old, and does not take silence for safety."""

from __future__ import annotations

import audit
from packaging.requirements import Requirement
from packaging.version import Version


def test_what_is_too_old_is_told_with_its_reason():
    pins = "# a list\nnumpy>=999  # why not\nnumpy>=1\nno-such-package>=1  # not installed\n"
    result = list(audit.too_old(pins))
    assert len(result) == 1
    assert result[0].startswith("numpy ")
    assert result[0].endswith("is not >=999: why not")


def test_every_pin_has_a_reason():
    lines = [
        line for line in audit.PINS.read_text().splitlines() if line and not line.startswith("#")
    ]
    assert len(lines) > 10
    assert all(line.partition("#")[2].strip() for line in lines)


def test_an_audit_without_data_is_none():
    skipped = [{"name": "numpy", "skip_reason": "Dependency not found"}] * 3
    assert audit.reached(skipped)[0] is None
    assert audit.reached([])[0] is None
    known = {"name": "pillow", "version": "1", "vulns": [{"id": "X-1", "fix_versions": ["2"]}]}
    answer, _ = audit.reached([known, known, skipped[0]])
    assert list(audit.holes(answer)) == ["pillow 1: X-1, mended in 2"] * 2


def test_requirements_admit_nothing_below_the_audited_floors():
    def floors(name: str) -> dict[str, Version]:
        lines = (
            line.split("#")[0].strip()
            for line in (audit.PINS.parent / name).read_text("utf-8").splitlines()
        )
        asked = (Requirement(line) for line in lines if line)
        return {
            one.name.lower(): max(
                (Version(s.version) for s in one.specifier if s.operator in (">=", "==")),
                default=Version("0"),
            )
            for one in asked
        }

    lowest, safe = floors("requirements.txt"), floors("requirements-audit.txt")
    shared = lowest.keys() & safe.keys()
    assert shared >= {"torch", "streamlit", "pillow", "soundfile", "requests", "setuptools"}
    assert [name for name in sorted(shared) if lowest[name] < safe[name]] == []
