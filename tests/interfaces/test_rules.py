"""Reading a document: each rule has a document that breaks it, and hostile ones raise an InterfaceError and no more."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.interfaces.documents import (
    FIELD_TYPES,
    ITEM,
    find,
    give,
    named,
    parking,
    pay,
    read,
    show,
    with_method,
    with_param,
    with_result,
)

from etui.interfaces import CompiledInterface, InterfaceError, python_module, read_document, supplied
from etui.interfaces.document import Callers
from etui.interfaces.rules import MAX_DOCUMENT_BYTES, POLICY_OWN, POLICY_SHARED
from etui.trusted.policy import PolicyEngine
from etui.trusted.policy.schema import schema_of


def refusal(document: dict[str, Any]) -> str:
    with pytest.raises(InterfaceError) as caught:
        read(document)
    return str(caught.value)


def test_a_document_that_uses_every_member_is_read() -> None:
    assert _holds(json.loads(msgspec.json.encode(read(parking()))), parking())


def _holds(read_again: object, written: object) -> bool:
    """Whether all that was written is there again, beside what was left to its default."""
    if isinstance(written, dict) and isinstance(read_again, dict):
        return all(_holds(read_again[name], value) for name, value in written.items())
    return read_again == written


def test_every_refusal_names_the_interface_and_the_place() -> None:
    assert refusal(with_param({"type": "list"})) == (
        "org.example.parking/1: methods.pay.params.extra needs `of` exactly if it is a list or a map"
    )


# 1: the text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "not JSON"),
        (b"null", "Expected `object`"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b'{"title":"caf\xe9"}', "not JSON"),
        (b'{"title":"\\ud800"}', "not JSON"),
        (b'{"title":"a","title":"b"}', "'title' stands twice"),
        (json.dumps(parking()).replace('"max": 900', '"max": 900, "max": 901').encode(), "'max' stands twice"),
        (json.dumps(parking()).replace('"max": 900', '"max": 9007199254740992').encode(), "beyond 2^53-1"),
        (json.dumps(parking()).encode() + b" " * MAX_DOCUMENT_BYTES, "at most 262144 bytes"),
    ],
)
def test_the_text_is_json_that_every_reader_reads_alike(text: bytes, words: str) -> None:
    with pytest.raises(InterfaceError, match=words.replace("^", r"\^")):
        read_document(text)


# 2: names and members


@pytest.mark.parametrize(
    "name",
    [
        "secret/1",
        "secure_element/12",
        "org.example.parking/9999",
        "org.example-shop.car_park/1",
        "a." * 58 + "a/1",
    ],
)
def test_an_interface_is_one_word_or_in_reverse_dns_form(name: str) -> None:
    assert read(parking(interface=name)).interface == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "secret",
        "secret/0",
        "secret/01",
        "secret/10000",
        "secret/1\n",
        "secret/1.read",
        "Secret/1",
        "9secret/1",
        "example.parking/1",
        "org..parking/1",
        "org.example.9parking/1",
        "org.example.Parking/1",
        "org.example.parking",
        "org.exämple.parking/1",
        "../../etc/passwd/1",
        "a." * 59 + "a/1",
    ],
)
def test_what_names_no_interface_is_refused_with_how_one_is_written(name: str) -> None:
    assert "write it as `org.example.parking/1`" in refusal(parking(interface=name))


@pytest.mark.parametrize("name", ["", "Pay", "9pay", "pay-now", "pay.now", "päy", "pay\n", "_pay", "p" * 41, "pay "])
@pytest.mark.parametrize("member", ["kinds", "methods", "events"])
def test_a_name_is_a_lower_case_word(member: str, name: str) -> None:
    entry = parking()[member][{"kinds": "permit", "methods": "show", "events": "ended"}[member]]
    assert "regex" in refusal(parking(**{member: {**parking()[member], name: entry}}))


@pytest.mark.parametrize("name", ["", "place", "9Place", "Pla_ce", "Pläce", "Place\n", "P" * 41])
def test_a_type_is_named_in_words_that_begin_with_a_capital(name: str) -> None:
    assert "regex" in refusal(parking(types={**parking()["types"], name: {"fields": {}}}))


@pytest.mark.parametrize(
    "document",
    [
        parking(extends="secret/1"),
        with_method(show(retries=3)),
        with_param({"type": "text", "pattern": ".*"}),
        with_param({"type": "float"}),
        with_param({"title": "of no type"}),
        with_method({"title": "of no effect"}),
        with_method(show(effect="steal")),
        with_method(show(timeout_s=0)),
        with_method(show(timeout_s=601)),
        with_method(show(waits=1)),
        parking(callers="nobody"),
        with_method(show(callers="nobody")),
        parking(kinds={"permit": {"title": "Permit", "transfer": "sold"}}),
        parking(methods=None),
        {"interface": "secret/1", "title": "Without methods"},
    ],
)
def test_what_the_specification_does_not_know_is_refused(document: dict[str, Any]) -> None:
    assert refusal(document).startswith("not an interface document: ")


def test_a_method_narrows_who_may_call_an_interface_that_is_open_to_anyone_alone() -> None:
    narrowed = {"show": show(callers="doors")}
    assert read(parking(methods={**parking()["methods"], **narrowed})).callers_of("show") is Callers.DOORS
    for callers in ("extensions", "router"):
        assert "narrow" in refusal(parking(callers=callers, methods={**parking()["methods"], **narrowed}))


def test_what_is_asked_during_another_method_is_so_during_one_that_waits_and_is_asked_for() -> None:
    methods = parking()["methods"]
    waits = methods | {"show": show(waits=True), "look": show(during="show")}
    assert read(parking(methods=waits)).methods["look"].during == "show"
    for bad, words in (
        (methods | {"look": show(during="gone")}, "names the method 'gone', which is not there"),
        (methods | {"look": show(during="show")}, "does not wait for the user"),
        (waits | {"show": show(waits=True, effect="none")}, "is not asked for"),
    ):
        assert words in refusal(parking(methods=bad))
    assert "which is not there" in refusal(parking(events={"ended": {"title": "It ended", "during": "gone"}}))


def test_a_method_that_gives_a_right_has_its_terms_and_is_held_to_what_the_right_is_to() -> None:
    assert read(with_method(give())).methods["more"].gives == "pay"
    params, result = give()["params"], give()["result"]

    def without(fields: dict[str, Any], name: str) -> dict[str, Any]:
        return {other: field for other, field in fields.items() if other != name}

    goes_with = "goes with `prepare`, `waits` and the effect `change`"
    not_about = "is not about the same scope, item, amount and currency"
    for bad, words in (
        (give(prepare=False), goes_with),
        (give(waits=False), goes_with),
        (give(effect="use"), goes_with),
        (give(gives="gone"), "names 'gone', which is no method that anyone may call"),
        (give(gives="more"), "names 'more', which is no method that anyone may call"),
        (give(gives="show"), not_about),
        (give(params=without(params, "payee")), not_about),
        (give(params={**params, "payee": {**params["payee"], "scope": False}}), not_about),
        (give(params={**params, "amount": {"type": "integer"}}), not_about),
        (give(params={**params, "permit": ITEM}), not_about),
        (give(params={**params, "period_s": {"type": "integer", "optional": True}}), "period_s is optional"),
        *((give(params=without(params, term)), f"params has no {term!r}") for term in ("each", "period_s", "until")),
        *((give(result=without(result, term)), f"result has no {term!r}") for term in result),
    ):
        assert words in refusal(with_method(bad)), words


@pytest.mark.parametrize("title", ["", " ", "two\nlines", "bell\x07", "a\x85b", "a\u2028b", "x" * 121])
def test_a_title_is_one_line_that_says_something(title: str) -> None:
    for document in (
        parking(title=title),
        with_method(show(ask=title)),
        with_param({"type": "text", "title": title}),
        parking(kinds={"permit": {"title": title}}),
        parking(events={"ended": {"title": title}}),
    ):
        assert "$." in refusal(document)


# 3: where types stand


@pytest.mark.parametrize("kind", FIELD_TYPES)
def test_each_type_stands_where_the_router_looks_for_it(kind: str) -> None:
    field = FIELD_TYPES[kind]
    stands = {
        "params": kind != "item",
        "result": kind != "reference",
        "a list in the result": kind not in {"sealed", "reference"},
        "within": kind not in {"sealed", "reference", "item"},
    }
    cases = {
        "params": [with_param(field)],
        "result": [with_result(field)],
        "a list in the result": [with_result({"type": "list", "of": field})],
        "within": [
            with_param({"type": "list", "of": field}),
            with_param({"type": "map", "of": field}),
            with_result({"type": "map", "of": field}),
            with_result({"type": "list", "of": {"type": "list", "of": field}}),
            parking(types={"Place": {"fields": {"extra": field}}}),
            parking(events={"ended": {"title": "It ended", "fields": {"extra": field}}}),
        ],
    }
    for place, documents in cases.items():
        for document in documents:
            if stands[place]:
                read(document)
            else:
                assert f"is {kind}, which does not stand in" in refusal(document).replace("stand within", "stand in")


# 4: what is named is there


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (with_param(named("Nowhere")), "names the type 'Nowhere', which is not there"),
        (with_param({"type": "list", "of": named("Nowhere")}), "extra.of names the type 'Nowhere'"),
        (parking(types={"Place": {"fields": {"a": named("Other")}}}), "types.Place.a names the type 'Other'"),
        (with_param({"type": "reference", "kinds": ["ticket"]}), "names the kind 'ticket', which is not there"),
        (with_result({"type": "list", "of": {"type": "item", "kinds": ["ticket"]}}), "names the kind 'ticket'"),
        (with_method(find(decide="read")), "methods.more.decide names the method 'read', which is not there"),
        (parking(owner=["read"]), "owner names the method 'read', which is not there"),
        (parking(session=["show", "read"]), "session names the method 'read', which is not there"),
    ],
)
def test_what_is_named_is_there(document: dict[str, Any], words: str) -> None:
    assert words in refusal(document)


# 5: members that go with a type


@pytest.mark.parametrize("kind", FIELD_TYPES)
def test_each_member_goes_with_its_types(kind: str) -> None:
    field = FIELD_TYPES[kind]
    members: dict[str, tuple[object, set[str]]] = {
        "of": ({"type": "text"}, {"list", "map"}),
        "name": ("Place", {"named"}),
        "options": (["a"], {"choice"}),
        "kinds": (["permit"], {"reference", "item"}),
        "max": (1, {"text", "bytes", "list", "map", "integer", "time"}),
        "min": (1, {"integer", "time"}),
    }
    put = with_result if kind == "item" else with_param
    for member, (value, kinds) in members.items():
        document = put({**field, member: value})
        if kind in kinds:
            read(document)
            if member in field:
                assert f"needs `{member}` exactly" in refusal(put({k: v for k, v in field.items() if k != member}))
        else:
            assert f"`{member}`" in refusal(document)


@pytest.mark.parametrize("field", [{"type": "choice", "options": []}, {"type": "choice", "options": ["a", "b", "a"]}])
def test_a_choice_has_options_each_once(field: dict[str, Any]) -> None:
    assert "option" in refusal(with_param(field))


@pytest.mark.parametrize(
    "field",
    [
        {"type": "integer", "min": 5, "max": 4},
        {"type": "time", "min": 0, "max": -1},
        {"type": "text", "max": -1},
        {"type": "bytes", "max": -1},
        {"type": "list", "of": {"type": "text"}, "max": -1},
    ],
)
def test_no_field_is_given_limits_that_nothing_keeps(field: dict[str, Any]) -> None:
    assert "has a `max` below" in refusal(with_param(field))
    read(with_param({**field, "max": field.get("min", 0)}))


# 6, 7 and 8: marks


@pytest.mark.parametrize("mark", [{"material": True}, {"policy": "x"}, {"policy": "x", "scope": True}])
def test_a_mark_stands_where_the_router_looks_for_it(mark: dict[str, Any]) -> None:
    field = {"type": "text", "title": "X", **mark}
    read(with_method(show(params={"item": ITEM, "x": field})))
    for document in (
        with_result(field),
        with_param({"type": "list", "of": field}),
        parking(types={"Place": {"fields": {"x": field}}}),
        parking(events={"ended": {"title": "It ended", "fields": {"x": field}}}),
    ):
        assert "has a mark for the Router" in refusal(document)


@pytest.mark.parametrize(
    "field",
    [{"type": "text"}, {"type": "sealed", "title": "Code"}, {"type": "bytes", "title": "Bytes"}],
)
def test_what_is_material_is_shown(field: dict[str, Any]) -> None:
    read(with_param(field))
    assert "is material" in refusal(with_param({**field, "material": True}))


@pytest.mark.parametrize("kind", ["bytes", "sealed", "list", "map", "named"])
def test_policy_sees_plain_values_alone(kind: str) -> None:
    assert f"policy, which sees no {kind}" in refusal(with_param({**FIELD_TYPES[kind], "policy": "x"}))


def test_policy_sees_each_name_once_in_a_method() -> None:
    assert "extra is seen by policy as 'payee', and so is another field" in refusal(
        with_param({"type": "text", "policy": "payee"})
    )


@pytest.mark.parametrize("name", sorted(POLICY_OWN))
def test_policy_sees_nothing_under_a_name_of_its_own(name: str) -> None:
    assert "something of its own" in refusal(with_param({"type": "text", "policy": name}))


@pytest.mark.parametrize(("name", "kind"), [("amount", "text"), ("currency", "integer"), ("host", "boolean")])
def test_a_name_that_grants_rely_on_has_its_type_everywhere(name: str, kind: str) -> None:
    method = show(params={"item": ITEM, "x": {**FIELD_TYPES[kind], "policy": name}})
    assert f"as '{name}', which is no {kind} anywhere" in refusal(with_method(method))


def test_the_names_of_policy_are_those_that_policy_knows() -> None:
    schema = schema_of([CompiledInterface(read(parking()))])
    attributes = schema[""]["actions"]["org.example.parking/1.show"]["appliesTo"]["context"]["attributes"]
    assert set(attributes) == POLICY_OWN
    for name, types in POLICY_SHARED.items():
        for kind in types:
            field = {**FIELD_TYPES[kind.value], "policy": name}
            marked = CompiledInterface(read(with_method(show(params={"item": ITEM, "x": field}))))
            PolicyEngine([*supplied().values(), marked])


def test_policy_decides_about_one_item() -> None:
    two = {"item": ITEM, "other": {**ITEM, "policy": "other"}}
    assert "policy, which decides about one item" in refusal(with_method(show(params=two)))


@pytest.mark.parametrize("field", [{"type": "text"}, {"type": "integer", "policy": "x"}, {"type": "boolean"}])
def test_a_scope_is_a_text_that_policy_sees(field: dict[str, Any]) -> None:
    assert "is a scope, so it is a text" in refusal(with_param({**field, "scope": True}))


def test_a_method_has_one_scope() -> None:
    assert "has more than one scope" in refusal(with_param({"type": "text", "policy": "x", "scope": True}))


MONEY = {"type": "integer", "money": "coin"}
LISTED = {"type": "list", "of": MONEY}
LINES = {"type": "list", "of": named("Line")}
COINS = [{"coin": {"type": "text"}}, {"coin": {"type": "choice", "options": ["EUR"]}}]


@pytest.mark.parametrize("coin", COINS, ids=["text", "choice"])
@pytest.mark.parametrize("place", ["beside", "params", "of a list", "what holds it", "its type"])
def test_the_currency_of_money_stands_around_it(place: str, coin: dict[str, Any]) -> None:
    def document(coin: dict[str, Any]) -> dict[str, Any]:
        own = parking()
        line = {"price": MONEY, "next": named("Line", optional=True), **(coin if place == "its type" else {})}
        method = {
            "beside": show(result={"price": MONEY, **coin}),
            "params": show(result={"price": MONEY}, params={"item": ITEM, **coin}),
            "of a list": show(result={"price": LISTED, **coin}),
            "what holds it": show(result={"price": LINES, **coin}),
            "its type": show(result={"price": LINES}),
        }[place]
        return {**own, "methods": own["methods"] | {"show": method}, "types": own["types"] | {"Line": {"fields": line}}}

    read(document(coin))
    assert "methods.show.result.price" in refusal(document({}))
    assert "is money in 'coin'" in refusal(document({}))


def test_money_is_an_integer_and_its_currency_a_text() -> None:
    assert "which is an integer, and this is text" in refusal(with_result({"type": "text", "money": "coin"}))
    own = parking()
    wrong = show(result={"price": MONEY, "coin": {"type": "integer"}})
    assert "no such text" in refusal({**own, "methods": own["methods"] | {"show": wrong}})


def test_who_is_named_as_a_party_is_a_text_that_the_user_sees() -> None:
    party = {"type": "text", "title": "To", "party": True}
    read(with_param(party))
    for field in ({**party, "title": None}, {"type": "integer", "title": "To", "party": True}):
        assert "names a party, so it is a text with a title" in refusal(with_param(field))
    assert "has a mark for the Router" in refusal(with_result(party))


def test_what_is_observed_has_a_title_and_decides_nothing() -> None:
    observed = {"type": "text", "title": "Known as", "observed": True}
    read(with_param(observed))
    for field in ({**observed, "title": None}, {**observed, "policy": "x"}, {**READ, "observed": True}):
        assert "is observed, so it has a title" in refusal(with_param(field))
    assert "has a mark for the Router" in refusal(with_result(observed))


READ = {"type": "text", "title": "Text", "material": True, "read": True}


def test_what_is_read_is_a_material_text_that_is_always_there_and_not_for_policy() -> None:
    read(with_param(READ))
    for field in (
        {**READ, "type": "boolean"},
        {**READ, "material": False},
        {**READ, "policy": "x"},
        {**READ, "optional": True},
    ):
        assert "is read, so it is a text" in refusal(with_param(field))
    assert "has a mark for the Router" in refusal(with_result({"type": "text", "read": True}))


def test_a_method_has_one_text_that_is_read_and_not_in_its_sentence() -> None:
    two = show(params={"item": ITEM, "x": READ, "y": READ})
    assert "has more than one text that is read" in refusal(with_method(two))
    asked = show(ask="sign {x}", params={"item": ITEM, "x": READ})
    assert "names {x}, which is shown whole" in refusal(with_method(asked))


# 9: the sentence


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        ("pay {price}", "names {price}, which is no field of params"),
        ("pay {permit}", "names {permit}, which is no field of params"),
        ("pay with {code}", "names {code}, which is sealed and cannot be shown"),
        ("pay {Amount}", "has a brace that is not around the name of a field"),
        ("pay { amount }", "has a brace"),
        ("pay {amount", "has a brace"),
        ("pay {{amount}}", "has a brace"),
        ("pay {}", "has a brace"),
        ("pay {amount!r}", "has a brace"),
        ("pay {amount.__class__}", "has a brace"),
    ],
)
def test_the_sentence_names_fields_that_can_be_shown(ask: str, words: str) -> None:
    assert f"methods.pay.ask {words}" in refusal(parking(methods={"pay": pay(ask=ask), "show": show()}))


# 10: items


@pytest.mark.parametrize("member", [{"creates": True}, {"decide": "show"}])
@pytest.mark.parametrize("result", [{}, {"count": {"type": "integer"}}, {"names": FIELD_TYPES["list"]}])
def test_a_method_that_tells_of_items_has_one_in_its_result(member: dict[str, Any], result: dict[str, Any]) -> None:
    assert "there is none in its result" in refusal(with_method(show(result=result, **member)))


@pytest.mark.parametrize("params", [{}, {"item": {"type": "reference"}}, {"item": {"type": "text", "policy": "item"}}])
def test_a_method_that_decides_or_is_the_owners_takes_the_item_that_policy_decides_about(
    params: dict[str, Any],
) -> None:
    methods = {**parking()["methods"], "more": show(params=params, ask="show it")}
    for document in (
        parking(methods={**methods, "find": find(decide="more")}),
        parking(methods=methods, owner=["more"]),
        parking(methods=methods, session=["more"]),
    ):
        assert "names the method 'more', which takes no item" in refusal(document)


# hostile documents


def test_types_that_hold_each_other_in_a_circle_are_read_and_used_in_finite_time() -> None:
    types = {
        "Place": {"fields": {"next": named("Other")}},
        "Other": {"fields": {"next": named("Place"), "all": {"type": "list", "of": named("Other")}}},
    }
    document = read(parking(types=types))
    CompiledInterface(document)
    assert "class Other(" in python_module(document)


@pytest.mark.parametrize("depth", [20, 40, 1000, 15_000])
def test_a_list_of_lists_of_lists_is_read_or_refused(depth: int) -> None:
    field = '{"type":"list","of":' * depth + '{"type":"text"}' + "}" * depth
    text = '{"interface":"a/1","title":"a","methods":{"a":{"title":"a","effect":"none","params":{"a":' + field + "}}}}"
    if depth > 20:
        with pytest.raises(InterfaceError, match=r"deeper|at most"):
            read_document(text.encode())
    else:
        read_document(text.encode())


def test_ten_thousand_methods_are_refused() -> None:
    methods = ",".join(f'"m{i}":{{"title":"a","effect":"none"}}' for i in range(10_000))
    with pytest.raises(InterfaceError):
        read_document(f'{{"interface":"a/1","title":"a","methods":{{{methods}}}}}'.encode())


@pytest.mark.parametrize(
    "document",
    [
        parking(methods={f"m{i}": show() for i in range(201)}, owner=[], session=[]),
        parking(kinds={f"k{i}": {"title": "K"} for i in range(101)}),
        parking(types={f"T{i}": {"fields": {}} for i in range(101)}),
        parking(events={f"e{i}": {"title": "E"} for i in range(101)}),
        parking(owner=["show"] * 201),
        parking(session=["show"] * 201),
        with_param({"type": "reference", "kinds": ["permit"] * 101}),
        parking(text="x" * 2001),
        with_method(show(params={f"p{i}": {"type": "text"} for i in range(101)})),
        with_param({"type": "choice", "options": [str(i) for i in range(201)]}),
        with_param({"type": "choice", "options": ["x" * 81]}),
        with_param({"type": "choice", "options": [""]}),
    ],
)
def test_a_document_has_no_more_of_anything_than_a_person_would_read(document: dict[str, Any]) -> None:
    assert "length" in refusal(document)


@given(st.binary(max_size=200))
def test_any_bytes_raise_an_interface_error_and_nothing_else(text: bytes) -> None:
    with pytest.raises(InterfaceError):
        read_document(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["text", "show", "Place", "{item}", "x", "none"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "of", "a", "A"]), inner),
    max_leaves=6,
)


@given(st.data())
def test_a_document_that_is_changed_anywhere_is_read_or_raises_an_interface_error(data: st.DataObject) -> None:
    document: Any = json.loads(json.dumps(parking()))
    for _ in range(data.draw(st.integers(1, 3))):
        place: Any = document
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = data.draw(st.sampled_from(keys))
            if not isinstance(place[key], (dict, list)) or not place[key] or data.draw(st.booleans()):
                break
            place = place[key]
        if data.draw(st.booleans()):
            place[key] = data.draw(JSON)
        elif isinstance(place, dict) and len(place) > 1:
            del place[key]
    with suppress(InterfaceError):
        accepted = read(document)
        CompiledInterface(accepted)


def test_the_documents_that_come_with_etui_keep_every_rule() -> None:
    assert set(supplied()) >= {"secret/1", "storage/1", "wallet/1", "dialog/1", "egress/1", "extension/1"}
