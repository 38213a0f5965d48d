"""docs/files.md: what lies in the profile of a wallet that was used stands there by its name."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from tests.docs.page import ROOT

from etui.interfaces import secret_1 as secret
from etui.testkit import TestWallet

TEXT = (ROOT / "docs" / "files.md").read_text(encoding="utf-8")


def test_every_file_of_a_profile_stands_in_it(wallet: TestWallet) -> None:
    with wallet.connect() as client:
        client.call(secret.Create(kind="note", label="Kept", value=b"planted"))
    wallet.lock()
    names = [str(path.relative_to(wallet.home)) for path in wallet.home.rglob("*") if path.is_file()]
    assert "vault/slots.json" in names
    said = [name.replace("ID", "*") for name in re.findall(r"`([^`\s]+)`", TEXT)]
    patterns = [name + "*" if name.endswith("/") else name for name in said]
    assert [name for name in names if not any(fnmatchcase(name, pattern) for pattern in patterns)] == []
