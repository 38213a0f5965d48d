"""Attacks on a running wallet that have no better place: what they try, and that it does not work."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from pathlib import Path

import msgspec
import pytest
from tests.processes import descendants, pids_of
from tests.trusted.router.programs import finder

from etui.interfaces import secret_1 as secret
from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.interfaces.catalogue import supplied
from etui.interfaces.document import Effect
from etui.protocol import Envelope, ErrorCode, ProtocolError
from etui.testkit import TestWallet
from etui.testkit.user import OVERSEE

PLANTED = b"planted-0f6c1d0a9be2-needle"
_LOOKING = """
import sys
from etui.interfaces import shell_1 as s, wallet_1 as w
from etui.protocol import ProtocolError
from etui.sdk import Client
with Client.connect() as wallet:
    overseeing = s.Shelves(), s.Inventory(), s.Space(), s.Clients(), s.Grants(), s.Pairings(), s.Known(), s.Audit()
    for request in (*overseeing, w.Why(id=sys.argv[1])):
        try:
            wallet.call(request)
            print("told")
        except ProtocolError as error:
            print(error.code.slug)
"""


def store(wallet: TestWallet, label: str = "Mail") -> str:
    with wallet.connect() as client:
        request = secret.Create(kind="note", label=label, attributes={"service": "mail"}, value=PLANTED)
        return client.call(request).item.item


@pytest.mark.attack(8)
def test_nobody_sees_what_lies_in_the_wallet_before_the_user_says_so(wallet: TestWallet) -> None:
    store(wallet)
    methods = supplied()["shell/1"].document.methods.values()
    everything = sum(method.effect is Effect.DISCLOSE for method in methods) + 1
    script = wallet.folder / "nosy.py"
    script.write_text(_LOOKING, encoding="utf-8")
    wallet.user.refuses(action_contains=OVERSEE, name_contains="nosy")
    assert wallet.run(sys.executable, str(script), "d-1").stdout.split() == ["refused"] * everything
    assert len([entry for entry in wallet.user.shown() if "nosy" in entry.get("asker", "")]) == everything
    script = script.rename(wallet.folder / "shell.py")
    wallet.user.approves(action_contains=OVERSEE, name_contains="shell", remember="always", times=1)
    assert wallet.run(sys.executable, str(script), "d-1").stdout.split() == ["told"] * everything


@pytest.mark.attack(9)
def test_why_tells_a_client_no_name_that_it_was_refused(wallet: TestWallet) -> None:
    store(wallet, "A name to keep")
    wallet.user.refuses(name_contains="thief.py")
    code, why = finder(wallet, "thief.py", "mail")
    assert code == "refused"
    script = wallet.folder / "thief.py"
    script.write_text(_LOOKING, encoding="utf-8")
    told = wallet.run(sys.executable, str(script), why)
    assert told.stdout.split()[-1] == "refused"
    assert "A name to keep" not in told.stdout + told.stderr


@pytest.mark.attack(11)
def test_who_is_no_door_introduces_nobody_and_speaks_for_nobody(wallet: TestWallet) -> None:
    with wallet.connect() as client:
        with pytest.raises(ProtocolError) as caught:
            client.call(wallet_interface.Introduce(pid=os.getpid(), uid=os.getuid()))
        assert caught.value.code is ErrorCode.DENIED
        with pytest.raises(ProtocolError) as caught:
            client.call_raw("wallet/1.status", b"{}", Envelope(speaks_for="p1"))
        assert caught.value.code is ErrorCode.INVALID_REQUEST
        with pytest.raises(ProtocolError) as caught:
            client.call_raw("wallet/1.status", b"{}", Envelope(under="c1"))
    assert caught.value.code is ErrorCode.DENIED


@pytest.mark.attack(15)
def test_a_wallet_whose_header_was_altered_does_not_open(wallet: TestWallet) -> None:
    wallet.end()
    path = wallet.home / "profile.json"
    header = msgspec.json.decode(path.read_bytes())
    header["test"]["hosts"] = {"bank.etui.test": 9}
    path.write_bytes(msgspec.json.encode(header))
    wallet.start()
    with pytest.raises(ProtocolError) as caught:
        wallet.unlock()
    assert "altered" in caught.value.message


@pytest.mark.attack(15)
def test_a_wallet_whose_header_was_altered_does_not_open_where_it_is_made_to_look_half_made(wallet: TestWallet) -> None:
    """One whose making was cut short has no key of an Extension yet."""
    with wallet.connect() as client:
        client.call(secret.Create(kind="note", label="Kept", value=b"planted"))
    wallet.end()
    path = wallet.home / "profile.json"
    header = msgspec.json.decode(path.read_bytes())
    header["test"]["hosts"] = {"bank.etui.test": 9}
    path.write_bytes(msgspec.json.encode(header))
    for name in ("audit", "router"):
        shutil.rmtree(wallet.home / name)
    wallet.start()
    with pytest.raises(ProtocolError) as caught:
        wallet.unlock()
    assert "altered" in caught.value.message


def holders(pids: list[int]) -> list[str]:
    """Which of these processes have the planted secret in their memory."""
    return [Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode() for pid in pids if _has(pid)]


def _has(pid: int) -> bool:
    try:
        memory = open(f"/proc/{pid}/mem", "rb", buffering=0)  # noqa: SIM115, PTH123
    except PermissionError:
        pytest.skip("only root reads the memory of an undumpable process, which is what is wanted")
    with memory:
        for line in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines():
            span, rights, *_ = line.split()
            first, last = (int(end, 16) for end in span.split("-"))
            if "r" not in rights or line.endswith(("[vvar]", "[vsyscall]", "[vvar_vclock]")):
                continue
            memory.seek(first)
            try:
                if PLANTED in memory.read(last - first):
                    return True
            except OSError:
                continue
    return False


@pytest.mark.attack(39)
def test_no_process_of_a_locked_wallet_has_a_secret_and_the_relays_never_had_it(wallet: TestWallet) -> None:
    reference = store(wallet)
    with wallet.connect() as client:
        assert client.call(secret.Read(item=reference)).value == PLANTED
    keepers = pids_of(wallet.pid, "etui.extensions.secrets")
    assert holders(keepers), "the search finds nothing even where the secret is"
    relays = [wallet.pid, *pids_of(wallet.pid, "etui.trusted.router")]
    relays += pids_of(wallet.pid, "etui.extensions.storage_software") + pids_of(wallet.pid, "etui.trusted.vault")
    assert holders(relays) == []
    wallet.lock()
    assert holders([wallet.pid, *descendants(wallet.pid)]) == []


@pytest.mark.attack(43)
def test_a_damaged_row_of_the_state_ends_what_was_counted_and_every_reference(wallet: TestWallet) -> None:
    reference = store(wallet)
    wallet.user.approves(action_contains="lasting rights")
    with wallet.connect() as client:
        for uses in (3, None):
            client.call(wallet_interface.Grant(client="app:/usr/bin/mailer", action="secret/1.read", uses=uses))
    wallet.end()
    with sqlite3.connect(wallet.home / "router" / "state.db") as database:
        (place,) = database.execute("SELECT place FROM rows LIMIT 1").fetchone()
        database.execute("UPDATE rows SET value = zeroblob(40) WHERE place = ?", (place,))
    database.close()
    wallet.start()
    wallet.unlock()
    with wallet.connect() as client:
        grants = client.call(shell_interface.Grants(client="app:/usr/bin/mailer")).grants
        assert all(grant.uses_left is None for grant in grants)
        with pytest.raises(ProtocolError) as caught:
            client.call(secret.Read(item=reference))
        assert caught.value.code is ErrorCode.UNKNOWN_REFERENCE
        errors = client.call(shell_interface.Audit(text="error")).records
        sentences = " ".join(client.call(wallet_interface.Why(id=errors[0].id)).sentences)
    assert "damaged" in sentences
