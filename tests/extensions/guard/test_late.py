"""A guard that gives no answer in time: a yes without its word makes no look-alike known."""

from __future__ import annotations

import contextlib
import os
import signal
from typing import TYPE_CHECKING

import pytest
from tests.extensions.guard.test_at_the_wallet import asked_about, explained, meets, pay, stopped
from tests.trusted.supervisor.processes import pid_of

from etui.interfaces import wallet_1 as wallet_interface

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etui.sdk import Client
    from etui.testkit import TestWallet

_TRIES = 20
_GUARD = "etui.extensions.guard"
_LATE = "Guard was to advise on this, and gave no answer."


@contextlib.contextmanager
def held_up(wallet: TestWallet) -> Iterator[None]:
    """The guard's process stands still."""
    guard = pid_of(wallet, _GUARD)
    os.kill(guard, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(guard, signal.SIGCONT)


def notes(wallet: TestWallet, payee: str) -> str:
    """What stood in the last question about a payee."""
    return str(asked_about(wallet, payee)[-1].get("notes"))


def heard(wallet: TestWallet, client: Client, payee: str) -> str:
    """The notes of a question in which the guard had a word; on a busy machine it may be late once more."""
    for _ in range(_TRIES):
        meets(wallet, client, payee)
        if _LATE not in notes(wallet, payee):
            break
    return notes(wallet, payee)


@pytest.mark.attack(219)
def test_a_yes_while_the_guard_was_late_makes_no_look_alike_known_and_the_next_question_says_so(
    wallet: TestWallet, client: Client
) -> None:
    meets(wallet, client, "harbour-books.com")
    with held_up(wallet):
        meets(wallet, client, "harb0ur-books.com")
        assert _LATE in notes(wallet, "harb0ur-books.com")
        meets(wallet, client, "quarry-stones.org")
    said = heard(wallet, client, "meadow.example")
    assert "Guard: you said yes to “harb0ur-books.com”" in said
    assert "when the guard gave no answer. It looks like “harbour-books.com”" in said
    assert "quarry" not in said
    assert "harb0ur" not in heard(wallet, client, "orchard.example"), "it is said once"
    why = explained(client, stopped(wallet, client, "harb0ur-books.com"))
    assert "when the guard gave no answer" in why
    meets(wallet, client, "quarry-stones.org")


@pytest.mark.attack(219)
def test_a_right_that_a_late_guard_did_not_prevent_makes_nobody_known(wallet: TestWallet, client: Client) -> None:
    meets(wallet, client, "lantern-tea.com")
    with held_up(wallet):
        wallet.user.approves(times=1, remember="always", action_contains="pay lantern-tea.net")
        assert pay(client, "lantern-tea.net") == "lantern-tea.net"
    assert pay(client, "lantern-tea.net") == "lantern-tea.net", "the right is the user's to take back"
    client.call(wallet_interface.Revoke(client=client.greeting.client))
    with wallet.connect() as again:
        stopped(wallet, again, "lantern-tea.net")


def test_what_a_late_guard_missed_is_kept_over_a_lock(wallet: TestWallet, client: Client) -> None:
    meets(wallet, client, "tidal-maps.org")
    with held_up(wallet):
        meets(wallet, client, "tida1-maps.org")
    meets(wallet, client, "river.example")  # is written after it
    wallet.lock()
    wallet.unlock()
    with wallet.connect() as again:
        assert "when the guard gave no answer" in explained(again, stopped(wallet, again, "tida1-maps.org"))
