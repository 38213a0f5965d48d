"""What JSON leaves open and the protocol does not."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.protocol.json_texts import OBJECTS, VALUES, depth_of, nested, written

from etui.protocol import ErrorCode, ProtocolError, check_strict
from etui.protocol.limits import MAX_INTEGER
from etui.protocol.strict import _depth

DEEP = 64


def refusal(text: bytes, max_depth: int = DEEP) -> ProtocolError:
    with pytest.raises(ProtocolError) as caught:
        check_strict(text, max_depth)
    return caught.value


@given(written(VALUES))
def test_json_passes_however_it_is_written(case: tuple[Any, bytes]) -> None:
    check_strict(case[1], DEEP)


@given(st.binary(max_size=60) | st.text('[]{}",:\\u0e1-. \tn', max_size=60).map(str.encode))
def test_any_bytes_pass_or_are_refused_and_what_passes_two_readers_read_alike(text: bytes) -> None:
    with suppress(ProtocolError):
        check_strict(text, DEEP)
        assert json.loads(text) == msgspec.json.decode(text)


@given(OBJECTS.filter(bool), st.data())
def test_a_key_that_stands_twice_is_refused_at_any_depth(members: dict[str, Any], data: st.DataObject) -> None:
    pairs = [(json.dumps(key, ensure_ascii=data.draw(st.booleans())), value) for key, value in members.items()]
    key = data.draw(st.sampled_from(list(members)))
    escaped = '"' + "".join(f"\\u{unit:04x}" for unit in _utf16(key)) + '"'
    again = data.draw(st.sampled_from([json.dumps(key), escaped]))
    pairs.insert(data.draw(st.integers(0, len(pairs))), (again, data.draw(VALUES)))
    twice = "{" + ",".join(f"{name}:{json.dumps(value)}" for name, value in pairs) + "}"
    kinds = data.draw(st.lists(st.booleans(), min_size=1))
    error = refusal(nested(data.draw(st.integers(0, 20)), kinds, twice.encode()))
    assert error.code is ErrorCode.INVALID_REQUEST
    assert repr(key[:80]) in error.message


@given(st.lists(st.booleans(), min_size=1), st.integers(1, 40))
def test_a_text_may_nest_to_the_limit_and_no_deeper(kinds: list[bool], limit: int) -> None:
    check_strict(nested(limit, kinds, b'"x"'), limit)
    assert refusal(nested(limit + 1, kinds, b'"x"'), limit).code is ErrorCode.INVALID_REQUEST


@given(written(VALUES))
def test_depth_is_counted_by_brackets_outside_of_strings(case: tuple[Any, bytes]) -> None:
    value, text = case
    assert _depth(text) == depth_of(value)


@pytest.mark.parametrize(
    ("value", "depth"),
    [
        (["[[["], 1),
        (['"[[["'], 1),
        (["\\", "[[["], 1),
        (["\\\\", {"]]]": ["{{{"]}], 3),
        (['\\"', "[[["], 1),
        (['\\\\"', ["\\"], "[[["], 2),
    ],
)
def test_quotes_and_backslashes_do_not_lead_the_count_astray(value: object, depth: int) -> None:
    assert _depth(msgspec.json.encode(value)) == depth


def test_a_text_that_no_parser_could_hold_is_nested_too_deep() -> None:
    assert refusal(b"[" * 500_000 + b"]" * 500_000).code is ErrorCode.INVALID_REQUEST


BEYOND_THE_LIMIT = st.integers(min_value=MAX_INTEGER + 1) | st.integers(max_value=-MAX_INTEGER - 1)


@given(BEYOND_THE_LIMIT, st.lists(st.booleans(), min_size=1))
def test_an_integer_that_some_reader_rounds_is_refused_at_any_depth(number: int, kinds: list[bool]) -> None:
    error = refusal(nested(len(kinds), kinds, b"%d" % number))
    assert error.code is ErrorCode.INVALID_REQUEST
    assert str(number)[:40] in error.message


@pytest.mark.parametrize("number", [MAX_INTEGER + 1, -MAX_INTEGER - 1, 1 << 63, 1 << 64, -(1 << 64), 10**400])
def test_the_first_integer_beyond_the_limit_is_refused_and_so_are_those_of_64_bits(number: int) -> None:
    assert refusal(b'{"a":%d}' % number).code is ErrorCode.INVALID_REQUEST


def test_an_integer_that_not_even_python_reads_is_refused() -> None:
    assert refusal(b"[%b]" % (b"9" * 100_000)).code is ErrorCode.PARSE_ERROR


@pytest.mark.parametrize(
    "text",
    [
        b"[%d,%d]" % (MAX_INTEGER, -MAX_INTEGER),
        b'{"card":"4111111111111111111111111111"}',
        b'{"99999999999999999999":1}',
        b"[0.12345678901234567890123]",
        b"[1e300]",
    ],
)
def test_many_digits_are_no_integer_beyond_the_limit(text: bytes) -> None:
    check_strict(text, DEEP)


def _utf16(text: str) -> list[int]:
    encoded = text.encode("utf-16-be")
    return [int.from_bytes(encoded[i : i + 2], "big") for i in range(0, len(encoded), 2)]
