"""Many programs want to ask the user something, each of a name that nobody has heard before."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from tests.terminals import PERL, WAIT_S, Typed, lent, typed

from etui.testkit import TestWallet
from etui.testkit.user import OVERSEE

WAITING = 16
"""So many programs' questions may wait."""
BUDGET = 30
ONE_MORE_S = 10.0
"""The time after which programs may ask one question more."""
_ASK = """
use IO::Socket::UNIX;
my $wallet = IO::Socket::UNIX->new(Peer => $ENV{ASKED}) or exit 9;
print $wallet '{"jsonrpc":"2.0","id":1,"method":"shell/1.audit","params":{}}' . "\\n";
my $answer = <$wallet>;
syswrite STDOUT, ($answer =~ /"code":"(\\w+)"/ ? $1 : "told") . "\\n";
"""


class Flood:
    """Programs that ask at once and wait for their answers; ``answers`` are those that came."""

    def __init__(self, wallet: TestWallet) -> None:
        self._folder = wallet.folder / "flood"
        self._folder.mkdir(exist_ok=True)
        self._program = lent(PERL, self._folder / "program")
        self._environ = {**wallet.environ, "ASKED": str(wallet.socket)}
        self._read, self._write = os.pipe()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._text = b""

    @property
    def answers(self) -> Counter[str]:
        return Counter(self._text.decode().split())

    def begin(self, count: int) -> None:
        """Starts so many, each under a path that was never there before."""
        for number in range(len(self._processes), len(self._processes) + count):
            path = self._folder / f"flood-{number}"
            path.hardlink_to(self._program)
            self._processes.append(
                subprocess.Popen([path, "-e", _ASK], env=self._environ, stdin=subprocess.DEVNULL, stdout=self._write)
            )

    def await_answers(self, count: int) -> None:
        """Waits until so many were answered."""
        deadline = time.monotonic() + WAIT_S
        while self.answers.total() < count:
            ready, _, _ = select.select([self._read], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"only {self.answers} were answered"
            self._text += os.read(self._read, 65536)

    def end(self) -> None:
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait(WAIT_S)
        os.close(self._read)
        os.close(self._write)


@pytest.fixture
def flood(wallet: TestWallet) -> Iterator[Flood]:
    flood = Flood(wallet)
    yield flood
    flood.end()


def shown(wallet: TestWallet) -> list[str]:
    """Who was asked about, in order."""
    return [
        "flood" if "flood" in entry.get("asker", "") else entry.get("asker", "")
        for entry in wallet.user.shown()
        if entry.get("face") == "confirm"
    ]


@pytest.mark.attack(16)
@pytest.mark.parametrize("many", [200, pytest.param(1000, marks=pytest.mark.long)])
def test_however_many_programs_ask_there_is_one_dialog_and_the_persons_own_command_goes_before_them(
    many: int, wallet: TestWallet, flood: Flood
) -> None:
    wallet.user.waits(action_contains=OVERSEE, name_contains="flood")
    flood.begin(many)
    flood.await_answers(many - WAITING)
    assert shown(wallet) == ["flood"]
    assert set(flood.answers) == {"not_now", "too_many"}

    # The person types a command, and then has enough of the others.
    with Typed(wallet, "audit", "--limit", "1") as command:
        command.await_question(wallet)
        wallet.user.rule("dismiss", when={"face": "confirm", "name_contains": "flood"}, silence=True)
        said = command.output()
    assert command.process.returncode == 0, said
    flood.await_answers(many)
    own = "etui, in this session"
    assert shown(wallet) == ["flood", own, "flood", "flood"]
    assert flood.answers["told"] == 0

    # From the third silence on nobody of a new name is heard, and that is said; what is typed still is.
    flood.begin(5)
    flood.await_answers(many + 5)
    assert shown(wallet) == ["flood", own, "flood", "flood"]
    assert "silenced several programs" in typed(wallet, "status")
    assert "shell/1.audit" in typed(wallet, "audit", "--limit", "3")


@pytest.mark.attack(16)
def test_a_budget_that_programs_have_used_up_is_not_that_of_the_person(wallet: TestWallet, flood: Flood) -> None:
    wallet.user.dismisses(action_contains=OVERSEE, name_contains="flood")
    began = time.monotonic()
    asked = 0
    while shown(wallet).count("flood") == asked:
        asked += WAITING
        flood.begin(WAITING)
        flood.await_answers(asked)
    assert set(flood.answers) == {"not_now"}
    assert 0 <= shown(wallet).count("flood") - BUDGET <= (time.monotonic() - began) / ONE_MORE_S
    assert "shell/1.audit" in typed(wallet, "audit", "--limit", "3")
    wallet.lock()
    flood.begin(1)
    assert typed(wallet, "unlock")
    assert wallet._state() == "unlocked"
