"""The rules of the house, read from the source: who may import whom, what is never used, how long a
file may be.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# A module may import from its own package and from lower layers, never from its own layer or a higher
# one.
LEVELS: list[set[str]] = [
    {"arrays", "errors", "labels", "papers"},
    {"io"},
    {"decoding", "features"},
    {"audio", "results", "reports"},
    {"models"},
    {"config", "checkpoints", "losses", "metrics", "synthesis", "viz"},
    {"viewer"},
    {"inference", "data"},
    {"training", "evaluation", "review"},
    {"weak_labels", "examples"},
    {"bench"},
    {"commands"},
    {"cli"},
    {"__main__"},
]
LEVEL = {name: level for level, names in enumerate(LEVELS) for name in names}

# Packages within ``jss.data``, in the same way.
DATA: list[set[str]] = [
    {"clip", "recordings", "manifest"},
    {"datasets", "statistics"},
    {"soundbank", "acquire"},
    {"soundscapes"},
    {"training"},
    {"scenes"},
]
DATA_LEVEL = {name: level for level, names in enumerate(DATA) for name in names}

# What only knows results: numpy, never torch.
DRAWN_AND_MEASURED = {"arrays", "errors", "labels", "io", "decoding", "results"}


def sources(*folders: str) -> list[Path]:
    result = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return (
        result if "pages" not in folders else result + [p for p in [ROOT / "app.py"] if p.exists()]
    )


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path: Path) -> frozenset[str]:
    """Dotted names of everything that a file imports, wherever in it; ``from a import b`` gives a
    and a.b.
    """
    result: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            result |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = path.relative_to(ROOT).parts[: -node.level] if node.level else ()
            module = ".".join([*package, *filter(None, [node.module])])
            result |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return frozenset(result)


def packages(path: Path) -> set[str]:
    """Top-level packages that a file imports."""
    return {dotted.partition(".")[0] for dotted in imports(path)}


def parts(path: Path) -> set[str]:
    """Names right below ``jss`` that a file imports."""
    known = {
        p.stem
        for p in (ROOT / "jss").iterdir()
        if p.suffix == ".py" or (p / "__init__.py").exists()
    }
    return {dotted.split(".")[1] for dotted in imports(path) if dotted.startswith("jss.")} & known


def home(path: Path) -> str:
    """The name right below ``jss`` that a file belongs to."""
    return path.relative_to(ROOT / "jss").parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", sources("jss"), ids=name)
def test_imports_run_downward(path):
    if path == ROOT / "jss" / "__init__.py":  # lazy: it names the four things that a user needs
        return
    here = home(path)
    assert here in LEVEL, f"say in LEVELS where {here} belongs"
    upward = {other for other in parts(path) - {here} if LEVEL.get(other, 0) >= LEVEL[here]}
    assert not upward, f"{name(path)} imports {sorted(upward)}, which is not below {here}"


@pytest.mark.parametrize("path", sources("jss/data"), ids=name)
def test_imports_within_data_run_downward(path):
    here = path.relative_to(ROOT / "jss" / "data").parts[0].removesuffix(".py")
    if here == "__init__":
        return
    assert here in DATA_LEVEL, f"say in DATA where {here} belongs"
    inside = {dotted.split(".")[2] for dotted in imports(path) if dotted.startswith("jss.data.")}
    upward = {other for other in inside - {here} if DATA_LEVEL.get(other, -1) >= DATA_LEVEL[here]}
    assert not upward, f"{name(path)} imports {sorted(upward)}, which is not below data.{here}"


def test_no_module_imports_itself_by_a_detour():
    """No circles, none hidden behind TYPE_CHECKING or an import inside a function."""
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sources("jss", "pages")
    }
    # A package's own __init__ names what its modules hold: who imports the package means those.
    edges = {
        module: {other for other in imports(path) if other in modules and other != module}
        for module, path in modules.items()
        if path.name != "__init__.py" or module == "jss.data.soundscapes"
    }
    circles = circular_groups(edges)
    assert not circles, circles


def circular_groups(edges: dict[str, set[str]]) -> list[list[str]]:
    """Strongly connected components of more than one module (Tarjan)."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    circles: list[list[str]] = []

    def visit(node: str) -> None:
        number[node] = low[node] = len(number)
        stack.append(node)
        for other in edges.get(node, ()):
            if other not in number:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], number[other])
        if low[node] == number[node]:
            group = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(group) > 1:
                circles.append(sorted(group))

    for node in edges:
        if node not in number:
            visit(node)
    return circles


@pytest.mark.parametrize("path", sources("jss/viz", "jss/metrics"), ids=name)
def test_figures_and_metrics_know_results_only(path):
    assert "torch" not in packages(path)
    scores = {"reports"} if home(path) == "viz" else set()
    assert parts(path) - {home(path)} <= DRAWN_AND_MEASURED | scores


def test_what_they_know_has_no_torch_either():
    for path in [p for p in sources("jss") if home(p) in DRAWN_AND_MEASURED]:
        assert "torch" not in packages(path)
        assert parts(path) <= DRAWN_AND_MEASURED, name(path)


def test_a_metric_never_shares_code_with_a_loss():
    assert not any("losses" in parts(path) for path in sources("jss/metrics"))
    assert not any("metrics" in parts(path) for path in sources("jss/losses"))


def test_models_are_plain_and_whoever_loads_them_makes_them_fast():
    """``jss.models`` reads like the papers: what makes it fast lies in ``jss.models.fast``."""
    users = {
        name(path)
        for path in sources("jss", "pages")
        if any(dotted.startswith("jss.models.fast") for dotted in imports(path))
        and path.parent != ROOT / "jss" / "models" / "fast"
    }
    assert users == {
        "jss/bench/acceleration.py",
        "jss/inference/system.py",
        "jss/training/detection.py",
        "jss/training/separation.py",
        "jss/training/weak_label.py",
        "jss/weak_labels/inference.py",
    }


def test_jss_never_imports_streamlit():
    assert [name(p) for p in sources("jss") if "streamlit" in packages(p)] == []


def test_pages_compute_nothing():
    for path in sources("pages"):
        assert not packages(path) & {"torch", "asteroid", "librosa"}, name(path)
        assert not parts(path) & {"models", "losses", "commands", "cli", "bench"}, name(path)


def test_one_door_to_asteroid():
    users = {
        name(p)
        for p in sources("jss", "pages")
        if packages(p) & {"asteroid", "asteroid_filterbanks"}
    }
    assert users <= {"jss/models/asteroid.py"}


def test_nothing_runs_what_it_reads():
    """No pickle, no yaml.load, no eval: a file of somebody else's is data."""
    for path in sources("jss", "pages"):
        assert not packages(path) & {
            "pickle",
            "dill",
            "cloudpickle",
            "joblib",
            "shelve",
            "marshal",
        }, name(path)
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in {
                    "eval",
                    "exec",
                    "yaml.load",
                    "yaml.unsafe_load",
                    "os.system",
                }, name(path)
                if called == "torch.load":
                    options = {k.arg: ast.unparse(k.value) for k in node.keywords}
                    assert options.get("weights_only") == "True", name(path)
                if called in {"np.load", "numpy.load"}:
                    options = {k.arg: ast.unparse(k.value) for k in node.keywords}
                    assert options.get("allow_pickle", "False") == "False", name(path)


@pytest.mark.parametrize("path", sources("jss"), ids=name)
def test_public_names_have_docstrings(path):
    body = tree(path).body
    assert not body or ast.get_docstring(tree(path)) is not None, (
        f"{name(path)} does not say what it is"
    )
    public = [
        node
        for node in body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name[0] != "_"
    ]
    assert [node.name for node in public if ast.get_docstring(node) is None] == []
