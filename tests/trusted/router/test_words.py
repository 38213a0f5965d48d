"""The Router knows no domain: no word of payments, tickets or cards is in it."""

from __future__ import annotations

import re
from pathlib import Path

import etui.trusted.router

_DOMAINS = re.compile(
    r"payee|payment|merchant|acquirer|issuer|loyalty|passkey|password|credential|\b(ticket|bank|ssh|emv)s?\b",
    re.IGNORECASE,
)


def test_no_word_of_a_domain_is_in_the_router() -> None:
    folder = Path(etui.trusted.router.__file__).parent
    found = [
        f"{path.name}:{number}: {line.strip()}"
        for path in sorted(folder.rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if _DOMAINS.search(line)
    ]
    assert found == []
