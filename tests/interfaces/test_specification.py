"""``docs/interfaces.md`` held against the code: every member, every limit, the example, and what may change."""

from __future__ import annotations

import json
import re
import sys
import types
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.interfaces.documents import FIELD_TYPES, parking, read, show, with_method, with_param, with_result

from etui.interfaces import (
    Callers,
    CompiledInterface,
    Document,
    Effect,
    Field,
    FieldType,
    InterfaceError,
    Kind,
    Method,
    Transfer,
    python_module,
    read_document,
    supplied,
)
from etui.interfaces.document import Event, RecordType
from etui.interfaces.pages import reference_page
from etui.interfaces.rules import MAX_DEPTH, MAX_DOCUMENT_BYTES, POLICY_OWN, POLICY_SHARED

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "interfaces.md").read_text(encoding="utf-8")
EXAMPLE = re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[0]


def section(number: int) -> str:
    """The text of a section."""
    found = re.search(rf"^## {number} .*?\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def table(number: int, which: int = 0) -> list[list[str]]:
    """The rows of a table of a section, without its heading; code without its backticks."""
    tables = re.findall(r"(?:^\|.*\n)+", section(number), re.MULTILINE)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in tables[which].splitlines()]
    return [[cell.strip("`") for cell in row] for row in rows[2:]]


# members


@pytest.mark.parametrize(
    ("number", "struct"),
    [(4, Document), (5, Kind), (6, RecordType), (7, Method), (8, Field), (13, Event)],
)
def test_the_page_has_every_member_and_what_stands_for_one_that_is_absent(
    number: int, struct: type[msgspec.Struct]
) -> None:
    told = {row[0]: row[1] for row in table(number)}
    fields = msgspec.structs.fields(struct)
    assert list(told) == [field.encode_name for field in fields]
    for field in fields:
        if field.required:
            assert told[field.encode_name] == "required"
        else:
            default = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
            expected = "absent" if default is None else msgspec.json.encode(default).decode()
            assert told[field.encode_name] == expected


@pytest.mark.parametrize(
    ("number", "which", "enum"), [(5, 1, Transfer), (8, 1, FieldType), (12, 0, Effect), (12, 1, Callers)]
)
def test_the_page_has_every_word_that_a_member_may_be(
    number: int, which: int, enum: type[Transfer | FieldType | Effect | Callers]
) -> None:
    assert sorted(row[0] for row in table(number, which)) == sorted(word.value for word in enum)


def accepted(document: dict[str, Any]) -> bool:
    try:
        read(document)
    except InterfaceError:
        return False
    return True


@pytest.mark.parametrize("row", table(8, 1), ids=lambda row: row[0])
def test_the_page_says_what_goes_with_each_type_and_where_it_stands(row: list[str]) -> None:
    kind, _, beside, places = row
    field = FIELD_TYPES[kind]
    values: dict[str, object] = {
        "max": 1,
        "min": 0,
        "options": ["a"],
        "of": {"type": "text"},
        "name": "Place",
        "kinds": ["permit"],
    }
    put = with_result if kind == "item" else with_param
    goes = {member for member, value in values.items() if accepted(put({**field, member: value}))}
    assert goes == set(re.findall(r"`?(max|min|options|of|name|kinds)`?(?=,|$| )", beside))
    stands = {
        "params": accepted(with_param(field)),
        "result": accepted(with_result(field)),
        "a list in the result": accepted(with_result({"type": "list", "of": field})),
        "types": accepted(parking(types={"Place": {"fields": {"x": field}}})),
    }
    told = list(stands) if places == "anywhere" else places.split(", ")
    assert [place for place, stand in stands.items() if stand] == told


def test_the_page_has_the_names_that_policy_has_for_itself_and_shares() -> None:
    own = section(9).split("These names are policy's own and refused:")[1].split("\n-")[0]
    assert set(re.findall(r"`(\w+)`", own)) == POLICY_OWN
    shared = section(9).split("These mean the same everywhere")[1].split("\n-")[0]
    assert set(re.findall(r"`(\w+)`\s+\(", shared)) == set(POLICY_SHARED)


def test_the_page_has_every_limit() -> None:
    told = {row[0].replace("`", ""): int(row[1]) for row in table(14)}
    schema = msgspec.json.schema(Document)["$defs"]
    document = schema["Document"]["properties"]
    method, field = schema["Method"]["properties"], schema["Field"]["properties"]
    assert told == {
        "bytes of a document": MAX_DOCUMENT_BYTES,
        "levels of nesting": MAX_DEPTH,
        "characters of an interface's name": _most(lambda n: parking(interface="a." * 2 + "a" * (n - 6) + "/1")),
        "characters of another name": _most(lambda n: parking(kinds=parking()["kinds"] | {"k" * n: {"title": "K"}})),
        "characters of a title or ask": schema["Kind"]["properties"]["title"]["maxLength"],
        "characters of a text": document["text"]["maxLength"],
        "methods, and entries of owner and of session": document["methods"]["maxProperties"],
        "kinds, types, and events": document["kinds"]["maxProperties"],
        "fields of params, of a result, of a type, of an event": method["params"]["maxProperties"],
        "options of a choice": field["options"]["maxItems"],
        "characters of an option, from 1": field["options"]["items"]["maxLength"],
        "kinds of a field": field["kinds"]["maxItems"],
    }
    assert document["owner"]["maxItems"] == document["session"]["maxItems"] == document["methods"]["maxProperties"]
    assert document["types"]["maxProperties"] == document["events"]["maxProperties"] == 100
    for fields in (
        schema["Event"]["properties"]["fields"],
        schema["RecordType"]["properties"]["fields"],
        method["result"],
    ):
        assert fields["maxProperties"] == method["params"]["maxProperties"]


def _most(document: Any) -> int:  # noqa: ANN401
    """The largest number for which a document is read."""
    return max(n for n in range(10, 200) if accepted(document(n)))


# the example


def test_the_example_is_an_interface_that_does_what_the_page_says() -> None:
    document = read_document(EXAMPLE.encode())
    interface = CompiledInterface(document)
    buying = interface.methods["buy"].see(b'{"zone":"4","plate":"M-AB 123","amount":250,"currency":"EUR"}')
    assert buying.policy == {"amount": 250, "currency": "EUR"}
    assert set(buying.material) == {"zone", "plate", "amount", "currency"}
    assert interface.methods["show"].see(b'{"permit":"r"}').references == (("permit", "r"),)
    assert [name for name, _ in interface.methods["find"].item_fields] == ["permits"]
    assert document.owner == ("show",)
    compile(python_module(document), "parking_1.py", "exec")
    assert "> NAME wants to buy a permit for {plate} in zone {zone}." in reference_page(document)


def test_the_page_names_every_interface_that_comes_with_etui_and_its_page() -> None:
    told = {row[0]: row[2] for row in table(18)}
    assert set(told) == set(supplied())
    for interface, link in told.items():
        name = interface.replace("/", "-")
        assert link == f"[{name}](interfaces/{name}.md)"


def test_every_link_of_the_page_leads_somewhere() -> None:
    headings = {
        path.name: {
            re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
            for heading in re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        }
        for path in DOCS.glob("*.md")
    }
    for path, anchor in re.findall(r"\]\(([^)#:]*)#?([^):]*)\)", PAGE):
        assert (DOCS / path).is_file() or not path
        assert not anchor or anchor in headings[path or "interfaces.md"]


# what may change in a version


def module_of(document: dict[str, Any]) -> types.ModuleType:
    module = types.ModuleType("generated_of_a_version")
    sys.modules[module.__name__] = module
    exec(compile(python_module(read(document)), "<generated>", "exec"), module.__dict__)
    return module


def test_programs_of_before_and_after_a_change_that_a_version_may_have_understand_each_other() -> None:
    before = with_method(show(params={"item": parking()["methods"]["show"]["params"]["item"]}))
    method = before["methods"]["more"]
    after = with_method(
        {
            **method,
            "title": "Another title",
            "ask": "show “{item}” again",
            "timeout_s": 60,
            "params": {**method["params"], "size": {"type": "integer", "optional": True}},
            "result": {**method["result"], "place": {"type": "named", "name": "Place", "optional": True}},
        }
    )
    old, new = module_of(before), module_of(after)
    for reader, request in ((old, new.More(item="r", size=5)), (new, old.More(item="r"))):
        assert msgspec.json.decode(msgspec.json.encode(request), type=reader.More).item == "r"
    result = {"until": 1, "value": b"x"}
    given = new.MoreResult(**result, place=new.Place(street="a"))
    for reader, answer in ((old, given), (new, old.MoreResult(**result))):
        assert msgspec.json.decode(msgspec.json.encode(answer), type=reader.MoreResult).until == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"type": "integer", "optional": True}, {"type": "integer"}),
        ({"type": "integer"}, {"type": "integer", "optional": True}),
        ({"type": "integer"}, {"type": "text"}),
        ({"type": "text", "max": 5}, {"type": "text", "max": 6}),
        ({"type": "choice", "options": ["a"]}, {"type": "choice", "options": ["a", "bbbbbb"]}),
    ],
)
def test_a_change_that_is_the_next_version_would_have_been_misunderstood(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    old, new = (
        module_of(with_method(show(params=show()["params"] | {"x": field}, result={}))) for field in (before, after)
    )
    values: list[dict[str, object]] = [{}, {"x": 1}, {"x": "a"}, {"x": "bbbbbb"}]

    def read_by(module: types.ModuleType) -> list[bool]:
        return [_reads(module.More, {"item": "r", **value}) for value in values]

    assert read_by(old) != read_by(new)


def _reads(kind: type[msgspec.Struct], value: dict[str, object]) -> bool:
    try:
        msgspec.json.decode(json.dumps(value).encode(), type=kind)
    except msgspec.ValidationError:
        return False
    return True
