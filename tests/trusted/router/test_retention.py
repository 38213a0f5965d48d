"""The audit forgets what is older than the user wants it kept, and says so; nobody else can have it forget anything.

Days do not pass in a test: records that are old are appended to the audit of a wallet that does not run, by the writer
that the Router uses, with a clock of that day. It needs no secret for that: records are sealed to a public key.
"""

from __future__ import annotations

import time

import pytest

from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.testkit import TestWallet
from etui.trusted.audit import AuditFolder, AuditRecord, AuditWriter, Kind, encode_record
from etui.trusted.audit.entries import Entry, EntryKind, scan
from etui.trusted.audit.retention import _erased
from etui.trusted.audit.segment import HEADER_BYTES, read_header

_DAY_NS = 86_400 * 10**9
OLD = "of ten days ago"


def live_through(wallet: TestWallet, days_ago: int) -> None:
    """Puts three records of that day into the audit, in a segment of their own."""
    with AuditWriter.open(wallet.home / "audit", clock=lambda: time.time_ns() - days_ago * _DAY_NS) as writer:
        for number in range(3):
            writer.append(encode_record(AuditRecord(kind=Kind.ERROR, reason=f"{OLD}: {number}")))


def keep(wallet: TestWallet, days: int) -> None:
    with wallet.connect() as client:
        client.call(wallet_interface.Set(name="audit_days", value=str(days)))


def verified(wallet: TestWallet) -> wallet_interface.VerifyResult:
    with wallet.connect() as client:
        return client.call(wallet_interface.Verify())


def errors(wallet: TestWallet) -> list[str]:
    """The ids of the records that were put there, as far as they still say anything."""
    with wallet.connect() as client:
        return [row.id for row in client.call(shell_interface.Audit(text="error")).records]


@pytest.fixture
def old(wallet: TestWallet) -> TestWallet:
    """A wallet that has lived for ten days, unlocked."""
    wallet.end()
    live_through(wallet, 10)
    wallet.start()
    wallet.unlock()
    return wallet


def test_what_is_too_old_is_erased_once_the_user_says_so_and_the_audit_is_whole(old: TestWallet) -> None:
    ids, before = errors(old), verified(old)
    assert len(ids) == 3
    assert before.ok
    assert before.erased == 0
    old.user.approves(action_contains="erase what the audit says of more than 7 days ago", times=1)
    keep(old, 7)
    assert errors(old) == []
    after = verified(old)
    assert after.ok
    assert after.erased == 3
    assert after.records > before.records, "they keep their places"
    shown = old.etui("audit", "verify")
    assert shown.returncode == 0
    assert "what 3 of them said has been erased by retention" in shown.stdout
    with old.connect() as client:
        told = " ".join(client.call(wallet_interface.Why(id=ids[0])).sentences)
        assert "has been erased, since it was older than records are kept" in told
        [row] = client.call(shell_interface.Audit(text="erased")).records
        assert "3 records were older than 7 days" in " ".join(client.call(wallet_interface.Why(id=row.id)).sentences)


def test_nobody_but_the_user_has_the_audit_forget_sooner_and_anybody_has_it_keep_longer(old: TestWallet) -> None:
    old.user.refuses(action_contains="erase what the audit says")
    for _ in range(2):
        with pytest.raises(ProtocolError) as caught:
            keep(old, 7)
        assert caught.value.code is ErrorCode.REFUSED
    assert len(errors(old)) == 3
    old.user.approves(action_contains="erase what the audit says", times=1)
    keep(old, 60)
    with pytest.raises(ProtocolError):
        keep(old, 30)
    keep(old, 90)
    keep(old, 0)
    assert len(errors(old)) == 3


@pytest.mark.parametrize("value", ["-1", "36501", "a year", "7.5", "²"])
def test_a_time_that_is_none_is_refused(wallet: TestWallet, value: str) -> None:
    with wallet.connect() as client, pytest.raises(ProtocolError) as caught:
        client.call(wallet_interface.Set(name="audit_days", value=value))
    assert caught.value.code is ErrorCode.INVALID_PARAMS


def test_what_became_too_old_meanwhile_is_erased_after_the_next_unlock(wallet: TestWallet) -> None:
    wallet.user.approves(action_contains="erase what the audit says")
    keep(wallet, 7)
    wallet.end()
    live_through(wallet, 10)
    wallet.start()
    wallet.unlock()
    deadline = time.monotonic() + 60
    while verified(wallet).erased != 3:
        assert time.monotonic() < deadline
    assert verified(wallet).ok


def erase_by_hand(wallet: TestWallet, number: int) -> None:
    """What somebody with the files can do as well: put hashes in the place of what a segment says."""
    folder = AuditFolder(wallet.home / "audit")
    data = folder.read(number).data
    header = read_header(data)
    assert header is not None
    entries = [
        entry
        for entry in scan(data, HEADER_BYTES, header.chain)
        if isinstance(entry, Entry) and entry.kind is EntryKind.RECORD and not entry.erased
    ]
    assert entries
    folder.replace(number, _erased(data, entries))


@pytest.mark.attack(42)
@pytest.mark.parametrize("what", ["payloads", "a segment", "the end"])
def test_what_somebody_else_took_out_is_told_from_what_retention_erased(old: TestWallet, what: str) -> None:
    old.user.approves(action_contains="erase what the audit says")
    keep(old, 7)
    old.lock()
    old.end()
    folder = AuditFolder(old.home / "audit")
    match what:
        case "payloads":
            erase_by_hand(old, 1)  # of today, though before all that retention erased
        case "a segment":
            folder.segment(2).unlink()
        case _:
            folder.segment(folder.numbers()[-1]).unlink()
    old.start()
    old.unlock()
    verdict = verified(old)
    assert not verdict.ok
    if what == "payloads":
        assert verdict.erased == 3
        assert all("no record says that retention did it" in finding for finding in verdict.findings)
    shown = old.etui("audit", "verify")
    assert shown.returncode == 1
    assert "NOT as it was written" in shown.stdout
