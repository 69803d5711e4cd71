"""The one exception that a user meets: its text is a sentence that says what is wrong and what to
do.
"""


class JssError(Exception):
    """Bad input, a missing file or an impossible request; ``str(error)`` is fit to be shown to a
    user.

    The command line prints it and exits with 2, the app shows it in a box; no traceback reaches a
    user. It is one printable line, whatever the file was called or held: see :func:`printable`.
    """

    def __str__(self) -> str:
        text = super().__str__()
        if text.startswith(
            "Caught JssError in "
        ):  # torch hands one on from a worker process with its whole traceback
            text = text.rpartition("JssError: ")[2].strip()
        return printable(text)


class DiskError(JssError):
    """Nothing can be written any more: a disk is full or read-only. What comes next would meet the
    same.
    """


def printable(text: str, longest: int = 1000) -> str:
    """One line without control characters, which could rewrite a terminal; these become \\x1b and
    the like, and a text beyond ``longest`` characters loses its middle.
    """
    text = _shortened(text, longest)
    if text.isprintable():
        return text
    return _shortened("".join(c if c.isprintable() else ascii(c)[1:-1] for c in text), longest)


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest // 2]} ... {text[-longest // 2 :]}"
