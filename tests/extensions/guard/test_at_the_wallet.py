"""The guard in a wallet: who looks like somebody known is stopped, and the user is told whom, and since when."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from tests.extensions.guard.conftest import TILL

from etui.interfaces import likeness_1 as likeness
from etui.interfaces import wallet_1 as wallet_interface
from etui.sdk import ErrorCode, ProtocolError

if TYPE_CHECKING:
    from etui.sdk import Client
    from etui.testkit import TestWallet


_TRIES = 20
_LATE = "gave no answer"


def asked_about(wallet: TestWallet, payee: str) -> list[dict[str, Any]]:
    """The questions that were put to the user about a payee."""
    return [entry for entry in wallet.user.asked() if f"pay {payee}" in str(entry.get("lead"))]


def pay(client: Client, payee: str) -> str:
    return str(TILL.call(client, "pay", payee=payee)["paid"])


def refused(client: Client, payee: str) -> ProtocolError:
    """What answers a payment that is not made."""
    with pytest.raises(ProtocolError) as caught:
        pay(client, payee)
    return caught.value


def stopped(wallet: TestWallet, client: Client, payee: str) -> str:
    """The id of the record of a payment that is stopped; on a busy machine the guard may be late, as questions say."""
    error = refused(client, payee)
    for _ in range(_TRIES):
        if error.code != ErrorCode.NOT_NOW or _LATE not in str(asked_about(wallet, payee)[-1].get("notes")):
            break
        error = refused(client, payee)
    assert error.code == ErrorCode.DENIED
    assert "stopped" in error.message
    return error.why


def meets(wallet: TestWallet, client: Client, payee: str) -> None:
    """The user says yes to a payment, once, and the guard knows the payee when this returns."""
    wallet.user.approves(times=1, action_contains=f"pay {payee}")
    assert pay(client, payee) == payee


def trusts(wallet: TestWallet, client: Client, name: str, like: str) -> str:
    """The user takes one name for itself; the exception, by the Client's reference."""
    wallet.user.approves(times=1, action_contains=f"take “{name}” for itself, and not for “{like}”")
    return client.call(likeness.Trust(name=name, like=like)).exception.item


def explained(client: Client, why: str) -> str:
    return " ".join(client.call(wallet_interface.Why(id=why)).sentences)


def told(wallet: TestWallet) -> str:
    """What the user is told of a stop, which comes after its answer."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        for entry in reversed(wallet.user.shown()):
            if entry.get("face") == "message":
                return str(entry["body"])
        time.sleep(0.02)
    raise AssertionError(wallet.user.shown())


@pytest.mark.attack(192)
def test_a_look_alike_is_stopped_and_the_user_is_told_whom_it_resembles_and_since_when(
    wallet: TestWallet, client: Client
) -> None:
    meets(wallet, client, "harbour-books.com")
    why = stopped(wallet, client, "harb0ur-books.com")
    since = f"known here since {time.strftime('%-d %B %Y', time.gmtime())}"
    for text in (told(wallet), explained(client, why)):
        assert "harb0ur-books.com" in text
        assert "looks like" in text
        assert "harbour-books.com" in text
        assert since in text
    assert "adviser/ext:etui/org.etui.guard" in explained(client, why)
    assert not [asked for asked in asked_about(wallet, "harb0ur-books.com") if _LATE not in str(asked.get("notes"))]


@pytest.mark.attack(193)
def test_who_asked_is_not_told_whom_the_user_knows(wallet: TestWallet, client: Client) -> None:
    meets(wallet, client, "lantern-tea.com")
    stopped(wallet, client, "lantern-tea.net")
    assert "lantern" not in refused(client, "lantern-tea.net").message


@pytest.mark.attack(193)
def test_who_was_stopped_is_not_told_why_by_its_own_record(wallet: TestWallet, client: Client) -> None:
    meets(wallet, client, "walnut-press.com")
    whys = []
    for _ in range(_TRIES):
        with pytest.raises(ProtocolError) as stop:
            TILL.call(client, "quote", payee="walnut-press.net")
        whys.append(stop.value.why)
        if stop.value.code == ErrorCode.DENIED:
            break
    with pytest.raises(ProtocolError) as untold:
        client.call(wallet_interface.Why(id=whys[-1]), quiet=True)
    assert untold.value.message == "the user would have to be asked"


def test_who_is_known_and_who_resembles_nobody_is_asked_about(wallet: TestWallet, client: Client) -> None:
    for payee in ("orchard-post.com", "orchard-post.com", "billing.orchard-post.com", "quarry.example"):
        meets(wallet, client, payee)


def test_what_the_user_knows_better_is_said_in_the_trusted_dialog_and_holds_for_that_pair_alone(
    wallet: TestWallet, client: Client
) -> None:
    meets(wallet, client, "copperkettle.com")
    trusts(wallet, client, "copperkettles.shop", "copperkettle.com")
    meets(wallet, client, "copperkettles.shop")
    trusts(wallet, client, "copper-kettle.com", "copperkettle.com")
    assert "copperkettles.shop" in explained(client, stopped(wallet, client, "copper-kettle.com"))


def test_the_user_takes_an_exception_back(wallet: TestWallet, client: Client) -> None:
    meets(wallet, client, "saltmarsh.coop")
    exception = trusts(wallet, client, "salt-marsh.coop", "saltmarsh.coop")
    assert refused(client, "salt-marsh.coop").code == ErrorCode.NOT_NOW
    wallet.user.approves(times=1, action_contains="have “salt-marsh.coop” stopped again")
    client.call(likeness.Distrust(exception=exception))
    stopped(wallet, client, "salt-marsh.coop")


def test_a_look_alike_stays_stopped_where_the_user_does_not_agree_to_trust_it(
    wallet: TestWallet, client: Client
) -> None:
    meets(wallet, client, "violet-press.com")
    wallet.user.refuses(times=1, action_contains="take “vio1et-press.com” for itself")
    with pytest.raises(ProtocolError) as error:
        client.call(likeness.Trust(name="vio1et-press.com", like="violet-press.com"))
    assert error.value.code == ErrorCode.REFUSED
    stopped(wallet, client, "vio1et-press.com")


def test_two_names_that_do_not_look_alike_are_no_exception(client: Client) -> None:
    with pytest.raises(ProtocolError) as error:
        client.call(likeness.Trust(name="quarry.example", like="orchard-post.com"))
    assert error.value.code == ErrorCode.INVALID_PARAMS


def test_whom_the_user_met_is_known_after_a_lock(wallet: TestWallet, client: Client) -> None:
    meets(wallet, client, "tidal-maps.org")
    trusts(wallet, client, "tida1-maps.org", "tidal-maps.org")  # is written after it
    wallet.lock()
    wallet.unlock()
    with wallet.connect() as again:
        stopped(wallet, again, "tidal-rnaps.org")
