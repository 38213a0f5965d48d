"""Tries are counted before they are made, slow down, end, and no clock or crash takes them back."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from etui.trusted.vault.directory import VaultDirectory
from etui.trusted.vault.errors import LockedOutError, NewerFormatError, SlowDownError, WrongPassphraseError
from etui.trusted.vault.moment import Moment, this_moment
from etui.trusted.vault.tries import (
    ASSUMED_WHEN_UNKNOWN,
    LIMIT,
    LONGEST_WAIT_S,
    Allowed,
    LockedOut,
    SlowDown,
    Tries,
    TryCounter,
    wait_after_s,
)

BOOT = "0b3a5a3c-4b55-4f39-8f6e-1d2f5c6c9a01"
NEXT_BOOT = "f6c1a0de-93a5-4c39-b7c1-0a8e6d1c2b02"


class Clock:
    """A boot's clock that the test moves."""

    def __init__(self) -> None:
        self.boot = BOOT
        self.since_boot_ms = 1_000_000

    def __call__(self) -> Moment:
        return Moment(self.boot, self.since_boot_ms)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[VaultDirectory]:
    directory = VaultDirectory.create(tmp_path / "vault")
    directory.hold()
    yield directory
    directory.close()


@pytest.fixture
def counter(directory: VaultDirectory, clock: Clock) -> TryCounter:
    counter = TryCounter(directory, clock)
    counter.clear()
    return counter


def _fail(counter: TryCounter, clock: Clock, times: int) -> None:
    """As many wrong tries, each as soon as it is allowed."""
    for _ in range(times):
        match counter.verdict():
            case SlowDown(_, wait_s):
                clock.since_boot_ms += wait_s * 1000
        counter.count()


def test_the_waits_are_as_documented() -> None:
    waits = [wait_after_s(wrong) for wrong in range(LIMIT)]
    assert waits[:13] == [0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
    assert set(waits[13:]) == {LONGEST_WAIT_S} == {15 * 60}
    assert sum(waits) > 4.5 * 3600
    assert wait_after_s(ASSUMED_WHEN_UNKNOWN) >= 60


def test_a_mistake_or_two_cost_nothing(counter: TryCounter) -> None:
    for left in (29, 28):
        counter.count()
        assert counter.verdict() == Allowed(left)


def test_a_try_that_comes_too_early_is_refused_and_not_counted(counter: TryCounter, clock: Clock) -> None:
    _fail(counter, clock, 4)
    before = counter.standing()
    clock.since_boot_ms += 1999
    with pytest.raises(SlowDownError) as caught:
        counter.count()
    assert (caught.value.wait_s, caught.value.tries_left) == (1, 26)
    assert counter.standing() == before
    clock.since_boot_ms += 1
    assert counter.count() == before


def test_the_passphrase_is_locked_out_after_the_limit_for_good(counter: TryCounter, clock: Clock) -> None:
    _fail(counter, clock, LIMIT)
    clock.boot, clock.since_boot_ms = NEXT_BOOT, 2**52
    assert counter.verdict() == LockedOut()
    with pytest.raises(LockedOutError):
        counter.count()
    assert isinstance(counter.refusal(), LockedOutError)


def test_a_success_clears_the_count_even_after_a_lock_out(counter: TryCounter, clock: Clock) -> None:
    _fail(counter, clock, LIMIT)
    counter.clear()
    assert counter.verdict() == Allowed(LIMIT)


def test_a_wrong_passphrase_says_what_is_left(counter: TryCounter, clock: Clock) -> None:
    _fail(counter, clock, 5)
    refusal = counter.refusal()
    assert isinstance(refusal, WrongPassphraseError)
    assert (refusal.tries_left, refusal.wait_s) == (25, 4)
    assert "25 tries are left" in str(refusal)
    assert "4 s" in str(refusal)


def test_the_count_is_on_the_disk_when_count_returns(
    counter: TryCounter, directory: VaultDirectory, clock: Clock
) -> None:
    counter.count()
    assert TryCounter(directory, clock).standing().wrong == 1


def test_a_restart_neither_shortens_a_wait_nor_makes_it_longer_than_it_was(counter: TryCounter, clock: Clock) -> None:
    _fail(counter, clock, 10)
    clock.boot, clock.since_boot_ms = NEXT_BOOT, 5_000
    assert counter.verdict() == SlowDown(20, 123)
    clock.since_boot_ms = 128_000
    assert counter.verdict() == Allowed(20)


def test_a_clock_set_back_within_a_boot_starts_the_wait_once_more_and_only_once(
    counter: TryCounter, clock: Clock
) -> None:
    _fail(counter, clock, 10)
    clock.since_boot_ms = 50_000
    assert counter.verdict() == SlowDown(20, 128)
    clock.since_boot_ms += 100_000
    assert counter.verdict() == SlowDown(20, 28)


@pytest.mark.attack(37)
def test_the_wall_clock_is_never_asked(
    counter: TryCounter, directory: VaultDirectory, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Set back or forward, it changes nothing, since nobody looks at it."""
    _fail(counter, clock, 10)
    really = time.clock_gettime_ns

    def boot_clock_only(which: int) -> int:
        assert which == time.CLOCK_BOOTTIME
        return really(which)

    def never(*_: object) -> NoReturn:
        pytest.fail("the wall clock was asked")

    monkeypatch.setattr(time, "clock_gettime_ns", boot_clock_only)
    for name in ("time", "time_ns", "clock_gettime"):
        monkeypatch.setattr(time, name, never)
    here = TryCounter(directory)
    here.clear()
    for _ in range(3):
        here.count()
    with pytest.raises(SlowDownError):
        here.count()


def test_the_kernels_moment_moves_forward_in_one_boot() -> None:
    first, second = this_moment(), this_moment()
    assert first.boot == second.boot
    assert not first.is_ahead_of(second)
    assert second.lasted_ms(first) < 60_000


# --- what became of the file -----------------------------------------------------------------


def test_a_missing_count_is_unknown_and_never_zero(directory: VaultDirectory, clock: Clock) -> None:
    counter = TryCounter(directory, clock)
    assert counter.verdict() == SlowDown(LIMIT - ASSUMED_WHEN_UNKNOWN, 64)
    assert counter.standing().assumed


def test_an_unknown_count_waits_once_however_often_it_is_asked(directory: VaultDirectory, clock: Clock) -> None:
    assert isinstance(TryCounter(directory, clock).verdict(), SlowDown)
    clock.since_boot_ms += 64_000
    assert TryCounter(directory, clock).verdict() == Allowed(LIMIT - ASSUMED_WHEN_UNKNOWN)


def test_a_torn_count_is_unknown(counter: TryCounter, directory: VaultDirectory, clock: Clock) -> None:
    counter.count()
    text = directory.read("tries") or b""
    for length in range(len(text) - 1):
        directory.write("tries", text[:length])
        assert counter.standing() == Tries.unknown(clock())


@given(st.binary(max_size=200) | st.just(b"[" * 100_000))
def test_any_damage_is_an_unknown_count(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as path:
        directory = VaultDirectory.open(Path(path))
        directory.write("tries", content)
        assert TryCounter(directory, Clock()).standing().wrong == ASSUMED_WHEN_UNKNOWN
        directory.close()


@pytest.mark.parametrize("wrong", [-1, LIMIT + 1, 2**70, '"0"', "null"])
def test_a_count_that_cannot_be_is_unknown(wrong: object, counter: TryCounter, directory: VaultDirectory) -> None:
    text = (directory.read("tries") or b"").replace(b'"wrong":0', f'"wrong":{wrong}'.encode())
    directory.write("tries", text)
    assert counter.standing().assumed


def test_a_count_of_a_newer_version_is_refused_and_left_alone(directory: VaultDirectory, clock: Clock) -> None:
    directory.write("tries", b'{"format":2,"other":true}')
    with pytest.raises(NewerFormatError, match="format 2"):
        TryCounter(directory, clock).standing()
    assert directory.read("tries") == b'{"format":2,"other":true}'


# --- whatever happens ------------------------------------------------------------------------


class Guessing(RuleBasedStateMachine):
    """Somebody guesses, waits, restarts the machine, turns its clocks and kills the process.

    True time passes underneath. However it is mixed, the n-th wrong try is followed by its wait in true time.
    """

    def __init__(self) -> None:
        super().__init__()
        self.true_ms = 10_000_000
        self.boots = 1
        self.offset_ms = -9_000_000
        self.tries = Tries.none(self.now())
        self.last_try_ms: int | None = None
        self.made = 0

    def now(self) -> Moment:
        return Moment(f"boot-{self.boots}", max(0, self.true_ms + self.offset_ms))

    @rule()
    def guess(self) -> None:
        if isinstance(self.tries.verdict(self.now()), Allowed):
            if self.last_try_ms is not None:
                assert self.true_ms - self.last_try_ms >= wait_after_s(self.made) * 1000
            self.tries = self.tries.counted(self.now())
            self.made += 1
            self.last_try_ms = self.true_ms

    @rule(passed_ms=st.integers(0, 2_000_000))
    def wait(self, passed_ms: int) -> None:
        self.true_ms += passed_ms

    @rule()
    def wait_as_told(self) -> None:
        match self.tries.verdict(self.now()):
            case SlowDown(_, wait_s):
                self.true_ms += wait_s * 1000
                assert isinstance(self.tries.verdict(self.now()), Allowed)

    @rule(off_ms=st.integers(0, 100_000_000))
    def restart(self, off_ms: int) -> None:
        self.true_ms += off_ms
        self.boots += 1
        self.offset_ms = -self.true_ms

    @invariant()
    def there_is_an_end(self) -> None:
        assert self.made == self.tries.wrong <= LIMIT
        assert isinstance(self.tries.verdict(self.now()), LockedOut) is (self.made == LIMIT)


TestGuessing = Guessing.TestCase
