"""Debian's age encrypts to and decrypts with a key of the wallet's, by the plugin."""

from __future__ import annotations

import base64
from pathlib import Path

import msgspec
import pytest
from tests.doors.age.plugin import Files

from etui.interfaces import Item, age_1
from etui.interfaces import crypto_1 as crypto
from etui.interfaces import shell_1 as shell_interface
from etui.standards import age
from etui.standards.age.x25519 import wrapped
from etui.testkit import TestWallet

FILE_KEY = b"sixteen bytes..."
LETTER = b"a letter that is for one alone\n" * 5000


def made(wallet: TestWallet, label: str = "Files") -> Item:
    with wallet.connect() as client:
        return client.call(crypto.Generate(algorithm="x25519", label=label)).item


def identity_of(files: Files, item: Item, name: str = "identity") -> Path:
    return files.write(name, age.plugin_identity("etui", age.read_recipient(item.attributes["public"])) + "\n")


def questions(wallet: TestWallet) -> list[str]:
    return [question["lead"] for question in wallet.user.asked() if "decrypt a file" in question["lead"]]


@pytest.mark.attack(94)
def test_a_file_for_a_key_of_the_wallet_is_decrypted_once_the_user_says_so(wallet: TestWallet, files: Files) -> None:
    item = made(wallet)
    letter = files.encrypted(LETTER, "-r", item.attributes["public"])
    wallet.user.approves()
    identity = identity_of(files, item)
    assert files.decrypted(letter, identity) == LETTER
    assert files.decrypted(letter, identity) == LETTER
    assert len(questions(wallet)) == 2, "a yes for once is for once"
    assert "“Files”" in questions(wallet)[0]


def test_the_identity_that_the_command_line_prints_is_one(wallet: TestWallet, files: Files) -> None:
    wallet.user.approves()
    said = wallet.etui("key", "make", "Files", "--algorithm", "x25519").stdout
    recipient = wallet.etui("key", "public", "files").stdout.strip()
    assert recipient in said
    printed = wallet.etui("key", "identity", "files").stdout
    assert f"# recipient: {recipient}\n" in printed
    letter = files.encrypted(LETTER, "-r", recipient)
    assert files.decrypted(letter, files.write("identity", printed)) == LETTER


@pytest.mark.attack(94)
def test_a_right_that_lasts_spares_the_question_for_that_key_alone(wallet: TestWallet, files: Files) -> None:
    first, second = made(wallet), made(wallet, "Others")
    wallet.user.approves(remember="always")
    letter = files.encrypted(LETTER, "-r", first.attributes["public"])
    script = files.write("decrypts.sh", f"#!/bin/sh\nage -d -i {files.folder}/identity {letter}\n")
    identity_of(files, first)
    for _ in range(2):
        ran = wallet.run("env", f"PATH={files.plugins}:/usr/bin:/bin", "sh", str(script))
        assert ran.stdout == LETTER.decode(), ran.stderr
    assert len(questions(wallet)) == 1
    letter = files.encrypted(LETTER, "-r", second.attributes["public"])
    identity_of(files, second)
    ran = wallet.run("env", f"PATH={files.plugins}:/usr/bin:/bin", "sh", str(script))
    assert ran.stdout == LETTER.decode()
    assert "“Others”" in questions(wallet)[1]


@pytest.mark.parametrize("to", ["-i", "-r"])
def test_age_encrypts_by_the_plugin_what_it_then_decrypts(wallet: TestWallet, files: Files, to: str) -> None:
    item = made(wallet)
    identity = identity_of(files, item)
    public = age.read_recipient(item.attributes["public"])
    given = str(identity) if to == "-i" else age.bech32("age1etui", b"\x01" + public)
    letter = files.encrypted(LETTER, "-e", to, given)
    wallet.user.approves()
    assert files.decrypted(letter, identity) == LETTER


def test_a_file_for_several_is_decrypted_by_each(wallet: TestWallet, files: Files) -> None:
    first, second = made(wallet), made(wallet, "Others")
    wallet.user.approves()
    letter = files.encrypted(LETTER, "-r", first.attributes["public"], "-r", second.attributes["public"])
    assert files.decrypted(letter, identity_of(files, second)) == LETTER
    assert files.decrypted(letter, identity_of(files, first)) == LETTER


def test_of_several_identities_the_one_that_fits_decrypts(wallet: TestWallet, files: Files) -> None:
    first, second = made(wallet), made(wallet, "Others")
    wallet.user.approves()
    gone = age.plugin_identity("etui", bytes(32))
    lines = [gone, *(identity_of(files, item).read_text(encoding="ascii") for item in (first, second))]
    letter = files.encrypted(LETTER, "-r", second.attributes["public"])
    assert files.decrypted(letter, files.write("identities", "\n".join(lines))) == LETTER


@pytest.mark.attack(94)
def test_who_says_no_has_nothing_decrypted_and_reads_so(wallet: TestWallet, files: Files) -> None:
    item = made(wallet)
    letter = files.encrypted(LETTER, "-r", item.attributes["public"])
    wallet.user.refuses()
    assert "etui why" in files.refused(letter, identity_of(files, item))


@pytest.mark.attack(94)
def test_a_file_for_another_key_is_not_decrypted(wallet: TestWallet, files: Files) -> None:
    item, other = made(wallet), made(wallet, "Others")
    letter = files.encrypted(LETTER, "-r", other.attributes["public"])
    wallet.user.approves()
    assert "no identity matched" in files.refused(letter, identity_of(files, item))


def test_a_key_that_is_not_there_is_said(wallet: TestWallet, files: Files) -> None:
    del wallet
    public = age.read_recipient("age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj")
    letter = files.encrypted(LETTER, "-r", age.recipient(public))
    identity = files.write("identity", age.plugin_identity("etui", public))
    assert "no key of this identity" in files.refused(letter, identity)


def test_a_locked_wallet_is_unlocked_first_and_one_that_does_not_run_is_said(wallet: TestWallet, files: Files) -> None:
    item = made(wallet)
    letter, identity = files.encrypted(LETTER, "-r", item.attributes["public"]), identity_of(files, item)
    wallet.user.approves()
    wallet.lock()
    assert files.decrypted(letter, identity) == LETTER
    wallet.end()
    assert "no wallet answers" in files.refused(letter, identity)


def test_who_waits_for_the_user_reads_where_they_are_asked(wallet: TestWallet, files: Files) -> None:
    item = made(wallet)
    letter = files.encrypted(LETTER, "-r", item.attributes["public"])
    wallet.user.waits()
    with files.begun("-d", "-i", str(identity_of(files, item)), str(letter)) as running:
        assert running.stderr is not None
        assert b"asks in its Trusted Dialog" in running.stderr.readline()
        running.terminate()


@pytest.mark.attack(94)
def test_a_file_key_is_sealed_to_who_asked_for_it(wallet: TestWallet) -> None:
    item = made(wallet)
    share, body = wrapped(FILE_KEY, age.read_recipient(item.attributes["public"]))
    wallet.user.approves()
    request = age_1.Unwrap(item="", stanzas=[age_1.Stanza(share=share, body=body)])
    with wallet.connect() as client:
        (found,) = client.call(crypto.Find()).items
        params = msgspec.json.encode(msgspec.structs.replace(request, item=found.item))
        answer = msgspec.json.decode(client.call_raw("age/1.unwrap", params))
        sealed = base64.b64decode(answer["file_key"])
        assert len(sealed) == 61 + len(FILE_KEY)
        assert FILE_KEY not in sealed
        assert client.call(msgspec.structs.replace(request, item=found.item)).file_key == FILE_KEY


def test_a_decryption_is_on_record(wallet: TestWallet, files: Files) -> None:
    item = made(wallet)
    wallet.user.approves()
    files.decrypted(files.encrypted(LETTER, "-r", item.attributes["public"]), identity_of(files, item))
    with wallet.connect() as client:
        records = client.call(shell_interface.Audit(text="age/1.unwrap")).records
    assert any(record.action == "age/1.unwrap" for record in records)


def test_the_plugin_says_what_it_is_and_refuses_what_it_does_not_know(wallet: TestWallet, files: Files) -> None:
    program = str(files.plugins / "age-plugin-etui")
    assert "age itself starts it" in wallet.run(program).stdout
    ran = wallet.run(program, "--age-plugin=recipient-v9")
    assert ran.returncode == 2
    assert "recipient-v9" in ran.stderr
