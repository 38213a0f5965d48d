"""Requests and results as Python values: what is sealed does not show, wherever one looks."""

from __future__ import annotations

import logging
import traceback

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.interfaces import Item, Prepared, Request, Result
from etui.interfaces import dialog_1 as dialog
from etui.interfaces import secret_1 as secret

SECRET = b"hunter2"
HOLDERS = [
    secret.Create(kind="login", label="mail", value=SECRET),
    secret.Update(item="r", value=SECRET, wrap_key=SECRET),
    secret.ReadResult(value=SECRET),
    dialog.AskSecretResult(secret=SECRET),
]


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda holder: type(holder).__name__)
def test_a_sealed_field_shows_in_no_text_that_is_made_of_its_holder(holder: Request[Result] | Result) -> None:
    told = "".join(traceback.format_exception(ValueError(holder)))
    record = logging.LogRecord("x", logging.INFO, "x", 1, "got %s and %r", (holder, [holder]), None)
    rich = repr(list(holder.__rich_repr__()))
    for text in (repr(holder), str(holder), f"{holder}", f"{[holder]}", told, record.getMessage(), rich):
        assert "hunter2" not in text
        assert "…" in text


def test_what_is_not_sealed_shows() -> None:
    shown = repr(secret.Create(kind="login", label="mail", value=SECRET))
    assert shown.startswith("Create(kind='login', label='mail', attributes=None")
    assert "value=…" in shown
    assert "value=None" in repr(secret.Create(kind="login", label="mail"))


@given(st.binary())
def test_a_sealed_value_shows_the_same_whatever_it_is(value: bytes) -> None:
    assert repr(secret.Update(item="r", value=value)) == repr(secret.Update(item="r", value=SECRET))


def test_a_field_that_is_not_given_is_not_sent() -> None:
    assert msgspec.json.encode(secret.Read(item="r")) == b'{"item":"r"}'
    assert msgspec.json.encode(Prepared()) == b"{}"


def test_a_request_knows_its_method_its_result_and_its_references() -> None:
    assert secret.Read.METHOD == "secret/1.read"
    assert secret.Read.RESULT is secret.ReadResult
    assert secret.Create.REFERENCES == ("group",)
    assert secret.Reveal.WAITS
    assert not secret.Read.WAITS


@pytest.mark.parametrize("kind", ["login", "a", "a" + "_" * 39])
def test_an_items_kind_is_a_lower_case_word(kind: str) -> None:
    assert msgspec.convert({"item": "1", "kind": kind}, Item).kind == kind


@pytest.mark.parametrize("kind", ["", "Login", "login\n", "log in", "9", "a" * 41])
def test_an_items_kind_is_nothing_else(kind: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"item": "1", "kind": kind}, Item)
