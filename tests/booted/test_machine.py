"""The system in which other tests install and log in: it is a whole one, and reaches nothing of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.booted.machine import Machine


@pytest.fixture(scope="module")
def grace(booted: Machine) -> str:
    booted.add_user("grace")
    return "grace"


def test_a_person_logs_in_to_a_session_with_a_bus_and_a_service_manager(booted: Machine, grace: str) -> None:
    session = booted.does(
        "sh", "-c", 'loginctl show-session --property=Name --property=State "$XDG_SESSION_ID"', user=grace
    )
    assert session == "Name=grace\nState=active\n"
    booted.does("systemd-run", "--user", "--wait", "--quiet", "true", user=grace)
    names = booted.does("busctl", "--user", "list", user=grace)
    assert "org.freedesktop.systemd1" in names


def test_polkit_tells_root_from_others(booted: Machine, grace: str) -> None:
    asks = ("sh", "-c", "pkcheck --action-id org.freedesktop.systemd1.manage-units --process $$")
    assert booted.run(*asks).status == 0
    assert "requires authentication" in booted.run(*asks, user=grace).error


def test_nothing_of_it_reaches_this_machine(booted: Machine) -> None:
    booted.does("touch", "/usr/written-in-there")
    assert booted.path("/usr/written-in-there").exists()
    assert not Path("/usr/written-in-there").exists()
    assert [line.split(": ")[1] for line in booted.does("ip", "-oneline", "link").splitlines()] == ["lo"]
    assert booted.run("date", "--set=2030-01-01").status != 0


def test_the_journal_has_what_a_service_says(booted: Machine) -> None:
    booted.does("systemd-cat", "--identifier=grace-says", "echo", "that it works")
    booted.does("journalctl", "--sync")
    assert "that it works" in booted.journal("--identifier=grace-says")


@pytest.fixture
def own() -> Iterator[Machine]:
    """One that a test may end."""
    machine = Machine()
    yield machine
    machine.end()


@pytest.mark.long
def test_what_it_wrote_outlasts_a_reboot_and_a_power_cut(booted: Machine, own: Machine) -> None:
    del booted  # skips where none can be booted
    for again in (own.reboot, own.cut_power):
        own.does("sh", "-c", "echo kept >>/var/kept; echo gone >/run/gone")
        again()
        assert own.run("cat", "/run/gone").status != 0
    assert own.does("cat", "/var/kept") == "kept\nkept\n"


def test_a_command_that_fails_or_lasts_too_long_says_so(booted: Machine) -> None:
    ran = booted.run("sh", "-c", "echo words; echo more >&2; exit 7")
    assert (ran.status, ran.output, ran.error) == (7, "words\n", "more\n")
    assert booted.run("sleep", "60", timeout_s=1).status != 0
