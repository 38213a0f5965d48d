"""The wallet of a person at a desktop, beside a real logind: it locks with the session, and nothing there opens it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec
import pytest
from tests.booted.machine import Machine
from tests.debian.installed import Installed, Person

pytestmark = pytest.mark.timeout(900)  # the package is built and installed for the first of them

LOGIND: Final = "org.freedesktop.login1"
MANAGER: Final = (LOGIND, "/org/freedesktop/login1", f"{LOGIND}.Manager")
KEYED: Final = ("etui.trusted.vault", "etui.extensions.secrets", "etui.extensions.storage_software")
WATCH: Final = "etui.trusted.native.session"
PROCESSES: Final = "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"
HOOK: Final = "/usr/lib/systemd/system-sleep/what-runs"
AT_SLEEP: Final = "/run/at-sleep"
TRIES: Final = 5


@pytest.fixture
def session(installed: Installed, ada: Person) -> Iterator[str]:
    """One that she is logged in to, by its name for logind; her wallet, a user service, is unlocked and follows it."""
    machine = installed.machine
    name = machine.log_in(ada.name)
    for _ in range(TRIES):  # the first time, the wallet may not have heard yet of who came
        ada.unlocks()
        machine.does("loginctl", "lock-session", name)
        ada.waits_until("locked")
        ada.unlocks()
        if "the session was locked" in why_locked(ada):
            break
    else:
        pytest.fail("the wallet does not follow the session")
    yield name
    machine.run("loginctl", "terminate-session", name)


def why_locked(person: Person) -> str:
    """What the wallet says of its last lock, once it is open again."""
    listed = person.does("etui", "audit", "--text", "lock", "--json")
    rows = msgspec.json.decode(listed, type=list[dict[str, object]])
    last = next(str(row["id"]) for row in rows if row["action"] == "lock")
    return person.does("etui", "why", last)


def holds_sleep_back(machine: Machine) -> bool:
    """Whether logind is held back by the wallet."""
    said = machine.does("busctl", "--json=short", "call", *MANAGER, "ListInhibitors")
    [held] = msgspec.json.decode(said)["data"]
    return ["sleep", "Etui", "delay"] in [[what, who, mode] for what, who, _, mode, _, _ in held]


def hints(person: Person, session: str, *, locked: bool) -> None:
    """Says to logind, as a screen lock of hers does, whether the session is locked."""
    said = person.does("busctl", "--json=short", "call", *MANAGER, "GetSession", "s", session)
    [path] = msgspec.json.decode(said)["data"]
    person.does("busctl", "call", LOGIND, path, f"{LOGIND}.Session", "SetLockedHint", "b", str(locked).lower())


def sleeps_and_wakes(machine: Machine) -> str:
    """What runs as the machine goes to sleep, by its command lines; returns when it is awake again."""
    machine.path(AT_SLEEP).unlink(missing_ok=True)
    machine.does("sh", "-c", f"cat >{HOOK} && chmod 755 {HOOK}", stdin=f"#!/bin/sh\n{PROCESSES} >{AT_SLEEP}.$1\n")
    machine.does("systemctl", "suspend")
    machine.does("sh", "-c", f"until [ -e {AT_SLEEP}.post ]; do sleep 0.1; done")
    machine.does("rm", HOOK)
    ran = machine.does("cat", f"{AT_SLEEP}.pre")
    machine.does("rm", f"{AT_SLEEP}.pre", f"{AT_SLEEP}.post")
    return ran


def test_it_locks_when_the_session_is_locked(installed: Installed, ada: Person, session: str) -> None:
    installed.machine.does("loginctl", "lock-session", session)
    ada.waits_until("locked")
    ada.unlocks()
    assert "the session was locked" in why_locked(ada)


def test_it_locks_when_a_screen_lock_says_that_it_covers_the_session(ada: Person, session: str) -> None:
    hints(ada, session, locked=True)
    ada.waits_until("locked")
    ada.unlocks()
    assert "the session was locked" in why_locked(ada)


def test_it_locks_when_she_is_logged_out(installed: Installed, ada: Person, session: str) -> None:
    installed.machine.does("loginctl", "terminate-session", session)
    ada.waits_until("locked")
    ada.unlocks()
    assert "the session ended" in why_locked(ada)


@pytest.mark.attack(248)
def test_the_machine_sleeps_when_no_process_with_a_key_is_left(installed: Installed, ada: Person, session: str) -> None:
    machine = installed.machine
    assert session
    assert holds_sleep_back(machine)
    before = machine.does("sh", "-c", PROCESSES)
    assert [module for module in (*KEYED, WATCH) if module not in before] == []
    at_sleep = sleeps_and_wakes(machine)
    assert WATCH in at_sleep
    assert [module for module in KEYED if module in at_sleep] == []
    ada.waits_until("locked")
    ada.unlocks()
    assert "the machine is about to sleep" in why_locked(ada)


@pytest.mark.attack(248)
def test_nothing_that_logind_says_opens_it(installed: Installed, ada: Person, session: str) -> None:
    machine = installed.machine
    hints(ada, session, locked=True)
    ada.waits_until("locked")
    hints(ada, session, locked=False)
    machine.does("loginctl", "unlock-session", session)
    machine.does("loginctl", "unlock-sessions")
    assert WATCH in sleeps_and_wakes(machine)
    while not holds_sleep_back(machine):  # so the wallet has heard of the waking, and of all before
        pass
    assert ada.state == "locked"
    assert [module for module in KEYED if module in machine.does("sh", "-c", PROCESSES)] == []
