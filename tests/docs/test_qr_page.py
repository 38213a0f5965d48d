"""The page on merchants' QR codes: the code that it makes is one, and what it says of limits is so."""

from __future__ import annotations

from typing import Any, Final

from tests.docs.page import ROOT, Page

from etui.doors.qr.found import MAX_PIXELS
from etui.doors.qr.reading import MAX_BYTES
from etui.sdk.shop import MAX_ANSWER_BYTES
from etui.standards.emvqr import ETUI_PAY, decode, order_place

PAGE: Final = Page(ROOT / "docs/qr.md")


def test_the_code_that_it_makes_leads_to_the_order() -> None:
    [program] = PAGE.code("python")
    made: dict[str, Any] = {}
    exec(program, made)  # what the page shows
    code = decode(made["text_of_the_code"])
    place = order_place(code)
    assert place is not None
    assert (place.host, place.order, code.amount) == ("shop.example", "2026-0815", "12.50")


def test_the_limits_are_those_of_the_code() -> None:
    assert f"`{ETUI_PAY}`" in PAGE.text
    assert f"{MAX_BYTES >> 20} MiB and {MAX_PIXELS // 1_000_000} million pixels" in PAGE.text
    assert f"at most {MAX_ANSWER_BYTES >> 10} KiB" in PAGE.text
