"""What a search names: what the Client may use, what the user lets it have, and never a part that is taken for all."""

from __future__ import annotations

import pytest
from tests.trusted.router.programs import keeper

from etui.interfaces import secret_1 as secret
from etui.protocol import ErrorCode, ProtocolError
from etui.sdk import Client
from etui.testkit import TestWallet

_ASKED_AT_ONCE = 50


def found(client: Client) -> list[str]:
    """The labels of all that is found for mail, in order."""
    return sorted(item.label for item in client.call(secret.Find(attributes={"service": "mail"})).items)


@pytest.mark.attack(82)
@pytest.mark.parametrize("says", ["refuses", "dismisses"])
def test_a_no_to_what_is_anothers_keeps_nobody_from_its_own(wallet: TestWallet, says: str) -> None:
    keeper(wallet, "other.py", "mail", "1")
    getattr(wallet.user, says)()
    with wallet.connect() as client:
        client.call(secret.Create(kind="password", label="own", attributes={"service": "mail"}, value=b"mine"))
        assert found(client) == ["own"]
    assert len(wallet.user.asked()) == 1


@pytest.mark.parametrize(("says", "code"), [("refuses", ErrorCode.REFUSED), ("dismisses", ErrorCode.NOT_NOW)])
def test_a_no_to_all_that_is_there_is_never_an_empty_answer(wallet: TestWallet, says: str, code: ErrorCode) -> None:
    keeper(wallet, "other.py", "mail", "1")
    getattr(wallet.user, says)()
    with wallet.connect() as client, pytest.raises(ProtocolError) as caught:
        found(client)
    assert caught.value.code is code


def test_what_one_question_has_no_room_for_is_put_in_the_next(wallet: TestWallet) -> None:
    keeper(wallet, "other.py", "mail", str(2 * _ASKED_AT_ONCE + 1))
    wallet.user.approves()
    with wallet.connect() as client:
        assert len(found(client)) == 2 * _ASKED_AT_ONCE + 1
    leads = [f"{asked['heading']} {asked['lead']}" for asked in wallet.user.asked()]
    assert ["1 to 50 of 101" in leads[0], "51 to 100 of 101" in leads[1]] == [True, True]
    assert len(leads) == 3


def test_a_no_to_the_second_question_keeps_nothing_back_of_the_first_and_asks_no_more(wallet: TestWallet) -> None:
    keeper(wallet, "other.py", "mail", str(2 * _ASKED_AT_ONCE + 1))
    wallet.user.refuses()
    wallet.user.approves(times=1)
    with wallet.connect() as client:
        assert len(found(client)) == _ASKED_AT_ONCE
    assert len(wallet.user.asked()) == 2
