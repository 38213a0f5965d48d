"""What the Router sees of a request, and what it puts into a result."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.interfaces.documents import find, parking, read, with_method

from etui.interfaces import CompiledInterface, CompiledMethod, Item, Seen

PAY = CompiledInterface(read(parking())).methods["pay"]
SHOW = CompiledInterface(read(parking())).methods["show"]
FIND = CompiledInterface(read(parking())).methods["find"]
PAYMENT: dict[str, Any] = {"amount": 250, "currency": "EUR", "payee": "Ada & Söhne"}
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
ITEMS = st.builds(
    Item,
    item=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
    kind=st.from_regex(r"\A[a-z][a-z0-9_]{0,39}\Z"),
    label=TEXTS,
    group=TEXTS,
    attributes=st.dictionaries(TEXTS, TEXTS, max_size=3),
    created=st.integers(0, 2**40),
)


def seen(method: CompiledMethod, **params: object) -> Seen:
    return method.see(json.dumps(params).encode())


# what the Router sees


def test_policy_sees_marked_values_under_their_names_and_material_is_kept_as_it_came() -> None:
    params = b'{"amount":250,"notes":{"a":"b"},"payee": "Ada \\u0026 S\\u00f6hne","currency":"EUR"}'
    assert PAY.see(params) == Seen(
        references=(),
        policy={"amount": 250, "currency": "EUR", "payee": "Ada & Söhne"},
        material={"amount": b"250", "payee": b'"Ada \\u0026 S\\u00f6hne"'},
    )


def test_an_item_is_seen_as_a_reference_and_what_no_one_marked_is_not_seen() -> None:
    found = seen(SHOW, item="r-1", whatever=[1, {"item": "r-2"}])
    assert found == Seen(references=(("item", "r-1"),), policy={}, material={"item": b'"r-1"'})


def test_a_method_without_marks_is_not_read_at_all() -> None:
    assert FIND.see(b"no JSON") == Seen(references=(), policy={}, material={})


def test_what_is_optional_and_not_given_is_not_seen() -> None:
    method = compiled(
        {
            "a": {"type": "text", "title": "A", "policy": "a", "material": True, "optional": True},
            "b": {"type": "reference", "policy": "b", "optional": True},
        }
    )
    assert seen(method) == Seen(references=(), policy={}, material={})
    assert seen(method, a=None, b=None) == Seen(references=(), policy={}, material={})
    assert method.see(b'{ "a" : null , "b":null}') == Seen(references=(), policy={}, material={})


def compiled(params: dict[str, Any]) -> CompiledMethod:
    method = {"title": "More", "effect": "use", "params": params}
    return CompiledInterface(read(with_method(method))).methods["more"]


MARKED: dict[str, tuple[dict[str, Any], list[object], list[object]]] = {
    "text": ({"type": "text"}, ["", "x" * 65536], ["x" * 65537, 1, None, ["x"], True]),
    "short text": ({"type": "text", "max": 3}, ["abc", "äöü"], ["abcd"]),
    "integer": ({"type": "integer"}, [0, 2**53 - 1, -(2**53) + 1], [2**53, 1.5, "1", True, None, 10**30]),
    "bounded": ({"type": "integer", "min": 1, "max": 9}, [1, 9], [0, 10, -1]),
    "time": ({"type": "time"}, [0, 2_000_000_000], ["2030-01-01", 1.0]),
    "bounded time": ({"type": "time", "min": 5}, [5], [4]),
    "boolean": ({"type": "boolean"}, [True, False], [0, 1, "true", None]),
    "choice": (
        {"type": "choice", "options": ["GET", "a b", "x|y", "^$", "ä"]},
        ["GET", "a b", "x|y", "^$", "ä"],
        ["get", "GET\n", "x", "y", "", "GE", "GETT", 0, None],
    ),
}


@pytest.mark.parametrize(("field", "right", "wrong"), MARKED.values(), ids=MARKED)
def test_a_value_that_policy_sees_is_of_its_type_and_within_its_limits(
    field: dict[str, Any], right: list[object], wrong: list[object]
) -> None:
    method = compiled({"a": {**field, "policy": "mark"}})
    for value in right:
        assert seen(method, a=value).policy == {"mark": value}
    for value in wrong:
        with pytest.raises(msgspec.ValidationError):
            seen(method, a=value)
    with pytest.raises(msgspec.ValidationError):
        seen(method)


@pytest.mark.parametrize("reference", ["", "x" * 513, 1, None, ["r"]])
def test_a_reference_is_a_text_of_a_bounded_length(reference: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        seen(SHOW, item=reference)


@pytest.mark.parametrize("name", ["class", "from", "self", "mro", "keys", "int"])
def test_a_field_may_have_any_name_that_a_document_may_give(name: str) -> None:
    method = compiled({name: {"type": "text", "policy": name}})
    assert seen(method, **{name: "x"}).policy == {name: "x"}


@given(st.sampled_from([PAY, SHOW]), st.binary(max_size=100) | JSON.map(lambda value: json.dumps(value).encode()))
def test_whatever_bytes_params_are_nothing_but_a_decode_error_is_raised(method: CompiledMethod, params: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        method.see(params)


@given(st.dictionaries(st.sampled_from([*PAYMENT, "notes", "x"]), JSON))
def test_whatever_members_params_have_nothing_but_a_decode_error_is_raised(change: dict[str, object]) -> None:
    params = {**PAYMENT, **change}
    with suppress(msgspec.DecodeError):
        found = seen(PAY, **params)
        assert found.policy == {name: params[name] for name in PAYMENT}
        assert {name: json.loads(value) for name, value in found.material.items()} == {
            name: params[name] for name in ("amount", "payee")
        }


@pytest.mark.parametrize(
    "params",
    [
        b'{"amount":1,"currency":"EUR","payee":"\xff"}',
        b'{"amount":1,"currency":"EUR","payee":"x","notes":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    ],
)
def test_bytes_that_the_protocol_would_not_have_let_in_raise_a_decode_error_too(params: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        PAY.see(params)
    with pytest.raises(msgspec.DecodeError):
        FIND.read_items(params.replace(b'"payee"', b'"items"'))


# what the Router puts into a result

BOTH = CompiledInterface(
    read(
        with_method(
            find(
                result={
                    "first": {"type": "item", "optional": True},
                    "others": {"type": "list", "of": {"type": "item"}, "optional": True},
                    "count": {"type": "integer"},
                }
            )
        )
    )
).methods["more"]


@given(st.none() | ITEMS, st.none() | st.lists(ITEMS, max_size=5), st.data())
def test_items_are_read_in_order_and_written_in_place_of_those_that_were_read(
    first: Item | None, others: list[Item] | None, data: st.DataObject
) -> None:
    result: dict[str, object] = {"count": 7}
    if first is not None or data.draw(st.booleans()):
        result["first"] = first
    if others is not None or data.draw(st.booleans()):
        result["others"] = others
    members, items = BOTH.read_items(msgspec.json.encode(result))
    assert items == [*([first] if first else []), *(others or [])]
    changed = [data.draw(st.none() | ITEMS) for _ in items]
    written = msgspec.json.decode(BOTH.write_items(members, changed))
    expected = msgspec.to_builtins(result)
    rest = iter(changed)
    if first is not None:
        expected["first"] = msgspec.to_builtins(next(rest))
    if others is not None:
        expected["others"] = [msgspec.to_builtins(item) for item in rest if item is not None]
    assert written == expected


@given(st.binary(max_size=100) | JSON.map(lambda value: json.dumps(value).encode()))
def test_whatever_bytes_a_result_is_nothing_but_a_decode_error_is_raised(result: bytes) -> None:
    with suppress(msgspec.DecodeError):
        members, items = BOTH.read_items(result)
        assert items == []
        assert msgspec.json.decode(BOTH.write_items(members, [])) == msgspec.json.decode(result)


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"item": "", "kind": "permit"},
        {"item": "x" * 513, "kind": "permit"},
        {"item": "1", "kind": "Permit"},
        {"item": "1", "kind": "permit\n"},
        {"item": "1", "kind": ""},
        {"item": "1", "kind": "permit", "label": "x" * 1001},
        {"item": "1", "kind": "permit", "attributes": {"a": 1}},
        {"item": "1", "kind": "permit", "created": "today"},
        "1",
        [],
    ],
)
def test_what_is_no_item_is_not_taken_for_one(item: object) -> None:
    for result in ({"first": item}, {"others": [item]}, {"others": {"0": item}}):
        with pytest.raises(msgspec.DecodeError):
            BOTH.read_items(json.dumps(result).encode())


def test_a_result_without_items_has_none() -> None:
    assert SHOW.read_items(b'{"until":1,"value":"AAAA"}')[1] == []
    assert SHOW.item_fields == ()
