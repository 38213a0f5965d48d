"""The Router's words: of no domain, and in a question what a person would write."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.trusted.router.puppet import puppet

import etui.trusted.router
from etui.interfaces import CompiledInterface, read_document
from etui.trusted.router import wording
from etui.trusted.router.registry import Method

_DOMAINS = re.compile(
    r"payee|payment|merchant|acquirer|issuer|loyalty|passkey|(?<!login )password|credential"
    r"|\b(card|receipt|ticket|bank|ssh|emv)s?\b",
    re.IGNORECASE,
)
"""The login password is a way to unlock, and of no Extension."""


def test_no_word_of_a_domain_is_in_the_router() -> None:
    folder = Path(etui.trusted.router.__file__).parent
    found = [
        f"{path.name}:{number}: {line.strip()}"
        for path in sorted(folder.rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if _DOMAINS.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [(450, "EUR", "4.50"), (5, "SEK", "0.05"), (450, "JPY", "450"), (450, "KWD", "0.450"), (450, "points", "450")],
)
def test_an_amount_is_shown_in_whole_units_of_its_currency(amount: int, currency: str, shown: str) -> None:
    interface = CompiledInterface(read_document(puppet().document))
    method = Method(interface, interface.methods["pay"])
    values = {"payee": "Café", "amount": amount, "currency": currency}
    assert wording.sentence(method, values, {}) == f"pay {shown} {currency} to Café"
    fields = {field.title: field.value for field in wording.shown_fields(method, values, {})}
    assert fields == {"To": "Café", "Amount": f"{shown} {currency}"}
