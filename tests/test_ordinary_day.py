"""A day of an ordinary desktop: who was said yes to once is not asked about again, whatever the day brings."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.day import NEEDS, STRANGER, Day, Use, desktop
from bench.nag import kept_by


@pytest.fixture(scope="module", params=[6, pytest.param(20, marks=pytest.mark.long)])
def day(request: pytest.FixtureRequest) -> Iterator[Day]:
    """One for all that is said of it; as it is measured, in the long run."""
    for program, package in NEEDS.items():
        if shutil.which(program) is None:
            pytest.skip(f"needs package {package}")
    scripts = int(request.param)
    with tempfile.TemporaryDirectory(prefix="etui-", dir="/tmp") as name, desktop(Path(name), scripts) as desk:
        yield desk.lives(hours=1 if scripts < 20 else 2)


def test_no_program_is_asked_about_twice(day: Day) -> None:
    told_apart = {name: count for name, count in day.questions.items() if name != "git"}
    assert {name for name, count in told_apart.items() if count > 1} == set()
    assert sum(day.questions.values()) <= len(day.questions)


def test_what_a_program_made_itself_takes_no_question_also_from_its_next_version(day: Day) -> None:
    assert (day.questions["browser"], day.questions["chat"]) == (0, 0)


def test_what_is_typed_in_a_window_is_asked_about_once_in_each(day: Day) -> None:
    windows = sum(use.program == "git" for use in day.uses) // 3
    assert day.questions["git"] == windows == 2


def test_who_is_refused_and_goes_on_asking_at_once_is_asked_about_once(day: Day) -> None:
    assert sum(use.program == STRANGER for use in day.uses) == 3
    assert day.questions[STRANGER] == 1


def test_the_same_day_asks_more_or_gives_away_more_with_decisions_kept_otherwise(day: Day) -> None:
    by_process, _ = kept_by(day.uses, lambda use: use.process)
    _, given_away = kept_by(day.uses, lambda use: use.digest)
    assert by_process > 2 * sum(day.questions.values())
    assert given_away >= 3


def test_a_policy_is_counted_by_its_key() -> None:
    uses = [
        Use("mail", "mail", "1", "a"),
        Use("mail", "mail", "1", "b"),
        Use("mail", "mail", "2", "b"),
        Use(STRANGER, "mail", "3", "b"),
        Use(STRANGER, "mail", "4", "c"),
    ]
    assert kept_by(uses, lambda use: use.process) == (4, 0)
    assert kept_by(uses, lambda use: use.digest) == (3, 1)
