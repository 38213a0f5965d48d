"""A request through real processes: who asks, what is decided, what is recorded."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.processes import pid_of
from tests.trusted.router.programs import finder, path_of, reader

from etui.interfaces import secret_1 as secret
from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import storage_1 as storage
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.sdk import Client
from etui.testkit import TestWallet

VALUE = b"planted-secret-value"


def store(client: Client, service: str = "mail") -> str:
    created = client.call(
        secret.Create(kind="login", label=f"Login of {service}", attributes={"service": service}, value=VALUE)
    )
    return created.item.item


def test_a_program_reads_again_what_it_stored_without_a_question(wallet: TestWallet) -> None:
    with wallet.connect() as client:
        reference = store(client)
        assert client.call(secret.Read(item=reference)).value == VALUE
    assert wallet.user.asked() == []


def test_another_program_is_asked_for_and_refused(wallet: TestWallet) -> None:
    with wallet.connect() as client:
        store(client)
    wallet.user.refuses(name_contains="other.py")
    assert finder(wallet, "other.py", "mail")[0] == "refused"
    asked = wallet.user.asked()
    assert len(asked) == 1
    assert str(path_of(wallet, "other.py")) in asked[0]["principal"]


def test_a_refusal_is_explained_by_its_id(wallet: TestWallet) -> None:
    with wallet.connect() as client:
        store(client)
        wallet.user.refuses(name_contains="other.py")
        code, why = finder(wallet, "other.py", "mail")
        assert code == "refused"
        explanation = " ".join(client.call(wallet_interface.Why(id=why)).sentences)
    assert "other.py" in explanation
    assert "refused" in explanation


def test_what_is_shared_with_the_session_is_in_no_collection_and_is_none(wallet: TestWallet) -> None:
    wallet.user.approves(times=1)
    assert wallet.etui("set", "open_session", "on").returncode == 0
    with wallet.connect() as client:
        mail = {"service": "mail"}
        group = client.call(secret.Create(kind="group", label="Work", attributes=mail)).item
        for label, place in (("shared", None), ("within", group.item)):
            request = secret.Create(kind="note", label=label, group=place, attributes=mail, value=label.encode())
            client.call(request)
    assert finder(wallet, "other.py", "mail", "--quiet") == ["1", "shared"]


def test_allowed_once_is_asked_again_the_next_time(wallet: TestWallet) -> None:
    with wallet.connect() as client:
        store(client)
    wallet.user.approves(name_contains="other.py", remember="once")
    assert finder(wallet, "other.py", "mail") == ["1", VALUE.decode()]
    assert finder(wallet, "other.py", "mail") == ["1", VALUE.decode()]
    assert len(wallet.user.asked()) == 2


def test_allowed_until_revoked_is_asked_once(wallet: TestWallet) -> None:
    with wallet.connect() as client:
        store(client)
        wallet.user.approves(name_contains="other.py", remember="always")
        assert finder(wallet, "other.py", "mail") == ["1", VALUE.decode()]
        assert finder(wallet, "other.py", "mail") == ["1", VALUE.decode()]
        assert len(wallet.user.asked()) == 1
        grants = client.call(shell_interface.Grants()).grants
        given = [grant for grant in grants if "other.py" in grant.client and grant.why == "asked"]
        assert len(given) == 1
        client.call(wallet_interface.Revoke(grant=given[0].grant))
    wallet.user.refuses(name_contains="other.py")
    assert finder(wallet, "other.py", "mail")[0] == "refused"


def test_the_router_is_kept_out_of_swap_or_says_that_it_is_not(wallet: TestWallet) -> None:
    lines = Path(f"/proc/{pid_of(wallet.pid, 'etui.trusted.router')}/status").read_text().splitlines()
    locked = next(int(line.split()[1]) for line in lines if line.startswith("VmLck:"))
    with wallet.connect() as client:
        notes = client.call(wallet_interface.Status()).notes
    assert any("swap" in note for note in notes) is (locked == 0)


def test_a_quiet_search_shows_a_stranger_nothing_and_asks_nobody(wallet: TestWallet) -> None:
    with wallet.connect() as client:
        store(client)
    assert finder(wallet, "other.py", "mail", "--quiet") == ["0"]
    assert wallet.user.asked() == []


def test_who_wants_the_user_asked_has_the_user_asked_whatever_right_there_is(wallet: TestWallet) -> None:
    with wallet.connect() as client:
        read = secret.Read(item=store(client))
        client.call(read)
        client.call(read)  # along the way that the one before has opened
        assert wallet.user.asked() == []
        with pytest.raises(ProtocolError) as caught:
            client.call(read, quiet=True, ask=True)
        assert caught.value.code is ErrorCode.DENIED
        wallet.user.approves(times=1)
        client.call(read, ask=True)
        assert len(wallet.user.asked()) == 1
        wallet.user.refuses()
        with pytest.raises(ProtocolError) as caught:
            client.call(read, ask=True)
        assert caught.value.code is ErrorCode.REFUSED
        client.call(read)


@pytest.mark.attack(1)
def test_reference_of_one_client_is_unknown_to_another(wallet: TestWallet) -> None:
    with wallet.connect() as client:
        reference = store(client)
        code, why = reader(wallet, "thief.py", reference)
        assert code == "unknown_reference"
        sentences = " ".join(client.call(wallet_interface.Why(id=why)).sentences)
    assert "thief.py" in sentences
    assert wallet.user.asked() == []


@pytest.mark.attack(2)
def test_an_altered_or_guessed_reference_is_unknown(wallet: TestWallet) -> None:
    with wallet.connect() as client:
        reference = store(client)
        last = "A" if reference[-1] != "A" else "B"
        for wrong in (reference[:-1] + last, "r1." + "A" * 60, "r1.", "no reference", reference + "A"):
            with pytest.raises(ProtocolError) as caught:
                client.call(secret.Read(item=wrong))
            assert caught.value.code in {ErrorCode.UNKNOWN_REFERENCE, ErrorCode.INVALID_PARAMS}


@pytest.mark.attack(3)
def test_references_are_unknown_after_everything_was_taken_back(wallet: TestWallet) -> None:
    with wallet.connect() as client:
        reference = store(client)
        client.call(wallet_interface.Revoke(client=client.greeting.client))
        with pytest.raises(ProtocolError) as caught:
            client.call(secret.Read(item=reference))
    assert caught.value.code is ErrorCode.UNKNOWN_REFERENCE


@pytest.mark.attack(4)
def test_two_clients_cannot_tell_that_they_hold_the_same_item(wallet: TestWallet) -> None:
    with wallet.connect() as client:
        reference = store(client)
    script = wallet.folder / "second.py"
    script.write_text(
        "from etui.interfaces import secret_1 as s\nfrom etui.sdk import Client\n"
        "print(Client.connect().call(s.Find(attributes={'service': 'mail'})).items[0].item)\n",
        encoding="utf-8",
    )
    wallet.user.approves(name_contains="second.py")
    other = wallet.run(sys.executable, str(script)).stdout.strip()
    assert other.startswith("r1.")
    assert other != reference


@pytest.mark.attack(10)
def test_what_serves_extensions_is_closed_to_clients(wallet: TestWallet) -> None:
    wallet.user.approves()
    with wallet.connect() as client:
        store(client)
        with pytest.raises(ProtocolError) as caught:
            client.call(storage.List(values=True))
        assert caught.value.code is ErrorCode.DENIED
        assert caught.value.why
    assert wallet.user.asked() == []


def test_a_request_altered_in_the_dialogs_answer_is_not_carried_out(wallet: TestWallet) -> None:
    """The digest that the dialog repeats is of the very bytes that are forwarded: each question has its own."""
    with wallet.connect() as client:
        store(client, "one")
        store(client, "two")
    wallet.user.approves(name_contains="other.py", remember="once")
    assert finder(wallet, "other.py", "one") == ["1", VALUE.decode()]
    assert finder(wallet, "other.py", "two") == ["1", VALUE.decode()]
    assert len(wallet.user.asked()) == 2


@pytest.mark.attack(40)
def test_the_secret_is_in_no_log_and_no_file(wallet: TestWallet) -> None:
    with wallet.connect() as client:
        store(client)
    wallet.lock()
    for path in wallet.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert VALUE not in content, path
            assert b"Login of mail" not in content, path


def test_it_is_still_there_after_lock_and_unlock(wallet: TestWallet) -> None:
    with wallet.connect() as client:
        store(client)
    wallet.lock()
    with wallet.connect() as client:
        assert client.greeting.locked
        wallet.unlock()
    wallet.user.approves()
    with wallet.connect() as client:
        found = client.call(secret.Find(attributes={"service": "mail"})).items
        assert client.call(secret.Read(item=found[0].item)).value == VALUE


def test_a_locked_wallet_answers_locked_and_never_unknown(wallet: TestWallet) -> None:
    with wallet.connect() as client:
        reference = store(client)
    wallet.lock()
    with wallet.connect() as client:
        with pytest.raises(ProtocolError) as caught:
            client.call(secret.Read(item=reference))
        assert caught.value.code is ErrorCode.LOCKED
        with pytest.raises(ProtocolError) as caught:
            client.call(secret.Find(attributes={"service": "mail"}))
        assert caught.value.code is ErrorCode.LOCKED


@pytest.mark.attack(44)
def test_the_audit_verifies_and_survives_kill_9_of_the_wallet(wallet: TestWallet) -> None:
    with wallet.connect() as client:
        store(client)
        before = client.call(wallet_interface.Verify())
    assert before.ok, before.findings
    wallet.kill()
    wallet.start()
    wallet.unlock()
    with wallet.connect() as client:
        after = client.call(wallet_interface.Verify())
        assert after.ok, after.findings
        assert after.records > before.records
        actions = [record.action for record in client.call(shell_interface.Audit(limit=100)).records]
    assert "secret/1.create" in actions
