"""Fingerprint of the code that makes results, computed from the package, for the keys of caches."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

#: Sub-packages that cannot change the result for a clip. All others count, new ones too; synthesis
#: counts because clips of ``synthscapes`` are rendered from their names.
EXCLUDED = frozenset(
    {
        "bench",
        "commands",
        "evaluation",
        "examples",
        "papers",
        "presets",
        "training",
        "viewer",
        "viz",
    }
)


@cache
def code_fingerprint(
    package: Path = Path(__file__).parents[1], excluded: frozenset[str] = EXCLUDED
) -> str:
    """Hash the names and bytes of the package's Python files.

    Args:
        package: Folder of the package; tests name another than jss.
        excluded: Sub-packages that do not count.

    Returns:
        64 hexadecimal digits, computed once for each process.
    """
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package)
        if name.parts[0] not in excluded:
            content = path.read_bytes()
            digest.update(f"{name.as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()
