"""Takes the pictures of the README: ``make pictures``, or ``python tests/take_pictures.py
[FOLDER]``.

Starts the app on what is shipped, and on the run of a tiny system that is trained for half a minute
first; opens each page in a headless Chromium, light and dark.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).with_name("browser")), str(Path(__file__).parents[1])]

import serving

#: Name -> address, and what is on the page once it is drawn.
PAGES = {
    "explore": ("?clip=shaver-speech.flac&system=MixIT-S1&selection=teacher", ".jss[data-drawn]"),
    "compare": (
        "compare?clip=vacuum-speech.flac&system=MixIT-JT&selection=teacher",
        ".jss[data-drawn]",
    ),
    "review": ("review", ".jss[data-drawn]"),
    "timeline": ("timeline", "canvas[data-drawn=cells]"),
    "diversity": ("diversity", ".js-plotly-plot .main-svg"),
    "classes": ("classes?gallery=yes", ".js-plotly-plot .main-svg"),
    "results": ("results", "[data-testid=stDataFrame]"),
    "claims": ("claims", "[data-testid=stPageLink]"),
    "weak-labels": (
        "weak_labels?scene=synthscapes%2Ftest%2F0%2F1&separator=weak-frame",
        ".jss[data-drawn]",
    ),
    "training": ("training", ".js-plotly-plot .main-svg"),
    "data": ("data?data=synthscapes%2Fvalidation", ".js-plotly-plot .main-svg"),
    "overview": ("overview?system=MixIT-S2", "[data-testid=stHtml] img"),
}


def main() -> int:
    from playwright.sync_api import sync_playwright

    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    chromium = serving.chromium()
    if chromium is None:
        print(
            "No Chromium is installed: install it (apt-get install chromium) and try again.",
            file=sys.stderr,
        )
        return 2
    with (
        tempfile.TemporaryDirectory() as home,
        sync_playwright() as driver,
        serving.served(
            ["pages", "--server.port", "{port}"], Path(home) / "server.txt", trained(Path(home))
        ) as address,
    ):
        browser = driver.chromium.launch(executable_path=chromium, args=serving.FLAGS)
        for theme in ("light", "dark"):
            context = browser.new_context(
                viewport={"width": 1440, "height": 1180}, color_scheme=theme
            )
            for name, (link, drawn) in PAGES.items():
                tab = context.new_page()
                tab.goto(f"{address}/{link}")
                tab.wait_for_selector(drawn, timeout=120_000)
                tab.wait_for_selector("[data-test-script-state=notRunning]", timeout=120_000)
                tab.wait_for_timeout(1500)  # images and fonts
                tab.screenshot(path=folder / f"{name}-{theme}.png")
                tab.close()
        browser.close()
    print(f"{len(PAGES) * 2} pictures in {folder}")
    return 0


def trained(home: Path) -> dict[str, str]:
    """The environment of an app that finds the run of a tiny system, and events to review."""
    run = [
        "train",
        "smoke",
        "--only",
        "SED",
        "--out",
        str(home / "runs" / "smoke"),
        "--checkpoints",
        str(home / "checkpoints"),
        "detection.epochs=12",
    ]
    subprocess.run(
        [sys.executable, "-m", "jss", *run], cwd=serving.ROOT, check=True, capture_output=True
    )
    out = str(home / "out")
    detect = ["detect", "jss/examples", "--system", "MixIT-S1", "--out", out, "--threshold", "0.3"]
    subprocess.run(
        [sys.executable, "-m", "jss", *detect], cwd=serving.ROOT, check=True, capture_output=True
    )
    return os.environ | {"JSS_RUNS": str(home / "runs"), "JSS_REVIEW": out}


if __name__ == "__main__":
    raise SystemExit(main())
