"""Moments and texts as people write and read them."""

from __future__ import annotations

import argparse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.cli.moments import read_date, read_moment, read_span, span
from etui.cli.output import printable, quoted, single_line

_NOW = 1_790_000_000.0


def test_a_span_counts_from_now() -> None:
    assert read_moment("30m", _NOW) == _NOW + 1800
    assert read_moment("7d", _NOW) == _NOW + 7 * 86400


def test_a_date_may_be_past_and_has_its_own_zone() -> None:
    assert read_date("2001-01-01T00:00:00+01:00") == 978_303_600
    assert read_date("2001-01-02") - read_date("2001-01-01") == 86400


@pytest.mark.parametrize("text", ["", "30m", "1969-12-30", "2001-13-01", "yesterday"])
def test_what_is_no_date_since_1970_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="no date"):
        read_date(text)


@pytest.mark.parametrize(("text", "seconds"), [("30m", 1800), ("2h", 7200), ("30d", 2_592_000), ("1w", 604_800)])
def test_a_span_is_read_by_itself(text: str, seconds: int) -> None:
    assert read_span(text) == seconds
    assert span(seconds) == text


@pytest.mark.parametrize("text", ["", "0d", "30", "2030-12-31", "-1h"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        read_span(text)


def test_a_date_with_a_zone_is_that_moment() -> None:
    assert read_moment("2030-12-31T18:00:00+00:00", _NOW) == 1_924_970_400


@pytest.mark.parametrize("text", ["", "0d", "soon", "-1h", "2020-01-01", "9" * 40 + "d"])
def test_what_is_no_moment_to_come_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        read_moment(text, _NOW)


@given(st.text())
def test_no_text_steers_a_terminal(text: str) -> None:
    assert all(character.isprintable() or character == "\n" for character in printable(text))
    assert single_line(text).isprintable()
    assert quoted(text).count("“") == quoted(text).count("”") == 1
