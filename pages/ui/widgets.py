"""Controls that pages share, each with its choice in the address, and messages."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial, wraps
from typing import Any

import streamlit as st

from jss.errors import JssError, debugging
from jss.labels import Theme
from pages.ui import address
from pages.ui.cache import model_folders
from pages.ui.text import literal

log = logging.getLogger(__name__)
#: In the session: what Previous and Next go through, in order.
_STEPPED = "stepped "
#: In the session: how often a widget was replaced by another.
_COUNT = "replaced "

_TAB = "page of the tab"
#: In the session: the choices of a link, and those that the page does not know: name in the address
#: -> what is chosen, what the link names, and what is shown instead.
_UNKNOWN = "unknown in the link"


def theme() -> Theme:
    """Return the theme that the user sees."""
    return "dark" if st.context.theme.type == "dark" else "light"


def name_tab(page: str) -> None:
    """Name the browser's tab after a page."""
    st.session_state[_TAB] = page
    st.set_page_config(page_title=f"{page} \u00b7 jss")


def name_tab_of(clip: str) -> None:
    """Name the browser's tab after a clip, on its page."""
    page = st.session_state.get(_TAB)
    st.set_page_config(page_title=" \u00b7 ".join(filter(None, [clip, page, "jss"])))


def show_error(error: JssError) -> None:
    """Show an error as its sentence, in a box; its cause goes to the log.

    A developer (JSS_DEBUG=1) sees the traceback below it.
    """
    log.info("%s", error, exc_info=error)
    st.error(literal(str(error)), icon=":material/error:")
    if debugging():
        st.code("".join(traceback.format_exception(error)), language="python")


@contextmanager
def errors_shown() -> Iterator[None]:
    """Show an error as its sentence.

    Where systems of the user's came or went meanwhile, which may be why, the page runs again.
    """
    known = model_folders.folders()
    try:
        yield
    except JssError as error:
        if model_folders.renewed(known):
            log.info("%s", error, exc_info=error)
            st.rerun()
        show_error(error)


def shows_errors(fragment: Callable[..., None]) -> Callable[..., None]:
    """Decorate a fragment to show its errors, which do not reach app.py when it reruns alone."""

    @wraps(fragment)
    def run(*args: object) -> None:
        with errors_shown():
            fragment(*args)

    return run


def broken_link(what: str, name: str, reason: str) -> None:
    """Warn that something that the address names cannot be shown."""
    st.warning(f"The {what} of this link ({literal(name)}) {reason}.", icon=":material/link_off:")


def replaced_link(what: str, name: str | None, reason: str, shown: str) -> None:
    """Warn that something else is shown than the address named, until another is chosen.

    Args:
        what: "clip" or the like.
        name: As the address had it, None where that is shown.
        reason: Why it cannot be shown.
        shown: What is shown, which is in the address from now on.
    """
    key = f"replaced link {what}"
    if name is not None:
        st.session_state[key] = (shown, name, reason)
    instead, missing, why = st.session_state.get(key, (None, "", ""))
    if instead == shown:
        broken_link(what, missing, why)


def check_link(
    what: str,
    name: str,
    known: Callable[[str], object],
    shown: str = "",
    *,
    several: bool = False,
) -> None:
    """Note a choice of the link that the page does not know; :func:`links_checked` says so.

    Args:
        what: Is chosen, as the page calls it.
        name: Of the choice, in the address.
        known: Value -> whether the page knows it.
        shown: What it shows instead.
        several: Whether the value holds several, with commas between.
    """
    link = address.of_link()
    named = link.get(name, "")
    if not named or named != address.last(name):
        return
    unknown = [part for part in (named.split(",") if several else [named]) if not known(part)]
    if unknown:
        _unknown()[name] = (what, ", ".join(unknown), named, shown)
    else:  # what becomes unknown from now on is not the link's fault
        del link[name]
        _unknown().pop(name, None)


def known_choice(
    what: str, name: str, known: Callable[[str], object], shown: str = ""
) -> str | None:
    """Return a choice as :func:`pages.ui.address.read` does, after :func:`check_link`."""
    check_link(what, name, known, shown)
    return address.read(name, known)


def _unknown() -> dict[str, tuple[str, str, str, str]]:
    """What is unknown in the present link."""
    unknown: dict[str, tuple[str, str, str, str]]
    link, unknown = st.session_state.get(_UNKNOWN, (None, {}))
    if link is not address.of_link():
        unknown = {}
        st.session_state[_UNKNOWN] = (address.of_link(), unknown)
    return unknown


def check_view_of_link(threshold: str = address.THRESHOLD) -> None:
    """Note a threshold (of this name in the address) or a visible span of the link that is none."""
    check_link("Threshold", threshold, address.is_threshold)
    if not address.is_span(address.of_link().get(address.VIEW, "")):
        check_link("Visible span", address.VIEW, lambda _: False)


def check_span_of_link(clip: str, duration: float) -> None:
    """Note a visible span of the link that begins after the end of the clip, and drop it."""
    check_link("Visible span", address.VIEW, lambda text: address.is_span(text, duration))
    address.view_of(clip, duration)


@contextmanager
def links_checked() -> Iterator[None]:
    """Say above the page which choices of its link it does not know, until others are made."""
    above = st.container()
    yield
    unknown = _unknown()
    for name, (_, _, named, shown) in list(unknown.items()):
        if address.last(name) not in (named, shown):
            del unknown[name]
    if unknown:
        said = ", ".join(f"{what} ({literal(part)})" for what, part, _, _ in unknown.values())
        above.warning(
            f"This link names what does not exist here, so something else is shown: {said}.",
            icon=":material/link_off:",
        )


def mirrored(base: str, value: object, take: Callable[[Any], None]) -> dict[str, Any]:
    """Return arguments of a widget that shows a choice: its key, and what its changes do.

    A browser sends the values of its widgets with every event, also those from before it has learnt
    that something else was chosen elsewhere; they would take that choice back. So whenever a widget
    has to show another choice than the user's last one in it, it becomes another widget, of which
    the browser knows nothing yet, and the values of the one before count no longer.

    Args:
        base: The key of the first of these widgets.
        value: Of the choice.
        take: Called with the value that the user chooses.
    """
    count = st.session_state.get(_COUNT + base, 0)
    key = _key(base, count)
    if key in st.session_state and _plain(st.session_state[key]) != _plain(value):
        st.session_state[_COUNT + base] = count + 1
        key = _key(base, count + 1)
    st.session_state[key] = value
    return {"key": key, "on_change": _take, "args": (base, key, take)}


def _key(base: str, count: int) -> str:
    return f"{base} {count}" if count else base


def _take(base: str, key: str, take: Callable[[Any], None]) -> None:
    if key == _key(base, st.session_state.get(_COUNT + base, 0)):
        take(st.session_state[key])


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, list) else value  # several buttons have no order


def pick(
    label: str,
    options: Sequence[str],
    name: str,
    show: Callable[[str], str] = str,
    default: str | None = None,
    **look: Any,
) -> str:
    """Show a select box whose choice is kept in the address.

    Args:
        label: Above the box.
        options: At least one.
        name: Of the choice, in the address.
        show: Option -> how the user reads it.
        default: Chosen where the address names no option; else the first one is.
        **look: Further arguments of ``st.selectbox``.

    Returns:
        The chosen option.
    """
    wanted = address.read(name, options.__contains__)
    first = default if default is not None and default in options else options[0]
    shown = wanted if wanted is not None and wanted in options else first
    check_link(label, name, {*options, show(shown)}.__contains__, shown)
    look |= mirrored(f"pick {name}", shown, partial(address.write, name))
    chosen: str = st.selectbox(label, options, format_func=show, **look)
    return chosen


def pick_selection(selections: Iterable[str]) -> str:
    """Show a select box of student and teacher; returns the chosen one of ``selections``."""
    return pick(
        "Selection",
        list(dict.fromkeys(selections)),
        address.SELECTION,
        str.capitalize,
        "teacher",
        width=140,
        help="The student is the model that was trained, the teacher its moving average.",
    )


def search(label: str, name: str, example: str, **look: Any) -> None:
    """Show a field for words to find, kept in the address."""
    look |= mirrored(f"pick {name}", address.read(name) or "", partial(address.write, name))
    st.text_input(label, placeholder=example, **look)


def tabs(contents: Mapping[str, Callable[[], None]], name: str) -> None:
    """Show tabs; the open one is kept in the address.

    Only tabs that were opened in this session are filled, since a page may show as much in each of
    them as on a page of its own; they stay filled, so that what was uploaded there is not lost.

    Args:
        contents: Label -> shows what is in the tab.
        name: Of the choice, in the address.
    """
    labels = list(contents)
    wanted = known_choice("Tab", name, contents.__contains__, labels[0])
    shown = wanted if wanted is not None and wanted in contents else labels[0]
    opened: set[str] = st.session_state.setdefault(f"opened {name}", set())
    opened.add(shown)
    look = mirrored(f"pick {name}", shown, partial(address.write, name))
    for label, tab in zip(labels, st.tabs(labels, **look), strict=True):
        if label in opened:
            with tab:
                contents[label]()


def step_buttons(kind: str, names: Sequence[str], name: str) -> None:
    """Show Previous and Next, which choose a neighbour in a circle.

    Args:
        kind: What is chosen, "clip" or the like.
        names: All that can be chosen, in order.
        name: Of the choice, in the address.
    """
    st.session_state[_STEPPED + name] = tuple(names)
    for label, icon, step in (("Previous", "chevron_left", -1), ("Next", "chevron_right", 1)):
        st.button(
            label,
            icon=f":material/{icon}:",
            key=f"{label} {kind}",
            on_click=_step,
            help=f"{label} {kind}",
            args=(name, step),
        )


def can_step(name: str, value: str) -> bool:
    """Return whether a value is one of those that :func:`step_buttons` goes through."""
    return value in st.session_state.get(_STEPPED + name, ())


def stepped(name: str, steps: int) -> dict[str, str]:
    """Return the choice that lies so many steps from the present one, by its name in the address.

    Args:
        name: Of the choice that :func:`step_buttons` steps through.
        steps: Forwards, or backwards where negative.

    Returns:
        Empty where there is nothing to choose.
    """
    names = st.session_state.get(_STEPPED + name, ())
    if not steps or not names:
        return {}
    present = address.last(name)
    at = names.index(present) if present in names else 0
    return {name: names[(at + steps) % len(names)]}


def _step(name: str, steps: int) -> None:
    address.write_all(stepped(name, steps))
