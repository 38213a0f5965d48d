"""``etui audit verify``: what it tells of records that somebody put in while the wallet was stopped."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from etui.cli.exits import Exit
from etui.interfaces import secret_1 as secret
from etui.testkit import TestWallet

FORGE = """
import os, pathlib, sys
from etui.trusted.audit import AuditRecord, AuditWriter, Kind, Outcome, encode_record
writer = AuditWriter.open(pathlib.Path(sys.argv[1]))
record = AuditRecord(kind=Kind.DECISION, outcome=Outcome.APPROVED, action="secret/1.read", reason="forged")
writer.append(encode_record(record))
writer.flush()
if sys.argv[2] == "confirmed":
    writer.checkpoint()
    writer.close()
os._exit(0)
"""


def forge(wallet: TestWallet, how: str) -> None:
    """Puts a record at the end of the audit of a wallet that is stopped, without any key of its user's."""
    wallet.end()
    subprocess.run([sys.executable, "-c", FORGE, str(wallet.home / "audit"), how], check=True)
    wallet.start()
    wallet.unlock()


@pytest.fixture
def used(wallet: TestWallet) -> TestWallet:
    """A wallet with something on record."""
    with wallet.connect() as client:
        client.call(secret.Create(kind="note", label="Mine", value=b"x"))
    return wallet


def test_an_audit_that_nobody_touched_has_nothing_to_remark(used: TestWallet) -> None:
    used.end()
    used.start()
    used.unlock()
    ran = used.etui("audit", "verify")
    assert (ran.returncode, "checkpoint" in ran.stdout) == (Exit.OK, False), ran.stdout
    told = json.loads(used.etui("audit", "verify", "--json").stdout)
    assert (told["remarks"], told["unconfirmed"]) == ([], 0)


@pytest.mark.attack(93)
def test_a_record_that_was_put_in_behind_the_last_checkpoint_is_counted(used: TestWallet) -> None:
    forge(used, "alone")
    ran = used.etui("audit", "verify")
    assert ran.returncode == Exit.OK
    assert "1 record is confirmed by no checkpoint" in ran.stdout
    assert "or it was put in" in ran.stdout
    told = json.loads(used.etui("audit", "verify", "--json").stdout)
    assert told["unconfirmed"] == 1
    assert any("confirmed by no checkpoint" in remark for remark in told["remarks"])
    assert any("had not been closed" in remark for remark in told["remarks"]), "as after a crash"
    assert "`etui audit verify --json` has every remark" in ran.stdout
    used.lock()
    used.unlock()
    assert "1 record is confirmed by no checkpoint" in used.etui("audit", "verify").stdout, "it stays so"


@pytest.mark.attack(93)
def test_nobody_can_tell_a_record_that_was_put_in_with_its_checkpoint_and_the_help_says_so(used: TestWallet) -> None:
    forge(used, "confirmed")
    ran = used.etui("audit", "verify")
    assert (ran.returncode, "no checkpoint" in ran.stdout) == (Exit.OK, False)
    told = " ".join(used.etui("audit", "verify", "--help").stdout.split())
    assert "can put records at the end" in told
    assert "or put in" not in told
