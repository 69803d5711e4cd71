"""Results are cached under a fingerprint of all code that could change them."""

import ast
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

import jss
from jss.inference import output_cache
from jss.inference.output_cache import ClipOutput, Item
from jss.io.code_fingerprint import EXCLUDED, code_fingerprint

HOME = Path(jss.__file__).parent


@pytest.fixture
def package(tmp_path):
    for name in ("__init__.py", "audio.py", "models/separator.py", "viz/mel.py"):
        path = tmp_path / "jss" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {name}\n")
    return tmp_path / "jss"


def fresh(package):
    code_fingerprint.cache_clear()
    return code_fingerprint(package)


@pytest.mark.parametrize("name", ["audio.py", "models/separator.py", "models/new.py", "new/a.py"])
def test_changed_and_new_files_count(package, name):
    before = fresh(package)
    (package / name).parent.mkdir(exist_ok=True)
    (package / name).write_text("x = 1\n")
    assert fresh(package) != before


def test_renamed_files_count(package):
    before = fresh(package)
    (package / "audio.py").rename(package / "sound.py")
    assert fresh(package) != before


def test_excluded_packages_do_not_count(package):
    before = fresh(package)
    (package / "viz" / "mel.py").write_text("x = 1\n")
    (package / "notes.txt").write_text("no code")
    assert fresh(package) == before


def test_excluded_packages_exist():
    assert {name for name in EXCLUDED if not (HOME / name).is_dir()} == set()


def imported(path: Path) -> set[Path]:
    """Files of jss that a file imports, with the packages that contain them."""
    files = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parts = path.relative_to(HOME.parent).parts[: -node.level] if node.level else ()
            module = ".".join([*parts, *filter(None, [node.module])])
            names = [module, *(f"{module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names = [node.value] if node.value.startswith("jss.") else []  # import_module("jss.x")
        for name in names:
            base = HOME.parent.joinpath(*name.split("."))
            candidates = (base.with_suffix(".py"), base / "__init__.py")
            files |= {f for f in candidates if f.is_file() and f.is_relative_to(HOME)}
    return files


def test_inference_reaches_no_excluded_package():
    seen: set[Path] = set()
    # jss/__init__.py names what users need, viz included, but imports it only when it is used.
    leaves = {HOME / "__init__.py"}
    todo = set((HOME / "inference").rglob("*.py"))
    while todo:
        path = todo.pop()
        seen.add(path)
        todo |= imported(path) - seen - leaves
    assert HOME / "models" / "joint.py" in seen  # the search works
    reached = {path for path in seen if path.relative_to(HOME).parts[0] in EXCLUDED}
    assert sorted(str(path) for path in reached) == []


class Model:
    """A system that counts how often it is run."""

    name, selection, labels, cards, precision, runs = "SED", "teacher", ("a",), {}, "fp32", 0
    manifest = type(
        "Manifest", (), {"pooling": "max", "features": "f", "consistent": False, "labels": ("a",)}
    )

    def __call__(self, source, filename=None):
        self.runs += 1
        scores = np.full((1, 2), self.runs, np.float32)
        return type(
            "Result",
            (),
            {
                "scores": scores,
                "source_scores": scores[None][:0],
                "weak": scores[:, 0],
                "score_hop": 0.064,
                "n_sources": 0,
            },
        )


def test_changed_code_invalidates_cached_scores(tmp_path, monkeypatch):
    sf.write(tmp_path / "a.wav", np.zeros(1600), 16000)
    model, items = Model(), [Item("a.wav", (tmp_path / "a.wav",))]

    def first(code: str) -> float:
        monkeypatch.setattr(output_cache, "code_fingerprint", lambda: code)
        outputs, failed = output_cache.analyse_clips(model, items, tmp_path / "cache")
        assert not failed
        assert isinstance(outputs["a.wav"], ClipOutput)
        return float(outputs["a.wav"].scores[0, 0])

    assert [first(code) for code in ("old", "old", "new", "old")] == [1, 1, 2, 1]
