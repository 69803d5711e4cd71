"""Names of files, classes and runs that would be HTML, Markdown or worse, in a real browser: every
page shows text.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import fake
import numpy as np
import pytest
import serving
from browser import idle

from jss import audio

ROOT = Path(__file__).parents[2]
HTML = "<img src=x onerror=window.pwned=1>"
MARKDOWN = "![p](http:pwned.png) [a](javascript:window.pwned=1) :red[r] $x^2$ `c` *b* 🦊🔊"
#: What a file, a class and a run may be called; control characters and both quotes are in file
#: names alone.
FILES = (f"{HTML}{MARKDOWN}.wav", f"\"'><svg onload=window.pwned=1>{MARKDOWN}\x1b[31m\n\x07.wav")
LABELS = (
    f"{HTML}{MARKDOWN}",
    "</script><script>window.pwned=1</script>",
    "' onmouseover='window.pwned=1",
)
PAGES = (
    "overview",
    "compare",
    "diversity",
    "classes",
    "results",
    "weak_labels",
    "training",
    "data",
)


@pytest.fixture(scope="module")
def served(examples: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The app of fake systems with a hostile folder and a hostile run, and the name of its set of
    clips.
    """
    home = tmp_path_factory.mktemp("hostile")
    folder = home / f"set {HTML}"
    rows = ["filename\tonset\toffset\tevent_label"]
    for name in FILES:
        audio.save(folder / name, 0.1 * np.random.default_rng(0).standard_normal(32000))
        if name.isprintable():
            rows += [
                f"{name}\t{0.1 * n:.1f}\t{1 + 0.1 * n:.1f}\t{label}"
                for n, label in enumerate(LABELS)
            ]
    (folder / "ground_truth.tsv").write_text("\n".join(rows) + "\n")
    run = home / "runs" / HTML / MARKDOWN.replace("/", "")
    fake.write_run(run)
    (run / "config.yaml").write_text(
        f"system: {LABELS[0]!r}\ndata: {LABELS[1]!r}\nepochs: 3\nconfig: {{}}\n"
    )
    environment = os.environ | {
        "XDG_CACHE_HOME": str(home / "cache"),
        "PYTHONPATH": str(ROOT),
        "JSS_RUNS": str(home / "runs"),
        "JSS_DATA": str(folder),
    }
    command = [
        "streamlit",
        "run",
        str(Path(fake.__file__)),
        "--server.port",
        "{port}",
        "--",
        str(examples),
    ]
    with serving.served(command, home / "server.txt", environment) as address:
        yield address, folder.name


@pytest.fixture
def tab(chromium: Any) -> Iterator[Any]:
    context = chromium.new_context(viewport={"width": 1440, "height": 1100})
    context.route(re.compile(r"^https?://(?!localhost)"), lambda route: route.abort())
    page = context.new_page()
    page.asked = []
    context.on("request", lambda request: page.asked.append(request.url))
    page.on("dialog", lambda dialog: pytest.fail("a script ran"))
    page.set_default_timeout(120_000)
    yield page
    context.close()


def harmless(tab: Any, address: str) -> str:
    """Nothing ran, was fetched or became an element. -> the page's text."""
    idle(tab)
    text = str(tab.locator("[data-testid=stMain]").inner_text())
    for box in tab.locator("[data-testid=stExpander] summary").all():
        box.click()
    idle(tab)
    assert tab.evaluate("() => window.pwned === undefined")
    result = tab.evaluate("""() => {
        const roots = [document], found = [];
        for (const root of roots)
            for (const e of root.querySelectorAll('*')) {
                if (e.shadowRoot) roots.push(e.shadowRoot);
                if ([...e.attributes].some(a => a.name.startsWith('on') && a.value.includes('pwned')) ||
                    /pwned/.test(e.getAttribute('src') || '') || /^javascript:/.test(e.getAttribute('href') || '') ||
                    e.getAttribute('src') === 'x') found.push(e.outerHTML.slice(0, 200));
            }
        return found; }""")
    assert result == []
    hosts = (address, address.replace("http", "ws"), "data:", "blob:")
    assert [
        url
        for url in tab.asked
        if "pwned.png" in url.partition("?")[0] or not url.startswith(hosts)
    ] == []
    assert tab.locator("[data-testid=stException]").all_inner_texts() == []
    return text


@pytest.mark.parametrize("number", range(len(FILES)))
def test_a_clip_of_such_a_name(served: tuple[str, str], tab: Any, number: int) -> None:
    address, folder = served
    tab.goto(
        f"{address}/?clips={quote(folder)}&clip={quote(f'{folder}/{FILES[number]}')}&system=MixIT-S1"
    )
    tab.wait_for_selector(".jss[data-drawn]")
    text = harmless(tab, address)
    if number == 0:
        assert (
            tab.locator(".jss[data-drawn]")
            .get_attribute("data-drawn")
            .startswith(f"{folder}/{FILES[0]}|")
        )
        assert "Ground truth" in text


@pytest.mark.parametrize("page", PAGES)
def test_every_page(served: tuple[str, str], tab: Any, page: str) -> None:
    address, folder = served
    clip = quote(f"{folder}/{FILES[0]}")
    said = quote(f"{LABELS[0]}\x1b\n")
    tab.goto(
        f"{address}/{page}?clips={quote(folder)}&clip={clip}&class={said}&sort={said}&data={said}&run={said}"
        f"&find={said}&bench={said}&fuse={said}&systems={said}&of={said}&metric={said}"
    )
    tab.wait_for_selector("h1, .jss[data-drawn]")
    harmless(tab, address)


def test_such_a_link(served: tuple[str, str], tab: Any) -> None:
    address, _ = served
    tab.goto(f"{address}/?clip={quote(FILES[1])}&system={quote(LABELS[1])}&threshold=nan")
    tab.wait_for_selector("[data-testid=stAlert]")
    assert "window.pwned" in harmless(tab, address), "it is shown as text"
