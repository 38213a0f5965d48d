"""For how long what the user refused is not asked again."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.trusted.router.pauses import LONGEST_S, TYPED_S, UNTOLD_S, No, Pauses

MAILER = "app:/usr/bin/mailer"


def refused(
    pauses: Pauses, now: float, *, client: str = MAILER, asked: bytes = b"mail", longest_s: float = LONGEST_S
) -> No:
    pauses.refused(client, asked, now, longest_s=longest_s)
    no = pauses.standing(client, asked, now)
    assert no is not None
    return no


def test_a_no_is_not_asked_again_at_once_and_is_no_never() -> None:
    pauses = Pauses()
    refused(pauses, 0.0)
    assert pauses.standing(MAILER, b"mail", 0.1) is not None
    assert pauses.standing(MAILER, b"mail", 9.9) is not None
    assert pauses.standing(MAILER, b"mail", 10.0) is None


def test_another_question_and_another_client_are_asked_about() -> None:
    pauses = Pauses()
    refused(pauses, 0.0)
    assert pauses.standing(MAILER, b"calendar", 0.1) is None
    assert pauses.standing("app:/usr/bin/other", b"mail", 0.1) is None


def test_each_further_no_lasts_longer_up_to_half_a_day() -> None:
    pauses = Pauses()
    now, lasted = 0.0, []
    for _ in range(6):
        no = refused(pauses, now)
        lasted.append(no.until - now)
        now = no.until + 1
    assert lasted == [10, 300, 3600, 43_200, 43_200, 43_200]


def test_a_no_after_two_days_is_a_first_one() -> None:
    pauses = Pauses()
    assert refused(pauses, 0.0).times == 1
    assert refused(pauses, 172_799.0).times == 2
    assert refused(pauses, 172_799.0 + 172_800.0).times == 1


def test_what_is_typed_pauses_ten_seconds_however_often_and_who_cannot_be_told_five_minutes() -> None:
    pauses = Pauses()
    for now in (0.0, 400.0, 800.0, 1200.0):
        assert refused(pauses, now, longest_s=TYPED_S).until == now + 10
        assert refused(pauses, now, asked=b"other", longest_s=UNTOLD_S).until == now + (300 if now else 10)


def test_a_yes_makes_the_next_no_a_first_one() -> None:
    pauses = Pauses()
    refused(pauses, 0.0)
    refused(pauses, 20.0)
    pauses.approved(MAILER, b"mail")
    assert pauses.standing(MAILER, b"mail", 20.1) is None
    assert refused(pauses, 100.0).times == 1


def test_the_user_ends_what_is_paused_for_one_client() -> None:
    pauses = Pauses()
    refused(pauses, 0.0, asked=b"long over")
    for asked in (b"mail", b"calendar"):
        refused(pauses, 20.0, asked=asked)
    refused(pauses, 20.0, client="app:/usr/bin/other")
    assert pauses.end(MAILER, 21.0) == 2
    assert pauses.longest(MAILER, 21.0) is None
    assert pauses.end(MAILER, 21.0) == 0
    assert pauses.standing("app:/usr/bin/other", b"mail", 21.0) is not None
    assert refused(pauses, 22.0).times == 1


def test_the_longest_of_a_client_is_what_a_list_tells() -> None:
    pauses = Pauses()
    refused(pauses, 0.0)
    longest = refused(pauses, 15.0)
    refused(pauses, 16.0, asked=b"calendar")
    assert pauses.longest(MAILER, 17.0) == longest
    assert pauses.longest(MAILER, 315.0) is None


@pytest.mark.attack(245)
def test_a_program_with_many_questions_does_not_fill_the_memory() -> None:
    pauses = Pauses()
    for number in range(5000):
        refused(pauses, 0.0, asked=str(number).encode())
    remembered = [number for number in range(5000) if pauses.standing(MAILER, str(number).encode(), 1.0)]
    assert remembered == list(range(4000, 5000))


@given(st.lists(st.tuples(st.integers(0, 50_000), st.booleans()), min_size=1, max_size=60))
def test_whatever_comes_a_pause_has_an_end_within_half_a_day(course: list[tuple[int, bool]]) -> None:
    pauses = Pauses()
    for now, (_, says_yes) in zip(itertools.accumulate(wait for wait, _ in course), course, strict=True):
        if pauses.standing(MAILER, b"mail", now) is not None:
            continue
        if says_yes:
            pauses.approved(MAILER, b"mail")
        else:
            assert 10 <= refused(pauses, now).until - now <= 43_200
