"""What a call under another one inherits: pure, over calls as the Router keeps them."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.interfaces import CompiledInterface, Seen, read_document
from etui.trusted.policy import Assurance
from etui.trusted.router.calls import ActiveCall
from etui.trusted.router.chain import altered, had_none, has_effect, is_covered, material_of, spend
from etui.trusted.router.references import Place
from etui.trusted.router.registry import Method

DOCUMENT = {
    "interface": "org.example.pay/1",
    "title": "Pay",
    "methods": {
        "pay": {
            "title": "Pay",
            "effect": "use",
            "params": {
                "payee": {"type": "text", "title": "To", "material": True},
                "amount": {"type": "integer", "title": "Amount", "material": True, "policy": "amount"},
                "currency": {"type": "text", "policy": "currency", "optional": True},
                "card": {"type": "reference", "title": "Card", "material": True, "policy": "item", "optional": True},
            },
        },
        "sweep": {"title": "Sweep", "effect": "use", "params": {"note": {"type": "text"}}},
    },
}
INTERFACE = CompiledInterface(read_document(msgspec.json.encode(DOCUMENT)))
PAY = Method(INTERFACE, INTERFACE.methods["pay"])
SWEEP = Method(INTERFACE, INTERFACE.methods["sweep"])
CARD = Place("0" * 32, "card-1")


def material(**fields: object) -> dict[str, bytes]:
    seen = Seen(references=(), policy={}, material={name: msgspec.json.encode(value) for name, value in fields.items()})
    return material_of(seen, {})


def parent(held: dict[str, bytes], *, consented: bool = True, given: Assurance = Assurance.CONSENT) -> ActiveCall:
    return ActiveCall(
        id="c1",
        connection=None,  # type: ignore[arg-type]
        client_id=1,
        caller=None,  # type: ignore[arg-type]  # nobody looks at it here
        method=PAY,
        provider=None,  # type: ignore[arg-type]
        chain=(),
        material=held,
        items={},
        deadline=0.0,
        quiet=False,
        consented=consented,
        given=given,
    )


@pytest.mark.parametrize(
    ("changed", "name"),
    [({"payee": "mallory"}, "payee"), ({"amount": 501}, "amount"), ({"amount": "500"}, "amount"), ({}, "")],
)
def test_a_field_that_differs_from_what_was_consented_to_is_named(changed: dict[str, object], name: str) -> None:
    fields: dict[str, object] = {"payee": "shop", "amount": 500, **changed}
    assert altered(parent(material(payee="shop", amount=500)), material(**fields)) == name


def test_a_field_that_is_null_is_as_one_that_is_absent() -> None:
    open_, named = (PAY.compiled.see(b'{"payee":' + payee + b',"amount":5}') for payee in (b"null", b'"shop"'))
    assert altered(parent(material_of(open_, {})), material_of(named, {})) == ""
    assert altered(parent(material_of(named, {})), material_of(open_, {})) == ""
    assert not is_covered(parent(material_of(open_, {})), PAY, named, material_of(named, {}))


def test_two_ways_to_write_the_same_text_are_the_same() -> None:
    escaped = Seen(references=(), policy={}, material={"payee": rb'"sh\u006fp"'})
    assert altered(parent(material(payee="shop")), material_of(escaped, {})) == ""


def test_an_item_is_the_same_by_whatever_reference_it_is_named() -> None:
    first = Seen(references=(), policy={}, material={"card": b'"r1.one"'})
    second = Seen(references=(), policy={}, material={"card": b'"r1.two"'})
    held = material_of(first, {"card": CARD})
    assert altered(parent(held), material_of(second, {"card": CARD})) == ""
    assert altered(parent(held), material_of(second, {"card": Place("0" * 32, "card-2")})) == "card"


def test_no_text_imitates_an_item() -> None:
    imitation = "\0" + "0" * 32 + "\0card-1"
    item = material_of(Seen(references=(), policy={}, material={"card": b'"r1.one"'}), {"card": CARD})
    assert altered(parent(item), material(card=imitation)) == "card"


def covered(held: dict[str, bytes], params: bytes, *, consented: bool = True, method: Method = PAY) -> bool:
    seen = method.compiled.see(params)
    return is_covered(parent(held, consented=consented), method, seen, material_of(seen, {}))


def test_a_call_is_covered_only_where_all_that_counts_in_it_was_consented_to() -> None:
    held = material(payee="shop", amount=500)
    assert covered(held, b'{"payee":"shop","amount":500}')
    assert not covered(held, b'{"payee":"shop","amount":500,"currency":"EUR"}')  # policy sees it, nobody consented
    assert not covered(held, b'{"payee":"shop","amount":500}', consented=False)
    assert not covered(material(payee="shop"), b'{"payee":"shop","amount":500}')


@pytest.mark.attack(163)
def test_what_may_be_spent_is_spent_once_by_each_method_and_what_costs_nothing_is_called_as_often_as_wanted() -> None:
    said = b'{"payee":"shop","amount":500}'
    seen = PAY.compiled.see(said)
    held = parent(material_of(seen, {}))
    assert is_covered(held, PAY, seen, material_of(seen, {}))
    assert [spend(held, PAY, seen.policy) for _ in range(2)] == [True, False]
    assert not is_covered(held, PAY, seen, material_of(seen, {}))
    assert [spend(held, SWEEP, {}) for _ in range(2)] == [True, True]


def test_a_call_in_which_nothing_is_material_is_never_covered() -> None:
    assert not covered(material(payee="shop"), b'{"note":"x"}', method=SWEEP)


def test_what_was_paid_under_a_call_is_taken_back_only_where_it_certainly_came_to_nothing() -> None:
    first = parent(material(payee="shop", amount=500))
    second = msgspec.structs.replace(parent({}), id="c2", under=first, effective=set())
    third = msgspec.structs.replace(parent({}), id="c3", under=second, effective=set())
    has_effect(second, {"payee": "shop"})
    assert not first.effective, "it is for no amount"
    for call in (second, third):
        has_effect(call, {"amount": 500})
    had_none(second)
    assert first.effective, "what was called under it may have had an effect"
    had_none(third)
    had_none(second)
    assert not first.effective


@given(
    st.dictionaries(st.sampled_from(["payee", "amount", "currency"]), st.integers(0, 9), min_size=1),
    st.dictionaries(st.sampled_from(["payee", "amount", "currency"]), st.integers(0, 9), min_size=1),
)
def test_nothing_passes_that_was_consented_to_with_another_value(held: dict[str, int], asked: dict[str, int]) -> None:
    name = altered(parent(material(**held)), material(**asked))
    different = [field for field in asked if field in held and held[field] != asked[field]]
    assert (name in different) if different else name == ""
