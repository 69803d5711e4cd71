"""The one exception that a user meets: its text is a sentence that says what is wrong and what to do."""


class JssError(Exception):
    """Bad input, a missing file or an impossible request; ``str(error)`` is fit to be shown to a user.

    The command line prints it and exits with 2, the app shows it in a box; no traceback reaches a user. It is one
    printable line, whatever the file was called or held: see :func:`printable`.
    """

    def __str__(self) -> str:
        return printable(super().__str__())


def printable(text: str, longest: int = 1000) -> str:
    """One line without control characters, which could rewrite a terminal; these become \\x1b and the like, and a text
    beyond ``longest`` characters loses its middle.
    """
    if len(text) > longest:
        text = f"{text[: longest // 2]} ... {text[-longest // 2 :]}"
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
