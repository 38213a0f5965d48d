"""What a later document of the same version may change, and what it may not."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from tests.interfaces.documents import ITEM, give, parking, pay, read

from etui.interfaces import broken_promise

Change = Callable[[dict[str, Any]], object]


def _after(change: Change) -> str:
    later = copy.deepcopy(parking())
    change(later)
    return broken_promise(read(parking()), read(later))


def _method(name: str, **members: Any) -> Change:  # noqa: ANN401
    return lambda document: document["methods"][name].update(members)


def _param(name: str, **members: Any) -> Change:  # noqa: ANN401
    return lambda document: document["methods"]["pay"]["params"].setdefault(name, {}).update(members)


@pytest.mark.parametrize(
    "change",
    [
        dict,
        lambda document: document.update(title="Parking places", text="Other words."),
        _method("pay", title="Spend", ask="hand {payee} {amount}", text="Words."),
        _method("pay", timeout_s=61),
        _param("amount", title="How much", text="In cents."),
        lambda document: document["methods"]["pay"]["params"]["notes"]["of"].update(text="Words."),
        _param("extra", type="text", optional=True),
        lambda document: document["methods"].update(more={"title": "More", "effect": "none"}),
        lambda document: document["kinds"].update(ticket={"title": "Ticket"}),
        lambda document: document["events"].update(begun={"title": "It began"}),
        lambda document: document["types"].update(Other={"fields": {"a": {"type": "text"}}}),
        lambda document: document.update(owner=[]),
        lambda document: document.update(session=[]),
    ],
)
def test_words_may_change_more_may_come_and_less_may_be_given_away(change: Change) -> None:
    assert not _after(change)


def test_what_a_method_gives_a_right_to_stays_so() -> None:
    methods = {**parking()["methods"], "buy": pay()}
    earlier, later = (read(parking(methods={**methods, "give": give(gives=name)})) for name in ("pay", "buy"))
    assert not broken_promise(earlier, earlier)
    assert "methods.give.gives" in broken_promise(earlier, later)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda document: document.update(callers="extensions"), "callers"),
        (lambda document: document.update(owner=["show", "show"]), ""),
        (lambda document: document["methods"].update(peek=document["methods"]["show"]), ""),
        (
            lambda document: (
                document["methods"].update(peek=document["methods"]["show"]),
                document.update(owner=["show", "peek"]),
            ),
            "owner names peek",
        ),
        (
            lambda document: (
                document["methods"].update(peek=document["methods"]["show"]),
                document.update(session=["show", "peek"]),
            ),
            "session names peek",
        ),
        (lambda document: document["kinds"]["permit"].update(transfer="copyable"), "kinds.permit.transfer"),
        (lambda document: document["types"]["Place"]["fields"]["street"].update(max=9), "types.Place.street"),
        (
            lambda document: document["types"]["Place"]["fields"].update(more={"type": "text"}),
            "types.Place.more is new",
        ),
        (_method("show", effect="none"), "methods.show.effect"),
        (_method("show", callers="doors"), "methods.show.callers"),
        (_method("show", during="pay"), "methods.show.during"),
        (_method("pay", prepare=False), "methods.pay.prepare"),
        (_method("show", own=True), "methods.show.own"),
        (_method("pay", creates=False), "methods.pay.creates"),
        (lambda document: document["methods"]["find"].pop("decide"), "methods.find.decide"),
        (_method("pay", waits=False), "methods.pay.waits"),
        (_method("pay", timeout_s=59), "methods.pay.timeout_s"),
        (_param("amount", material=False), "methods.pay.params.amount"),
        (_param("amount", max=901), "methods.pay.params.amount"),
        (_param("currency", options=["EUR", "SEK", "USD"]), "methods.pay.params.currency"),
        (_param("payee", scope=False), "methods.pay.params.payee"),
        (_param("notes", optional=False), "methods.pay.params.notes"),
        (lambda document: document["methods"]["pay"]["params"]["notes"]["of"].update(max=10), "params.notes"),
        (_param("extra", type="text"), "params.extra is new and not optional"),
        (_param("extra", **ITEM, optional=True), "params.extra is new, and policy"),
        (lambda document: document["methods"]["pay"]["params"].pop("code"), "params.code is gone"),
        (lambda document: document["methods"]["pay"]["result"].pop("receipt"), "result.receipt is gone"),
        (lambda document: document["methods"].pop("find"), "methods.find is gone"),
        (lambda document: document["events"].pop("ended"), "events.ended is gone"),
        (lambda document: document["events"]["ended"]["fields"]["at"].update(type="integer"), "events.ended.at"),
        (lambda document: document["events"]["ended"].update(decide="show"), "events.ended.decide"),
    ],
)
def test_what_was_relied_on_or_consented_to_stays(change: Change, where: str) -> None:
    assert where in _after(change)
    assert bool(_after(change)) == bool(where)


@pytest.mark.parametrize(
    ("group", "part"),
    [
        ("kinds", {"other": {"title": "Other"}}),
        ("types", {"Other": {"fields": {"a": {"type": "text"}}}}),
    ],
)
def test_a_kind_or_a_type_stays(group: str, part: dict[str, Any]) -> None:
    later = parking()
    earlier = parking(**{group: {**later[group], **part}})
    assert broken_promise(read(earlier), read(later)).endswith("is gone")
