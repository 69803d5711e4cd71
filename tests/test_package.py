"""What ``pip install .`` gives: the library, its weights and its command, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import jss
from jss import checkpoints, errors

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CORE = PROJECT["dependencies"]
EXTRAS = PROJECT["optional-dependencies"]
#: What Python calls a package whose name on the index is another.
IMPORTED = {
    "pyyaml": "yaml",
    "typing-extensions": "typing_extensions",
    "pillow": "PIL",
    "ray": "ray",
    "pytorch-lightning": "pytorch_lightning",
}


def names(requirements):
    result = (Requirement(line).name for line in requirements)
    return {IMPORTED.get(name, name) for name in result} - {"jss"}


def test_requirements_txt_is_everything_but_ray():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    listed = [line for line in lines if line and not line.startswith("#")]
    declared = [*CORE, *(line for extra in EXTRAS if extra != "ray" for line in EXTRAS[extra])]
    assert sorted(listed) == sorted(line for line in declared if not line.startswith("jss["))


def test_a_missing_package_is_named_with_its_extra():
    assert set(errors.CORE) == names(CORE)
    assert {extra: {*known} - {"lightning_fabric"} for extra, known in errors.EXTRAS.items()} == {
        extra: names(lines) - {"setuptools"} for extra, lines in EXTRAS.items()
    }


def test_the_core_and_the_app_are_never_built_from_source():
    built = {"asteroid", "pesq", "sed_scores_eval"}
    assert not built & {canonicalize_name(name) for name in names([*CORE, *EXTRAS["app"]])}
    assert "jss[train]" not in EXTRAS["app"]


def test_torch_is_below_the_version_that_brings_cuda_packages():
    torch = next(Requirement(line) for line in CORE if line.startswith("torch"))
    assert not torch.specifier.contains("2.14.0")


def test_the_weights_shipped_are_used_unless_others_are_named(monkeypatch, tmp_path):
    monkeypatch.delenv("JSS_CHECKPOINTS", raising=False)
    assert checkpoints.root() == ROOT / "checkpoints"
    monkeypatch.setenv("JSS_CHECKPOINTS", str(tmp_path))
    assert checkpoints.root() == tmp_path
    assert checkpoints.root("other") == Path("other")


@pytest.mark.slow
def test_what_is_shipped_runs_without_asteroid(tmp_path):
    code = (
        "import sys; sys.modules['asteroid'] = None\n"
        "import numpy as np, jss\n"
        "from jss import checkpoints\n"
        "for system in checkpoints.systems():\n"
        "    for selection in system.selections:\n"
        "        jss.load_system(system.name, selection)\n"
        "noise = np.random.default_rng(0).uniform(-0.1, 0.1, 16000).astype(np.float32)\n"
        "print(len(jss.load_system('SSep-SED', device='cpu')(noise).sources))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "8\n", done.stderr


def test_asteroid_that_is_missing_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "asteroid", None)
    with pytest.raises(
        errors.JssError, match=r"asteroid is not installed: run pip install .*train"
    ):
        checkpoints.build("asteroid:DPRNNTasNet", {})


@pytest.mark.slow
def test_the_wheel_holds_the_library_and_its_weights_alone(tmp_path):
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-w", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name == f"jss-{jss.__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
        (entry,) = (name for name in held if name.endswith("entry_points.txt"))
        assert "jss = jss.__main__:program" in archive.read(entry).decode()
    assert {name.split("/")[0] for name in held} == {"jss", f"jss-{jss.__version__}.dist-info"}
    code = {p for p in (ROOT / "jss").rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    assert {p.relative_to(ROOT).as_posix() for p in code} <= held
    assert not any("__pycache__" in name for name in held)
    shipped = (p for p in (ROOT / "checkpoints").rglob("*") if p.is_file())
    assert {
        f"jss/shipped/{p.relative_to(ROOT / 'checkpoints').as_posix()}" for p in shipped
    } <= held
