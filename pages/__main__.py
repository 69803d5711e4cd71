"""``python -m pages [--data FOLDER] [--models FOLDER] [--review OUT]``: serve the app, with any
option of ``streamlit run``.

The folder of --data, a data set in DESED's layout or any folder of audio, can then be opened in
Explore and Compare. Systems in the folder of --models, which may be given several times, stand
beside the shipped ones. The output folder of ``jss detect`` of --review is reviewed on the page
Review and shown on the page Timeline; where it is given twice, the second is that of another system. Folders are named here and nowhere else: no link can open another one.

A link to any page opens it, also on a server that nobody has visited. While the browser loads
Streamlit's code, the modules of the first page are imported: that saves about a second per start.
Then the shipped examples are analysed, the claims judged and the fusions measured while nobody waits
for anything, unless they were before.
"""

from __future__ import annotations

import gc
import importlib
import inspect
import os
import sys
import threading
import time
from pathlib import Path

from jss.errors import JssError, debugging
from jss.io.journal import DETECTED
from pages.ui import folders

#: Modules of the first page that Streamlit does not import; not torch, which a cached result does
#: not need.
FIRST = ("PIL.Image", "pages.ui.clip.view", "pages.ui.exports", "jss.viz.tables")


HELP = """\
usage: python -m pages [--data FOLDER] [--models FOLDER] [--review OUT] [OPTION ...]

Serves the app, on http://localhost:8501 unless --server.port names another port.

  --data FOLDER    your recordings: any folder of audio, or a data set in DESED's layout
  --models FOLDER  systems that you trained, beside the shipped ones; may be given several times
  --review OUT     what jss detect wrote, for the pages Review and Timeline; given twice, the second
                   is of another system

OPTION is any option of streamlit run, such as --server.port 8502. To list them:
python -m streamlit run --help
"""


def main() -> int:
    """Serve until interrupted; returns 2 where a folder is not there or not of its kind."""
    options = sys.argv[1:]
    if "--help" in options or "-h" in options:
        print(HELP, end="")
        return 0
    try:
        data = _take_folders(options, "--data", "make app DATA=FOLDER opens a folder with audio")
        if len(data) > 1:
            raise JssError("The app opens one folder of --data: name one that holds them all.")
        review = _take_folders(
            options, "--review", "make app REVIEW=OUT opens what jss detect has written"
        )
        for folder in review:
            if not (Path(folder) / DETECTED).is_file():
                raise JssError(
                    f"{folder} has no output of jss detect: run jss detect RECORDINGS --system SED --out OUT "
                    "first, then give OUT."
                )
        models = _take_folders(
            options, "--models", "make app MODELS=FOLDER opens a folder with checkpoints"
        )
    except JssError as error:
        print(error, file=sys.stderr)
        return 2
    if data:
        from pages.ui.clip import recordings

        os.environ[recordings.VARIABLE] = data[-1]
    if review:
        folders.write("JSS_REVIEW", review)
    if models:
        folders.write("JSS_MODELS", models)

    from streamlit.runtime.pages_manager import PagesManager
    from streamlit.web import cli

    # app.py has the table of pages. Until it has run once, Streamlit takes this folder for one of
    # its older kind, and a link to a page would open that file alone.
    PagesManager.uses_pages_directory = False
    threading.Thread(target=_import_first, daemon=True).start()
    if debugging():  # a developer sees the traceback of a programming error on the page
        options.append("--client.showErrorDetails=full")
    sys.argv = ["streamlit", "run", str(Path(__file__).parent.parent / "app.py"), *options]
    cli.main()
    return 0


def _take_folders(options: list[str], option: str, example: str) -> list[str]:
    """Take an option and its folders out of the options; raises JssError where there is none."""
    folders = []
    while option in options:
        at = options.index(option)
        if len(options) < at + 2:
            raise JssError(f"{option} needs a folder: {example}.")
        folder = Path(options[at + 1]).expanduser()
        if not folder.is_dir():
            raise JssError(f"There is no folder {folder}: {example}.")
        folders.append(str(folder.resolve()))
        del options[at : at + 2]
    return folders


def _import_first() -> None:
    """Import them once the server answers; earlier, this would only delay it. Then what is prepared."""
    from streamlit import runtime

    while not runtime.exists() or runtime.get_instance().state is runtime.RuntimeState.INITIAL:
        time.sleep(0.02)
    for name in FIRST:
        importlib.import_module(name)
    inspect.stack()  # as Streamlit does before its first element: it looks up every module's file, once
    gc.freeze()  # collections pass over what was imported
    importlib.import_module("pages.ui.cache.background").start()


if __name__ == "__main__":
    raise SystemExit(main())
