"""What is chosen in the viewer reaches the address once, whatever Streamlit breaks off."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, ClassVar

import pytest

KEY = "viewer"


class BrokenOff(Exception):
    """As Streamlit's RerunException: a newer event takes over."""


class Session(dict[str, Any]):
    """A session that is broken off at its use number ``left``, counted from now."""

    left = 1000

    def _use(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise BrokenOff

    def __getitem__(self, key: str) -> Any:
        self._use()
        return super().__getitem__(key)

    def __setitem__(self, key: str, value: Any) -> None:
        self._use()
        super().__setitem__(key, value)

    def __contains__(self, key: object) -> bool:
        self._use()
        return super().__contains__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self._use()
        return super().get(key, default)

    def setdefault(self, key: str, default: Any = None) -> Any:
        self._use()
        return super().setdefault(key, default)

    def pop(self, key: str, *default: Any) -> Any:
        self._use()
        return super().pop(key, *default)

    def update(self, *args: Any, **kwargs: Any) -> None:
        self._use()
        super().update(*args, **kwargs)


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    """A session, which is the address too: both are places where Streamlit may break off."""
    import streamlit as st

    session = Session({"stepped clip": ("a", "b", "c", "d", "e"), KEY: {}})
    monkeypatch.setattr(st, "session_state", session)
    monkeypatch.setattr(st, "query_params", session)
    return session


def report(session: Session, stamp: int, steps: int, viewer: str = "one") -> None:
    """The viewer's newest report takes the place of the one before."""
    session.left = 1000
    session[KEY] = {
        "interaction": {
            "stamp": stamp,
            "steps": steps,
            "viewer": viewer,
            "threshold": 0.5,
            "system": "SED",
        }
    }


def clip(session: Session) -> str | None:
    from pages.ui import address

    session.left = 1000
    return address.last("clip")


@pytest.mark.parametrize("at", range(12))
def test_a_report_that_is_broken_off_is_taken_over_once(session: Session, at: int):
    from pages.ui import viewer

    def take_over(left: int) -> None:
        session.left = left
        with suppress(BrokenOff):
            viewer.take_over(KEY, {"system": "system"}, "clip")

    report(session, 1, 2)
    take_over(at)
    take_over(1000)
    assert clip(session) == "c"
    report(session, 3, 7)  # a report between them was never seen
    take_over(at)
    take_over(at)
    take_over(1000)
    take_over(1000)
    assert clip(session) == "c", "seven steps in all, in a circle of five"
    report(session, 4, 1, viewer="two")  # the page was left, and opened again
    take_over(1000)
    assert clip(session) == "d"
    report(session, 3, 7)  # of the first one, late
    take_over(1000)
    assert clip(session) == "d"
    assert not viewer.has_news(KEY)


def test_what_the_browser_has_yet_to_hear_is_said_again(monkeypatch: pytest.MonkeyPatch):
    """It sends its address with an event, and hears of the choice before that only afterwards."""
    import streamlit as st

    from pages.ui import address

    class Query(dict[str, str]):
        said: ClassVar[list[dict[str, str]]] = []

        def update(self, *args: Any, **kwargs: Any) -> None:
            super().update(*args, **kwargs)
            self.said.append(dict(self))

    query = Query(clip="a", view="1-2")
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(st, "query_params", query)
    address.write_all({"clip": "b", "view": ""})
    dict.update(query, clip="a", view="1-2")  # the next event, from before it heard of them
    address.write_all({"clip": "a", "view": "1-2"})
    assert query.said == [{"clip": "b"}, {"clip": "a", "view": "1-2"}]
    assert address.read("clip") == "a"
    dict.pop(query, "view")
    address.write("view", "")
    assert query.said[2:] == [{"clip": "a"}], "also that there is none"
    address.read("view")
    assert len(query.said) == 3, "once it is heard, nothing is said"
