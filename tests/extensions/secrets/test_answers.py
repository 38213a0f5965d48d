"""Whose the answers are that are read as they come."""

import time

import pytest

from etui.extensions.secrets.answers import MAX_OF_ONE, Answers
from etui.extensions.secrets.errors import UnknownAnswerError


@pytest.mark.attack(116)
@pytest.mark.parametrize(("client", "item"), [("bob", "token"), ("ada", "other"), ("bob", "other"), ("", "token")])
def test_a_handle_is_unknown_to_another_client_and_for_another_item(client: str, item: str) -> None:
    held = Answers()
    assert held.begin("ada")
    held.keep("ada", "token", "1f")
    with pytest.raises(UnknownAnswerError):
        held.take(client, item, "1f")
    held.take("ada", "token", "1f")
    with pytest.raises(UnknownAnswerError):
        held.take("ada", "token", "1f")


def test_a_client_reads_few_at_once_and_keeps_no_other_from_it() -> None:
    held = Answers()
    assert [held.begin("ada") for _ in range(MAX_OF_ONE + 1)] == [True] * MAX_OF_ONE + [False]
    assert held.begin("bob")
    held.end("ada")
    assert held.begin("ada")
    assert not held.begin("ada")


def test_what_nobody_reads_makes_room_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    held = Answers()
    for number in range(MAX_OF_ONE):
        assert held.begin("ada")
        held.keep("ada", "token", str(number))
    assert not held.begin("ada")
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 100)
    assert held.begin("ada")
    with pytest.raises(UnknownAnswerError):
        held.take("ada", "token", "0")
