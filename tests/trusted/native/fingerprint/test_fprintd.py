"""Who asks fprintd, as the supervisor starts it, with Debian's fprintd and a reader without hardware."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from tests.fprintd import SOMEBODYS, Reader
from tests.trusted.native.session.desktop import WAIT_S

from etui.trusted.control import FingerSaid, FingerState, FingerUnwanted, Link, LinkClosed

NUMBER = 7


class Asking:
    """The process, and the supervisor's end of its channel."""

    def __init__(self, bus: str, *options: str) -> None:
        ours, theirs = Link.pair()
        ours.settimeout(WAIT_S)
        self._link: Link[FingerUnwanted, FingerSaid] = Link(ours, FingerSaid)
        command = [sys.executable, "-I", "-m", "etui.trusted.native.fingerprint", "--fd", str(theirs.fileno())]
        command += ["--bus", bus, "--number", str(NUMBER), *options]
        self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stderr=subprocess.PIPE, text=True)
        theirs.close()

    def says(self) -> tuple[FingerState, str]:
        """What it says next."""
        said, _ = self._link.receive()
        assert said.number == NUMBER
        return said.state, said.note

    def is_silent(self) -> bool:
        """Whether it ended without another word."""
        try:
            self._link.receive()
        except LinkClosed:
            return True
        return False

    def waits(self) -> None:
        """Returns once it waits for a finger."""
        assert self.says() == (FingerState.WAITING, "")

    def is_over(self) -> str:
        """Why no finger is waited for any more; it has then ended, well and without a word on standard error."""
        state, note = self.says()
        assert state is FingerState.OVER
        self.ends()
        return note

    def ends(self) -> None:
        """Returns once it has ended well."""
        assert self._process.communicate(timeout=WAIT_S)[1] == ""
        assert self._process.returncode == 0

    def hangs_up(self) -> None:
        """Nobody wants to know any more."""
        self._link.close()

    def is_killed(self) -> None:
        """It ends in the middle."""
        self._process.kill()

    def close(self) -> None:
        """It is gone."""
        self._link.close()
        self._process.kill()
        self._process.communicate()


Ask = Callable[..., Asking]


@pytest.fixture
def ask(reader: Reader) -> Iterator[Ask]:
    """Has fprintd asked."""
    started: list[Asking] = []

    def ask(*options: str) -> Asking:
        started.append(Asking(reader.address, *options))
        return started[-1]

    yield ask
    for asking in started:
        asking.close()


def test_a_finger_that_is_enrolled_is_recognised_and_the_reader_is_free_then(reader: Reader, ask: Ask) -> None:
    reader.enrols()
    asking = ask()
    asking.waits()
    reader.touch()
    assert asking.says() == (FingerState.RECOGNISED, "")
    assert reader.program().claims(), "it is released before that is said"
    asking.ends()
    assert asking.is_silent()


def test_looking_claims_no_reader(reader: Reader, ask: Ask) -> None:
    reader.enrols()
    assert reader.program().claims()
    assert ask("--look").says() == (FingerState.RECOGNISED, "")


def test_a_finger_that_the_reader_did_not_get_costs_no_try(reader: Reader, ask: Ask) -> None:
    reader.enrols()
    asking = ask()
    asking.waits()
    for _ in range(4):
        reader.fumble()
        assert asking.says() == (FingerState.AGAIN, "The reader did not get that: try once more.")
    reader.touch()
    assert asking.says() == (FingerState.RECOGNISED, "")


def test_the_third_wrong_finger_is_the_last(reader: Reader, ask: Ask) -> None:
    reader.enrols()
    asking = ask()
    asking.waits()
    for _ in range(2):
        reader.touch(SOMEBODYS)
        assert asking.says() == (FingerState.AGAIN, "fprintd did not recognise that finger: try once more.")
    reader.touch(SOMEBODYS)
    assert asking.is_over() == "fprintd did not recognise the finger"
    assert reader.program().claims()


def test_a_right_finger_after_two_wrong_ones_is_recognised(reader: Reader, ask: Ask) -> None:
    reader.enrols()
    asking = ask()
    asking.waits()
    for _ in range(2):
        reader.touch(SOMEBODYS)
        assert asking.says()[0] is FingerState.AGAIN
    reader.touch()
    assert asking.says() == (FingerState.RECOGNISED, "")


def test_where_no_finger_is_enrolled_none_is_waited_for(ask: Ask) -> None:
    assert ask().is_over().startswith("fprintd knows no finger of yours; `fprintd-enroll`")


def test_without_a_reader_none_is_waited_for(reader: Reader, ask: Ask) -> None:
    reader.dies()
    reader.starts(with_reader=False)
    assert ask().is_over() == "there is no fingerprint reader"


def test_without_fprintd_none_is_waited_for(reader: Reader, ask: Ask) -> None:
    reader.dies()
    assert ask().is_over() == "fprintd is not installed on this machine, or does not start"


def test_without_a_bus_none_is_waited_for() -> None:
    asking = Asking("unix:path=/nonexistent/bus")
    assert asking.is_over() == "the system's message bus cannot be reached, and so fprintd cannot"
    asking.close()


def test_where_polkit_lets_nobody_none_is_waited_for(reader: Reader, ask: Ask) -> None:
    reader.enrols()
    reader.polkit.allows = False
    assert ask().is_over() == "this machine lets fprintd say nothing to this session"


def test_a_reader_that_another_program_has_is_left_to_it(reader: Reader, ask: Ask) -> None:
    reader.enrols()
    other = reader.program()
    assert other.claims()
    assert ask().is_over() == "another program has the fingerprint reader"
    assert other.calls_device("Release").body == [], "it still has it"


def test_no_finger_is_waited_for_without_an_end(reader: Reader, ask: Ask) -> None:
    reader.enrols()
    asking = ask("--patience", "2")
    asking.waits()
    assert asking.is_over() == "no finger came in time"
    assert reader.program().claims()


def test_a_reader_that_is_unplugged_is_waited_for_no_more(reader: Reader, ask: Ask) -> None:
    reader.enrols()
    asking = ask()
    asking.waits()
    reader.is_unplugged()
    assert asking.is_over() == "the fingerprint reader failed, or was unplugged"


@pytest.mark.parametrize(
    ("how", "notes"),
    [
        (signal.SIGKILL, {"fprintd ended"}),
        (signal.SIGTERM, {"fprintd ended", "the fingerprint reader failed, or was unplugged"}),
    ],
)
def test_an_fprintd_that_ends_is_waited_for_no_more(
    reader: Reader, ask: Ask, how: signal.Signals, notes: set[str]
) -> None:
    reader.enrols()
    asking = ask()
    asking.waits()
    reader.dies(how)
    assert asking.is_over() in notes


def test_an_fprintd_that_hangs_is_not_waited_for_without_an_end(reader: Reader, ask: Ask) -> None:
    reader.enrols()
    asking = ask("--patience", "2")
    asking.waits()
    with reader.hung():
        before = time.monotonic()
        assert asking.is_over() == "no finger came in time"
        assert time.monotonic() - before < WAIT_S / 2


@pytest.mark.parametrize("how", [Asking.hangs_up, Asking.is_killed])
def test_the_reader_is_released_when_nobody_waits_any_more(
    reader: Reader, ask: Ask, how: Callable[[Asking], None]
) -> None:
    reader.enrols()
    asking = ask()
    asking.waits()
    assert not reader.program().claims()
    how(asking)
    reader.awaits_release()


def test_what_another_program_of_the_bus_says_is_not_taken_for_fprintds(reader: Reader, ask: Ask) -> None:
    reader.enrols()
    asking = ask("--patience", "2")
    asking.waits()
    reader.program().pretends("verify-match")
    assert asking.is_over() == "no finger came in time"
