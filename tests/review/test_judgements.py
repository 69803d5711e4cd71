"""Judgements survive a kill, two pages, an undo."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from jss.errors import JssError
from jss.review.detections import Detection
from jss.review.judgements import (
    ACCEPTED,
    FILE,
    REJECTED,
    TRIMMED,
    WITHDRAWN,
    Judgements,
    complete,
    missed,
    of,
)

DOG = Detection("a.wav", 1.0, 2.0, "Dog", 0.8, "SED")
CAT = Detection("a.wav", 3.0, 4.0, "Cat", 0.6, "SED")
ROOT = Path(__file__).parents[2]


def test_the_last_judgement_counts_and_undo_takes_back_ones_own(tmp_path):
    page, other = Judgements(tmp_path), Judgements(tmp_path)
    page.add(of(DOG, REJECTED), "me")
    other.add(of(CAT, ACCEPTED), "you")
    page.add(of(DOG, TRIMMED, onset=1.25), "me")
    added = missed("a.wav", 5.0, 6.0, "Dog")
    page.add(added, "me")
    page.add(complete("a.wav", 0.0, 10.0), "me")
    result = other.current()
    assert (result[DOG.key].verdict, result[DOG.key].onset) == (TRIMMED, 1.25)
    assert len(result) == 4
    undone = [page.undo("me") for _ in range(4)]
    assert [one and one.verdict for one in undone] == ["complete", "missed", TRIMMED, None]
    assert list(Judgements(tmp_path).current()) == [CAT.key]


def test_undo_gives_an_added_event_back_what_was_said_of_it_before(tmp_path):
    """An older judgement of another event was taken back."""
    page = Judgements(tmp_path)
    added = missed("a.wav", 5.0, 6.0, "Cat")
    trimmed = replace(added, onset=5.5)
    gone = replace(trimmed, verdict=WITHDRAWN)
    said = (of(DOG, ACCEPTED), added, trimmed, of(CAT, REJECTED), gone)
    for number, judgement in enumerate(said):
        page.add(judgement, "me", f"a.{number}")
    assert page.undo("me") == gone
    assert page.current()[added.event] == trimmed
    assert page.undo("me") == of(CAT, REJECTED)
    assert page.undo("me") == trimmed
    assert page.current() == {DOG.key: of(DOG, ACCEPTED), added.event: added}
    assert [page.undo("me") for _ in range(3)] == [added, of(DOG, ACCEPTED), None]
    assert page.current() == {}


def test_undo_of_a_rejection_gives_another_page_its_event_back(tmp_path):
    page, other = Judgements(tmp_path), Judgements(tmp_path)
    added = missed("a.wav", 5.0, 6.0, "Cat")
    other.add(added, "you", "b.1")
    page.add(replace(added, verdict=WITHDRAWN), "me", "a.1")
    assert other.undo("you") is None
    assert page.undo("me") is not None
    assert page.undo("me") is None
    assert page.current() == {added.event: added}
    assert other.undo("you") == added


def test_an_action_that_is_reported_twice_is_stored_once(tmp_path):
    judgements = Judgements(tmp_path)
    for action in ("a.1", "a.1", "a.2", None, None):
        judgements.add(missed("a.wav", 1.0, 2.0, "Dog"), "me", action)
    assert len(judgements.current()) == 4


def test_pages_are_offered_different_events(tmp_path):
    judgements = Judgements(tmp_path)
    judgements.claim(DOG.key, "me")
    assert judgements.claimed("you") == {DOG.key}
    assert judgements.claimed("me") == set()


def test_many_pages_at_once_lose_nothing(tmp_path):
    def judge(page: int) -> None:
        for n in range(10):
            Judgements(tmp_path).add(missed("a.wav", n, n + 1, "Dog"), str(page))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(judge, range(6)))
    assert len(Judgements(tmp_path).current()) == 60


def test_a_kill_loses_no_judgement(tmp_path):
    code = (
        "import sys; from jss.review.judgements import Judgements, missed; j = Judgements(sys.argv[1]);\n"
        "for n in range(100000): j.add(missed('a.wav', n, n + 1, 'Dog'), 'me'); print(n + 1, flush=True)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = [int(process.stdout.readline()) for _ in range(20)]
        os.kill(process.pid, signal.SIGKILL)
    assert len(Judgements(tmp_path).current()) >= said[-1]


def test_another_file_of_that_name_is_left_alone(tmp_path):
    (tmp_path / FILE).write_bytes(b"not a database, but somebody's text\n" * 40)
    with pytest.raises(JssError, match="cannot be read or written"):
        Judgements(tmp_path)
    assert (tmp_path / FILE).read_bytes().startswith(b"not a database")
