"""Exports: strangers' text is no formula, no markup and no order of writing; every quote is right."""

from __future__ import annotations

import csv
import io
import json
from html.parser import HTMLParser

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.extensions.receipts.drawer import Drawer
from tests.standards.payments.shop import SHOP, Shop

from etui.extensions.receipts.exporting import csv_of, html_of, json_of
from etui.extensions.receipts.looking import Altered
from etui.extensions.receipts.plain import cell, plain
from etui.standards.payments import Amount, Kind, Line

REQUEST = b"q" * 32
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1", "\uff1d1", "x;=1", "x; \t+1", "\u202e=1")
BIDI = "Shop \u202egnp.exe\u202c \u2066x\u2069\u200f"


def rows(text: str, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


@pytest.mark.attack(136)
@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_begins_a_formula_in_whatever_separator(drawer: Drawer, shop: Shop, formula: str) -> None:
    lines = (Line(formula, Amount("EUR", "12.50")),)
    text = csv_of([drawer.sound(shop.receipt(REQUEST, items=lines, note=formula), note=formula, decision=formula)])
    for delimiter in ",;\t":
        for row in rows(text, delimiter):
            for one in row:
                begun = one.strip().strip('"').strip()
                assert begun[:1] not in set("=+@\uff1d"), one
                assert begun[:1] != "-" or begun[1:].replace(".", "").isdigit(), one


@given(st.text(max_size=60))
def test_a_cell_has_nothing_in_it_that_cannot_be_seen_and_begins_no_formula(text: str) -> None:
    made = cell(text)
    assert made == made.strip()
    assert made.replace(" ", "x").isprintable()
    assert made[:1] not in set("=+-@")
    assert plain(made) == made


def test_a_table_is_read_back_as_it_was(drawer: Drawer, shop: Shop) -> None:
    lines = (Line('A "book", of\nits kind', Amount("EUR", "15.00")), Line("Discount; all", Amount("EUR", "-2.50")))
    looked = drawer.sound(shop.receipt(REQUEST, items=lines, tip=Amount("EUR", "1.00")), note="x, y", decision="d-2B")
    text = csv_of([looked])
    assert text.startswith('"date","kind",')
    assert text.endswith("\r\n")
    head, row = rows(text)
    named = dict(zip(head, row, strict=True))
    assert named["lines"] == 'A "book", of its kind 15.00 | Discount; all -2.50'
    assert (named["amount"], named["currency"], named["tax"], named["tip"]) == ("12.50", "EUR", "0.82", "1.00")
    assert (named["note"], named["decision"], named["vouched for by"]) == ("x, y", "d-2B", "etui-demo")


@pytest.mark.parametrize(("currency", "value", "said"), [("JPY", "1200", "-1200"), ("KWD", "1.005", "-1.005")])
def test_refunds_are_below_nothing_in_the_decimals_of_their_currency(
    drawer: Drawer, shop: Shop, currency: str, value: str, said: str
) -> None:
    total = Amount(currency, value)
    looked = drawer.sound(shop.receipt(REQUEST, kind=Kind.REFUND, total=total, items=(), tax=total))
    head, row = rows(csv_of([looked]))
    named = dict(zip(head, row, strict=True))
    assert (named["amount"], named["tax"]) == (said, said)
    assert f"{said} {currency}" in html_of([looked])


class Page(HTMLParser):
    """The tags and attributes of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


MARKUP = '<script>alert(1)</script><img src=x onerror="alert(2)">\'"&amp;</bdi>'


@pytest.mark.attack(136)
def test_a_page_escapes_what_strangers_wrote_and_has_no_script(drawer: Drawer, shop: Shop) -> None:
    hostile = Shop(msgspec.structs.replace(SHOP, name=MARKUP[:60], acquirer_name=MARKUP[:60]), shop.root)
    lines = (Line(MARKUP, Amount("EUR", "12.50")),)
    looked = drawer.sound(hostile.receipt(REQUEST, items=lines, note=MARKUP), note=MARKUP)
    altered = Altered(entry=looked.entry, reason=MARKUP)
    page = Page(html_of([looked, altered]))
    known = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "section", "table", "tr", "td", "th"}
    assert set(page.tags) <= {*known, "bdi"}
    assert set(page.attributes) <= {"lang", "charset", "http-equiv", "content", "class"}
    assert page.text.count(MARKUP) >= 3, "it is read as it was written"
    assert "default-src 'none'" in html_of([])


@pytest.mark.attack(136)
def test_names_with_bidirectional_controls_reorder_nothing(drawer: Drawer, shop: Shop) -> None:
    hostile = Shop(msgspec.structs.replace(SHOP, name=BIDI), shop.root)
    looked = drawer.sound(hostile.receipt(REQUEST, note=BIDI), note=BIDI)
    for text in (csv_of([looked]), html_of([looked])):
        assert "Shop gnp.exe x" in text
        assert not {*"\u202e\u202c\u2066\u2069\u200f"} & {*text}
    assert json_of([looked]).isascii()
    assert json.loads(json_of([looked]))["receipts"][0]["merchant"] == BIDI


def test_what_was_altered_stands_as_such_in_page_and_json(drawer: Drawer, shop: Shop) -> None:
    altered = Altered(entry=drawer.sound(shop.receipt(REQUEST)).entry, reason="it was changed")
    assert "Altered, and not to be relied on" in html_of([altered])
    (members,) = json.loads(json_of([altered]))["receipts"]
    assert (members["state"], members["reason"]) == ("altered", "it was changed")


def test_json_has_what_was_signed(drawer: Drawer, shop: Shop) -> None:
    token = shop.receipt(REQUEST)
    (members,) = json.loads(json_of([drawer.sound(token)]))["receipts"]
    assert (members["token"], members["amount"], members["tax"]) == (token, 1250, 82)
