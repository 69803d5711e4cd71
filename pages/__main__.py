"""``python -m pages``: serves the app, as ``streamlit run app.py`` with any of its options.

A link to any page opens it, also on a server that nobody has visited. While the browser loads its own part, what the
first page needs is imported: that saves about a second at every start.
"""

from __future__ import annotations

import importlib
import sys
import threading
import time
from pathlib import Path

#: What the first page imports and Streamlit has not; torch is not among it, since a kept result needs none.
FIRST = ("PIL.Image", "pages.ui.controls", "pages.ui.exports", "pages.ui.viewer", "jss.viz.tables")


def main() -> None:
    """Serve until interrupted."""
    from streamlit.runtime.pages_manager import PagesManager
    from streamlit.web import cli

    # app.py has the table of pages. Until it has run once, Streamlit takes this folder for one of its older kind, and
    # a link to a page would open that file alone.
    PagesManager.uses_pages_directory = False
    threading.Thread(target=_import_first, daemon=True).start()
    sys.argv = ["streamlit", "run", str(Path(__file__).parent.parent / "app.py"), *sys.argv[1:]]
    cli.main()


def _import_first() -> None:
    """Once the server listens; before, it would only take its time away."""
    from streamlit import runtime

    while not runtime.exists() or runtime.get_instance().state is runtime.RuntimeState.INITIAL:
        time.sleep(0.02)
    for name in FIRST:
        importlib.import_module(name)


if __name__ == "__main__":
    main()
