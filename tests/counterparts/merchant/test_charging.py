"""Charges, receipts and refunds by the library, against a real acquirer and a real issuer."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

import msgspec
import pytest
from bench.acquirer import profile
from pyemv import tlv
from sqlalchemy import Engine
from tests.counterparts.merchant.device import ROOT, credential, identity, order, pays, sealed
from tests.counterparts.trade import SHOP, Cable, Trade

from etui.counterparts import issuer
from etui.counterparts.books import open_books
from etui.counterparts.identity import Identity
from etui.counterparts.lines import Line
from etui.counterparts.merchant import (
    AlreadyError,
    Merchant,
    Outcome,
    Result,
    UnfitError,
    UnknownError,
    ledger,
)
from etui.standards.payments import (
    Amount,
    ExpiredError,
    Kind,
    MalformedError,
    UntrustedError,
    digest_of,
    encrypt_credential,
    read_receipt,
    read_request,
    sign_receipt,
)

_CARD, _OPENING = 0, 1_000_000
_Answer = TypeVar("_Answer")


@contextlib.asynccontextmanager
async def opened(
    trade: Trade, books: Engine, who: Identity | None = None, *, port: int = 0, now_s: Callable[[], float] = time.time
) -> AsyncIterator[Merchant]:
    line = Line("127.0.0.1", port or trade.acquirer.port, answer_s=8)
    async with Merchant(who or identity(), books, line, now_s=now_s) as merchant:
        yield merchant


def play(trade: Trade, books: Engine, scene: Callable[[Merchant], Awaitable[_Answer]]) -> _Answer:
    """Plays it with a merchant, and compares all books at its end."""

    async def whole() -> _Answer:
        async with opened(trade, books) as merchant:
            return await scene(merchant)

    answer = asyncio.run(whole())
    agree(trade, books)
    return answer


def agree(trade: Trade, books: Engine) -> None:
    """Merchant, acquirer and issuer: to the cent."""
    trade.reconcile()
    numbers = {"EUR": "978", "JPY": "392", "KWD": "414"}
    ours = {numbers[currency]: minor for currency, minor in ledger.moved(books, SHOP.merchant).items() if minor}
    assert ours == {currency: minor for currency, minor in trade.owed().items() if minor}


def test_a_charge_is_paid_once_and_has_one_receipt(trade: Trade, books: Engine) -> None:
    async def scene(merchant: Merchant) -> None:
        token = await merchant.ask(order("o-1"))
        paid = pays(token, _CARD, 1)
        outcome = await merchant.charge(token, paid)
        assert (outcome.result, outcome.amount_minor, outcome.currency) == (Result.APPROVED, 1250, "EUR")
        assert await merchant.charge(token, paid) == outcome
        receipt = await merchant.receipt(outcome, tax=Amount("EUR", "0.81"))
        assert await merchant.receipt(outcome) == receipt
        signed = read_receipt(receipt)
        signed.check_merchant([ROOT.certificate], int(time.time()))
        assert (signed.receipt.request, signed.receipt.total) == (digest_of(token), Amount("EUR", "12.50"))
        assert (signed.receipt.paid_by, signed.receipt.approval) == ("0000", outcome.approval)
        assert (await merchant.order("o-1")).outcome == outcome

    play(trade, books, scene)
    assert trade.balance(_CARD) == _OPENING - 1250


def test_the_same_outcome_after_a_restart(trade: Trade, books: Engine) -> None:
    who = identity()

    async def once(given: tuple[str, str] | None) -> tuple[str, str, Outcome]:
        async with opened(trade, books, who) as merchant:
            token, paid = given or ("", "")
            if given is None:
                token = await merchant.ask(order("o-1"))
                paid = pays(token, _CARD, 1)
            return token, paid, await merchant.charge(token, paid)

    token, paid, first = asyncio.run(once(None))
    assert asyncio.run(once((token, paid)))[2] == first
    agree(trade, books)
    assert trade.balance(_CARD) == _OPENING - 1250


@pytest.mark.attack(144)
def test_many_charges_of_one_request_at_once_are_one(trade: Trade, books: Engine) -> None:
    async def scene(merchant: Merchant) -> None:
        token = await merchant.ask(order("o-1"))
        paid = pays(token, _CARD, 1)
        assert len(set(await asyncio.gather(*(merchant.charge(token, paid) for _ in range(20))))) == 1
        other = await merchant.ask(order("o-2"))
        tried = await asyncio.gather(
            *(merchant.charge(other, pays(other, _CARD, atc)) for atc in (2, 3, 4)), return_exceptions=True
        )
        assert sorted(type(one).__name__ for one in tried) == ["AlreadyError", "AlreadyError", "Outcome"]

    play(trade, books, scene)
    assert trade.balance(_CARD) == _OPENING - 2500


@pytest.mark.attack(144)
def test_a_credential_pays_its_own_request_alone(trade: Trade, books: Engine) -> None:
    async def scene(merchant: Merchant) -> None:
        first, second = await merchant.ask(order("o-1")), await merchant.ask(order("o-2"))
        used = pays(first, _CARD, 1)
        assert (await merchant.charge(first, used)).is_approved
        with pytest.raises(UntrustedError, match="another payment request"):
            await merchant.charge(second, used)
        told_otherwise = sealed(second, credential(first, _CARD, 1), request=digest_of(second))
        with pytest.raises(UnfitError, match="another payment"):
            await merchant.charge(second, told_otherwise)
        with pytest.raises(AlreadyError):
            await merchant.charge(first, pays(first, _CARD, 2))
        assert (await merchant.charge(second, pays(second, _CARD, 2))).is_approved

    play(trade, books, scene)
    assert trade.balance(_CARD) == _OPENING - 2500


@pytest.mark.attack(144)
def test_a_counter_that_was_used_is_declined(trade: Trade, books: Engine) -> None:
    async def scene(merchant: Merchant) -> None:
        first, second = await merchant.ask(order("o-1")), await merchant.ask(order("o-2"))
        assert (await merchant.charge(first, pays(first, _CARD, 5))).is_approved
        again = await merchant.charge(second, pays(second, _CARD, 5))
        assert (again.result, again.response_code) == (Result.DECLINED, "83")
        with pytest.raises(UnfitError):
            await merchant.receipt(again)

    play(trade, books, scene)


@pytest.mark.attack(144)
def test_an_altered_credential_pays_nothing(trade: Trade, books: Engine) -> None:
    async def scene(merchant: Merchant) -> None:
        token = await merchant.ask(order("o-1"))
        paid = pays(token, _CARD, 1)
        for bad in (paid[:-4] + "AAAA", "", "a.b.c.d.e", paid.replace(".", "..", 1), sealed_for_another(token)):
            with pytest.raises(MalformedError):
                await merchant.charge(token, bad)
        for changes in (
            {"t9F02": "000000000001"},
            {"t5F2A": "0840"},
            {"t9F37": "00000000"},
            {"t9C": "20"},
            {"t9F27": "00"},
            {"t9F27": "40"},
        ):
            with pytest.raises(UnfitError):
                await merchant.charge(token, pays(token, _CARD, 1, **changes))
        made = credential(token, _CARD, 1)
        for changed in ({"network": "other"}, {"emv": b""}, {"emv": b"\x9f"}, {"emv": made.emv[:-1]}):
            with pytest.raises(UnfitError):
                await merchant.charge(token, sealed(token, made, **changed))
        forged = tlv.encode(tlv.decode(made.emv) | {"9F26": bytes(8)})
        outcome = await merchant.charge(token, sealed(token, made, emv=forged))
        assert (outcome.result, outcome.response_code) == (Result.DECLINED, "82")

    play(trade, books, scene)
    assert trade.balance(_CARD) == _OPENING


def sealed_for_another(token: str) -> str:
    """A credential that is encrypted to another merchant."""
    return encrypt_credential(credential(token, _CARD, 1), identity().encryption)


def test_only_a_request_of_its_own_is_charged_while_it_holds(trade: Trade, books: Engine) -> None:
    shift = 0.0
    who = identity()

    async def whole() -> None:
        nonlocal shift
        async with opened(trade, books, who, now_s=lambda: time.time() + shift) as merchant:
            token = await merchant.ask(order("o-1"))
            paid = pays(token, _CARD, 1)
            with pytest.raises(UnknownError):
                await merchant.charge(token + "A", paid)
            with pytest.raises(UnknownError):
                await merchant.order("o-9")
            assert not (await merchant.order("o-1")).is_over
            shift = 700.0
            assert (await merchant.order("o-1")).is_over
            with pytest.raises(ExpiredError):
                await merchant.charge(token, paid)
            anew = await merchant.ask(order("o-1"))
            assert anew != token
            with pytest.raises(UnknownError):
                await merchant.charge(token, paid)

    asyncio.run(whole())
    assert trade.states() == []


def test_an_order_is_asked_for_once(trade: Trade, books: Engine) -> None:
    async def scene(merchant: Merchant) -> None:
        token = await merchant.ask(order("o-1"))
        assert await merchant.ask(order("o-1")) == token
        with pytest.raises(AlreadyError):
            await merchant.ask(order("o-1", "13.00"))
        await merchant.charge(token, pays(token, _CARD, 1))
        with pytest.raises(AlreadyError):
            await merchant.ask(order("o-1"))
        kept = await merchant.order("o-1")
        assert (kept.is_under_way, kept.is_over) == (False, False)

    play(trade, books, scene)


@pytest.mark.parametrize(
    ("value", "currency"),
    [
        ("0", "EUR"), ("-1.00", "EUR"), ("1.001", "EUR"), ("10000000000.00", "EUR"), ("1e3", "EUR"), ("1.5", "JPY"),
        ("1.0001", "KWD"), ("1.00", "XYZ"), ("NaN", "EUR"), ("1,00", "EUR"), ("", "EUR"),
    ],
)  # fmt: skip
def test_nobody_is_asked_for_what_is_no_amount(value: str, currency: str, tmp_path: object) -> None:
    async def whole() -> None:
        merchant = Merchant(identity(), open_books(f"sqlite:///{tmp_path}/m.db"), Line("127.0.0.1", 1))
        with pytest.raises(MalformedError):
            await merchant.ask(order("o-1", value, currency))

    asyncio.run(whole())


def test_currencies_with_none_and_three_decimals(trade: Trade, books: Engine) -> None:
    issuer.enrol(trade.issuer_engine, profile(20, currency="392"))
    issuer.enrol(trade.issuer_engine, profile(21, currency="414"))

    async def scene(merchant: Merchant) -> None:
        yen, dinar = await merchant.ask(order("o-1", "770", "JPY")), await merchant.ask(order("o-2", "3.255", "KWD"))
        first, second = await merchant.charge(yen, pays(yen, 20, 1)), await merchant.charge(dinar, pays(dinar, 21, 1))
        assert (first.amount_minor, second.amount_minor) == (770, 3255)
        receipts = [read_receipt(await merchant.receipt(each)).receipt.total for each in (first, second)]
        assert receipts == [Amount("JPY", "770"), Amount("KWD", "3.255")]
        back = await merchant.refund(await merchant.receipt(second), Amount("KWD", "0.005"), name="r")
        assert back.amount_minor == 5
        euros = await merchant.ask(order("o-3"))
        assert (await merchant.charge(euros, pays(euros, 20, 2))).response_code == "12"

    play(trade, books, scene)
    assert (trade.balance(20), trade.balance(21)) == (_OPENING - 770, _OPENING - 3250)


@pytest.mark.attack(144)
def test_no_more_is_given_back_than_was_paid(trade: Trade, books: Engine) -> None:
    async def scene(merchant: Merchant) -> None:
        token = await merchant.ask(order("o-1"))
        receipt = await merchant.receipt(await merchant.charge(token, pays(token, _CARD, 1)))
        some = await merchant.refund(receipt, Amount("EUR", "5.00"), name="a")
        assert (some.result, some.kind, some.amount_minor) == (Result.APPROVED, Kind.REFUND, 500)
        assert await merchant.refund(receipt, Amount("EUR", "5.00"), name="a") == some
        with pytest.raises(AlreadyError):
            await merchant.refund(receipt, Amount("EUR", "6.00"), name="a")
        for amount in (Amount("EUR", "7.51"), Amount("EUR", "0"), Amount("EUR", "-1"), Amount("USD", "1.00")):
            with pytest.raises(UnfitError):
                await merchant.refund(receipt, amount, name="b")
        refund = read_receipt(await merchant.receipt(some)).receipt
        assert (refund.kind, refund.of) == (Kind.REFUND, read_receipt(receipt).receipt.id)
        with pytest.raises(UnknownError):
            await merchant.refund(await merchant.receipt(some), Amount("EUR", "1.00"), name="c")
        tried = await asyncio.gather(
            *(merchant.refund(receipt, Amount("EUR", "7.50"), name=f"all-{number}") for number in range(4)),
            return_exceptions=True,
        )
        assert sorted(type(one).__name__ for one in tried) == ["Outcome", *["UnfitError"] * 3]

    play(trade, books, scene)
    assert trade.balance(_CARD) == _OPENING
    assert trade.owed() == {"978": 0}


def test_a_receipt_that_another_merchant_signed_gives_nothing_back(trade: Trade, books: Engine) -> None:
    other = identity()

    async def scene(merchant: Merchant) -> None:
        token = await merchant.ask(order("o-1"))
        outcome = await merchant.charge(token, pays(token, _CARD, 1))
        receipt = read_receipt(await merchant.receipt(outcome)).receipt
        forged = sign_receipt(msgspec.structs.replace(receipt, note="forged"), other.chain, other.sign)
        with pytest.raises(UnknownError):
            await merchant.refund(forged, Amount("EUR", "1.00"), name="a")

    play(trade, books, scene)


def test_what_nobody_answered_is_not_paid_and_is_undone(trade: Trade, books: Engine) -> None:
    cable = Cable(trade.acquirer.port)

    async def whole() -> None:
        line = Line("127.0.0.1", cable.port, answer_s=1)
        async with Merchant(identity(), books, line) as merchant:
            token = await merchant.ask(order("o-1"))
            paid = pays(token, _CARD, 1)
            cable.deafen()
            outcome = await merchant.charge(token, paid)
            assert outcome.result is Result.REVERSED
            cable.mend()
            while ledger.unsettled(books, SHOP.merchant, "WEB00001", int(time.time()), 1):  # noqa: ASYNC110  # no bell
                await asyncio.sleep(0.05)
            assert (await merchant.charge(token, paid)).result is Result.REVERSED

    asyncio.run(asyncio.wait_for(whole(), 60))
    cable.remove()
    agree(trade, books)
    assert trade.states() == ["reversed"]
    assert trade.balance(_CARD) == _OPENING


def test_a_request_names_the_merchant_and_its_box(trade: Trade, books: Engine) -> None:
    async def scene(merchant: Merchant) -> None:
        asked = read_request(await merchant.ask(order("o-1")), int(time.time()))
        asked.check_merchant([ROOT.certificate], int(time.time()))
        assert (asked.merchant.host, asked.merchant.number) == ("shop.etui.test", "SHOP-1")

    play(trade, books, scene)
