"""Whether a value is one of a field's type."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.interfaces.documents import parking, read, with_method

from etui.interfaces import fits

PLACE = {"fields": {"street": {"type": "text"}, "number": {"type": "integer", "optional": True}}}
NEST = {"fields": {"inner": {"type": "named", "name": "Nest", "optional": True}}}


def is_fit(field: dict[str, Any], value: object) -> bool:
    document = read(with_method({"title": "More", "effect": "use", "params": {"f": field}}))
    types = read(parking(types={"Place": PLACE, "Nest": NEST})).types
    # as it comes from the wire
    return fits(document.methods["more"].params["f"], json.loads(json.dumps(value)), types)


NAMED = {"type": "list", "of": {"type": "map", "of": {"type": "text", "max": 2}, "max": 1}, "max": 2}


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ({"type": "text", "max": 2}, ["", "ab"], ["abc", 1, None, ["a"], True]),
        ({"type": "integer", "min": 1, "max": 3}, [1, 3], [0, 4, 1.0, True, "1", None, 2**60]),
        ({"type": "time"}, [0, 1_700_000_000], ["now", 1.5, None]),
        ({"type": "boolean"}, [True, False], [1, 0, "true", None]),
        ({"type": "choice", "options": ["a", "b"]}, ["a"], ["c", 0, None]),
        ({"type": "bytes", "max": 2}, ["", "aGk="], ["aGlo", "a*", 1, None, [1]]),
        ({"type": "reference"}, ["r1.x"], ["", "x" * 513, 5, None]),
        (NAMED, [[], [{}], [{"a": "ab"}, {"b": ""}]], [{}, [1], [{"a": "abc"}], [{"a": "", "b": ""}], [{}, {}, {}]]),
        ({"type": "list", "of": {"type": "integer"}}, [[1, 2]], [[1, "2"], [None], "12", None]),
        ({"type": "map", "of": {"type": "integer"}}, [{"a": 1}], [{"a": None}, {"a": "1"}, [["a", 1]], None]),
    ],
)
def test_a_value_fits_its_field_or_not(field: dict[str, Any], good: list[object], bad: list[object]) -> None:
    assert [value for value in good if not is_fit(field, value)] == []
    assert [value for value in bad if is_fit(field, value)] == []


def test_a_record_fits_by_all_of_its_fields() -> None:
    params = {"p": {"type": "named", "name": "Place"}, "n": {"type": "named", "name": "Nest"}}
    method = {"title": "More", "effect": "use", "params": params}
    methods = {**parking()["methods"], "more": method}
    document = read(parking(types={"Place": PLACE, "Nest": NEST}, methods=methods))
    fields, types = document.methods["more"].params, document.types
    for place in ({"street": "a"}, {"street": "a", "number": None}, {"street": "a", "number": 1, "more": []}):
        assert fits(fields["p"], place, types)
    wrong: list[object] = [{}, {"street": None}, {"street": "a", "number": "1"}, [], "street", None]
    assert not any(fits(fields["p"], value, types) for value in wrong)
    assert fits(fields["n"], {"inner": {"inner": {"inner": None}}}, types)
    assert not fits(fields["n"], {"inner": {"inner": []}}, types)
