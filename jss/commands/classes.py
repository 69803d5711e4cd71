"""``--labels``: the classes that count."""

from __future__ import annotations

from jss.errors import JssError
from jss.labels import label_list


def chosen_labels(text: str | None) -> tuple[str, ...] | None:
    """The classes that the option names; None where it is not given.

    Args:
        text: The option's value.

    Raises:
        JssError: It names none.
    """
    labels = None if text is None else label_list(text)
    if labels == ():
        raise JssError(
            "--labels is empty: name the classes, with commas between them, or leave it out."
        )
    return labels
