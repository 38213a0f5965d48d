"""The clock of the machine set back or forward under a running wallet, and a kill between a try and its answer."""

from __future__ import annotations

import contextlib
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.clocks import DAY_S, HOUR_S, Clock
from tests.processes import pid_of
from tests.strikes import CHANNEL, blow, steps_of
from tests.tpms import soft_tpm
from tests.trusted.router.puppet import puppet
from tests.trusted.supervisor.processes import VAULT, await_state

from etui.interfaces import crypto_1 as crypto
from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import ssh_1
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.testkit import TestWallet

PUPPET = puppet()
PAY = f"{PUPPET.interface}.pay"
CALLER = """\
import sys
from etui.protocol import ProtocolError
from etui.sdk import Client
with Client.connect() as wallet:
    print(wallet.greeting.client)
    try:
        wallet.call_raw(sys.argv[1], sys.argv[2].encode())
        print("done")
    except ProtocolError as error:
        print(error.code.slug)
"""
SIGNER = """\
import base64, sys
from etui.interfaces import ssh_1
from etui.protocol import ProtocolError
from etui.sdk import Client
from etui.standards.sshagent import MessageHash, SshsigMessage, encode_signed_data
with Client.connect() as wallet:
    print(wallet.greeting.client)
    item = wallet.call(ssh_1.Locate(key=base64.b64decode(sys.argv[1]))).item
    data = encode_signed_data(SshsigMessage("file", MessageHash.SHA512, bytes(64)))
    try:
        wallet.call(ssh_1.Sign(item=item.item, relying_party="file", data=data))
        print("done")
    except ProtocolError as error:
        print(error.code.slug)
"""


@pytest.fixture
def clock(short_dir: Path) -> Clock:
    return Clock(short_dir)


@contextlib.contextmanager
def begun(folder: Path, clock: Clock, tpm: Path | None = None) -> Iterator[TestWallet]:
    """A wallet by this clock, with a puppet that takes payments, and a program that is told from others."""
    folder.mkdir(mode=0o700)
    (folder / "caller.py").write_text(CALLER, encoding="utf-8")
    running = TestWallet(folder, tpm=tpm)
    clock.start(running)
    try:
        running.create()
        PUPPET.install(running)
        running.user.refuses(action_contains="pay ")
        yield running
    finally:
        running.end()


@pytest.fixture
def wallet(short_dir: Path, clock: Clock) -> Iterator[TestWallet]:
    with begun(short_dir / "w", clock) as running:
        yield running


def asks(wallet: TestWallet, amount: int) -> tuple[str, str]:
    """Who the program is to the wallet, and what becomes of a payment of its: ``done``, or the code of the error."""
    params = msgspec.json.encode({"payee": "Shop", "amount": amount, "currency": "EUR"}).decode()
    ran = wallet.run(sys.executable, str(wallet.folder / "caller.py"), PAY, params)
    assert ran.returncode == 0, ran.stderr
    principal, outcome = ran.stdout.split()
    return principal, outcome


def pays(wallet: TestWallet, amount: int) -> str:
    return asks(wallet, amount)[1]


def give(wallet: TestWallet, **limits: object) -> None:
    """Gives the program a lasting right to pay."""
    payer, outcome = asks(wallet, 1)
    assert outcome == "refused"
    wallet.user.approves(action_contains="lasting rights")
    with wallet.connect() as client:
        client.call(msgspec.convert({"client": payer, "action": PAY, **limits}, wallet_interface.Grant))


def starts_again(wallet: TestWallet, clock: Clock) -> None:
    wallet.kill()
    clock.start(wallet)
    wallet.unlock()


@pytest.mark.attack(38)
def test_a_clock_set_back_revives_no_right_that_has_ended(wallet: TestWallet, clock: Clock) -> None:
    give(wallet, until=int(time.time()) + HOUR_S)
    assert pays(wallet, 1) == "done"
    clock.set(2 * HOUR_S)
    assert pays(wallet, 1) == "refused"
    clock.set(0)
    assert pays(wallet, 1) == "refused"
    clock.set(-2 * DAY_S)
    assert pays(wallet, 1) == "refused"
    wallet.lock()
    wallet.unlock()
    assert pays(wallet, 1) == "refused"
    starts_again(wallet, clock)
    assert pays(wallet, 1) == "refused"


@pytest.mark.attack(265)
def test_a_disk_set_back_with_its_clock_revives_no_right_that_has_ended_where_a_tpm_has_seen_later(
    short_dir: Path, clock: Clock
) -> None:
    with soft_tpm(short_dir / "c") as tpm, begun(short_dir / "w", clock, tpm.path) as wallet:
        with wallet.connect() as client:
            client.call(wallet_interface.Set(name="tpm_anchor", value="on"))
        give(wallet, until=int(time.time()) + HOUR_S)
        assert pays(wallet, 1) == "done"
        wallet.end()
        copy = shutil.copytree(wallet.home, short_dir / "copy")
        clock.set(2 * HOUR_S)
        clock.start(wallet)
        wallet.unlock()
        wallet.end()
        shutil.rmtree(wallet.home)
        shutil.copytree(copy, wallet.home)
        clock.set(0)
        clock.start(wallet)
        wallet.unlock()
        assert pays(wallet, 1) == "refused"


@pytest.mark.attack(38)
def test_a_clock_set_back_revives_no_daily_limit(wallet: TestWallet, clock: Clock) -> None:
    give(wallet, limit_minor=1_000, period_s=DAY_S, currency="EUR")
    assert [pays(wallet, 1_000), pays(wallet, 1)] == ["done", "refused"]
    clock.set(DAY_S + HOUR_S)
    assert [pays(wallet, 1_000), pays(wallet, 1)] == ["done", "refused"], "the next day it is whole again"
    for ahead_s in (0, -2 * DAY_S):
        clock.set(ahead_s)
        assert pays(wallet, 1) == "refused"
    starts_again(wallet, clock)
    assert pays(wallet, 1) == "refused"


def signs(wallet: TestWallet, public: str) -> tuple[str, str]:
    """Who the program is to the wallet, and what becomes of its use of a key."""
    ran = wallet.run(sys.executable, str(wallet.folder / "signer.py"), public)
    assert ran.returncode == 0, ran.stderr
    principal, outcome = ran.stdout.split()
    return principal, outcome


@pytest.mark.attack(38)
@pytest.mark.parametrize("ends", ["ran out", "spent", "revoked", "set back"])
def test_a_key_is_not_used_after_its_right_has_ended_and_that_is_on_record(
    wallet: TestWallet, clock: Clock, ends: str
) -> None:
    (wallet.folder / "signer.py").write_text(SIGNER, encoding="utf-8")
    wallet.user.refuses(action_contains="sign with")
    with wallet.connect() as client:
        key = client.call(crypto.Generate(algorithm="ed25519", label="Work", ssh=True)).item
        public = key.attributes["public"].split()[1]
        signer, outcome = signs(wallet, public)
        assert outcome == "refused"
        wallet.user.approves(action_contains="lasting rights")
        given = wallet_interface.Grant(
            client=signer,
            action=ssh_1.Sign.METHOD,
            item=key.item,
            only_for="file",
            uses=1 if ends == "spent" else None,
            until=int(time.time()) + HOUR_S,
        )
        grant = client.call(given).grant
        assert signs(wallet, public)[1] == "done"
        if ends == "revoked":
            client.call(wallet_interface.Revoke(grant=grant))
        elif ends != "spent":
            clock.set(2 * HOUR_S)
        if ends == "set back":
            assert signs(wallet, public)[1] == "refused"
            clock.set(-DAY_S)
        assert signs(wallet, public)[1] == "refused"
        rows = [row for row in client.call(shell_interface.Audit()).records if row.action == ssh_1.Sign.METHOD]
    first, used, *later = reversed([row.outcome for row in rows])
    assert (first, used) == ("refused", "allowed")
    assert set(later) <= {"denied", "refused"}, "without a question while the pause after a no lasts, or by the user"
    assert len(later) == (2 if ends == "set back" else 1)


def wrong_tries(wallet: TestWallet) -> int:
    return int(msgspec.json.decode((wallet.home / "vault" / "tries").read_bytes())["tries"]["wrong"])


def set_wrong_tries(wallet: TestWallet, wrong: int) -> None:
    path = wallet.home / "vault" / "tries"
    value = msgspec.json.decode(path.read_bytes())
    value["tries"]["wrong"] = wrong
    path.write_bytes(msgspec.json.encode(value))


def try_wrong(wallet: TestWallet) -> None:
    """Types a wrong passphrase once, and gives up."""
    wallet.user.forgets()
    wallet.user.rule("type", when={"face": "unlock", "wrong": False}, secret="these words do not open it")
    wallet.user.dismisses(face="unlock", wrong=True)
    with pytest.raises(ProtocolError) as caught:
        wallet.unlock()
    assert caught.value.code in {ErrorCode.NOT_NOW, ErrorCode.UNAVAILABLE}
    wallet.user.forgets()


@pytest.mark.attack(37)
def test_a_try_counts_whose_answer_was_killed(wallet: TestWallet) -> None:
    wallet.lock()
    try_wrong(wallet)
    assert wrong_tries(wallet) == 1
    vault = pid_of(wallet.pid, VAULT)
    steps = steps_of(vault, lambda: try_wrong(wallet))
    assert wrong_tries(wallet) == 2
    answer = [step for step in steps if step.fits(f"sendmsg {CHANNEL}")][-1]
    with blow(vault, answer) as due:
        try_wrong(wallet)
    assert due.struck
    assert wrong_tries(wallet) == 3
    await_state(wallet, "locked")
    wallet.unlock()
    assert wrong_tries(wallet) == 0


@pytest.mark.attack(37)
def test_no_clock_that_is_set_shortens_or_lengthens_the_wait_after_wrong_tries(
    wallet: TestWallet, clock: Clock
) -> None:
    wallet.lock()
    try_wrong(wallet)
    set_wrong_tries(wallet, 12)
    wallet.user.dismisses(face="unlock", wrong=True)
    for ahead_s in (30 * DAY_S, -30 * DAY_S):
        clock.set(ahead_s)
        with pytest.raises(ProtocolError) as caught:
            wallet.unlock()  # with the passphrase that is right
        assert caught.value.code is ErrorCode.NOT_NOW
    assert wrong_tries(wallet) == 12, "what comes too early is no try"
    set_wrong_tries(wallet, 2)
    starts_again(wallet, clock)
    assert wrong_tries(wallet) == 0
