"""What an Extension says of itself at its registration is there for a Shell: words, restrictions, quota, logo."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, Final

import pytest
from tests.trusted.router.puppet import puppet

import etui.extensions.secrets
from etui.interfaces import wallet_1 as wallet_interface
from etui.testkit import TestWallet

SECRETS: Final = "ext:etui/org.etui.secrets"
LOGO: Final = (Path(etui.extensions.secrets.__file__).parent / "logo.png").read_bytes()
SHY: Final = puppet(
    extra="""
transfer = "bound"
[quota]
bytes = 1048576
[[accessibility.rules]]
methods = ["org.example.puppet/1.pay"]
least_assurance = "pin"
"""
)


@pytest.fixture
def shy(wallet: TestWallet) -> TestWallet:
    """A wallet with an Extension that restricts the use of what it holds."""
    SHY.install(wallet)
    return wallet


def test_a_shell_is_told_what_an_extension_says_of_itself(shy: TestWallet) -> None:
    with shy.connect() as shell:
        rows = {row.extension: row for row in shell.call(wallet_interface.Extensions()).extensions}
    row = rows[SHY.principal]
    assert (row.description, row.transfer, row.quota_bytes) == ("For tests.", "bound", 1 << 20)
    assert row.restrictions == [
        "org.example.puppet/1.pay: only when you agree and confirm with your PIN or passphrase."
    ]
    assert rows[SECRETS].restrictions is None
    assert rows[SECRETS].transfer == "copyable"


def test_a_logo_is_told_of_the_one_that_is_asked_for(shy: TestWallet) -> None:
    with shy.connect() as shell:
        assert {row.logo for row in shell.call(wallet_interface.Extensions()).extensions} == {None}
        [row] = shell.call(wallet_interface.Extensions(extension=SECRETS)).extensions
        assert row.logo == LOGO
        [row] = shell.call(wallet_interface.Extensions(extension=SHY.principal)).extensions
        assert row.logo is None
        assert shell.call(wallet_interface.Extensions(extension="ext:org.example/nobody")).extensions == []


def test_the_command_line_tells_all_of_it_to_programs(shy: TestWallet) -> None:
    ran = shy.etui("extension", "list", "--json")
    assert ran.returncode == 0, ran.stderr
    rows: dict[str, dict[str, Any]] = {row["extension"]: row for row in json.loads(ran.stdout)}
    assert base64.b64decode(rows[SECRETS]["logo"]) == LOGO
    assert rows[SHY.principal]["quota_bytes"] == 1 << 20
    assert rows[SHY.principal]["transfer"] == "bound"
    assert rows[SHY.principal]["restrictions"]
    assert SECRETS in shy.etui("extension", "list").stdout
