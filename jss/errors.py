"""The one exception that a user meets: its text is a sentence that says what is wrong and what to do."""


class JssError(Exception):
    """Bad input, a missing file or an impossible request; ``str(error)`` is fit to be shown to a user.

    The command line prints it and exits with 2, the app shows it in a box; no traceback reaches a user.
    """
