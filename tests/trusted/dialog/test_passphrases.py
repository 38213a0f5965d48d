"""New passphrases and what is typed."""

from __future__ import annotations

import secrets

import pytest
from tests.trusted.dialog.questions import FRAME

from etui.sealing import Secret
from etui.sealing.recovery import new_recovery_key, recovery_text
from etui.trusted.dialog.entries import Draft, entry_of, group_count, group_of, secrets_of
from etui.trusted.dialog.passphrases import Strength, generated, problem, strength
from etui.trusted.dialog.requests import AskSecret, Create, NewPassphrase, ShowRecovery, Unlock

KEY = bytes(32)


def secret(text: str) -> Secret:
    return Secret.from_text(text)


def test_six_words_are_generated_and_strong() -> None:
    made = generated(secrets.choice)
    assert len(made.reveal_text().split(" ")) == 6
    assert strength(made) is Strength.STRONG
    assert made != generated(secrets.choice)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("123456", Strength.TOO_SHORT),
        ("aaaaaaaaaaaaaaaa", Strength.TOO_SHORT),
        ("abcdefghijkl", Strength.TOO_SHORT),
        ("abacus", Strength.TOO_SHORT),
        ("abacus abacus abacus abacus abacus abacus", Strength.TOO_SHORT),
        ("kT7!qm2", Strength.WEAK),
        ("abacus lantern orchard copper", Strength.FAIR),
    ],
)
def test_the_word_on_the_strength_is_low_rather_than_high(text: str, word: Strength) -> None:
    assert strength(secret(text)) is word


def test_a_control_character_is_refused_with_a_sentence_that_shows_nothing_of_it() -> None:
    said = problem(secret("correct horse\x07battery staple"))
    assert said
    assert "horse" not in said


@pytest.mark.parametrize("request_", [Create(key=KEY), NewPassphrase(key=KEY)])
def test_a_new_passphrase_is_complete_once_it_was_typed_twice(request_: Create | NewPassphrase) -> None:
    new = secret("ember fjord anchor beacon")
    old = secret("old")
    assert not entry_of(request_, Draft(secret=old, new=new)).complete
    assert not entry_of(request_, Draft(secret=old, new=new, repeat=secret("ember"))).complete
    assert entry_of(request_, Draft(secret=old, new=new, repeat=new)).complete
    assert secrets_of(request_, Draft(secret=old, new=new, repeat=new)).secret is not None


def test_the_same_passphrase_from_two_keyboards_is_the_same() -> None:
    composed, decomposed = secret("bücher wäldchen öfter"), secret("bu\u0308cher wa\u0308ldchen o\u0308fter")
    assert entry_of(Create(key=KEY), Draft(new=composed, repeat=decomposed)).complete


def test_a_pin_is_digits_only() -> None:
    request = AskSecret(frame=FRAME, title="PIN", key=KEY, digits=True)
    assert entry_of(request, Draft(secret=secret("2743"))).complete
    assert entry_of(request, Draft(secret=secret("27a3"))).problem == "Digits only."


def test_a_typo_in_the_recovery_key_costs_no_try() -> None:
    text = recovery_text(new_recovery_key()).reveal_text()
    wrong = ("Z" if text[0] != "Z" else "Y") + text[1:]
    request = Unlock(key=KEY, recovery=True)
    assert entry_of(request, Draft(secret=secret(text.lower()))).complete
    said = entry_of(request, Draft(secret=secret(wrong)))
    assert not said.complete
    assert "group 1" in said.problem


def test_a_group_of_the_recovery_key_is_checked_as_it_was_written() -> None:
    shown = recovery_text(new_recovery_key())
    assert group_count(shown) == 8
    group = group_of(shown, 3)
    request = ShowRecovery(sealed=b"")
    typed = secret(f" {group.reveal_text().lower()} ")
    assert entry_of(request, Draft(secret=typed), checked_group=group).complete
    assert not entry_of(request, Draft(secret=secret("00000")), checked_group=group).complete
    assert not entry_of(request, Draft(), checked_group=group).complete
