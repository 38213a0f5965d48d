"""secret-tool, which is libsecret, unchanged."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.doors.secret_service.conftest import DoorProcess
from tests.doors.secret_service.router_peer import RouterPeer
from tests.doors.secret_service.test_locking import lock_wallet

pytestmark = [
    pytest.mark.skipif(shutil.which("secret-tool") is None, reason="needs package libsecret-tools"),
    pytest.mark.usefixtures("door"),
]


def secret_tool(environ: dict[str, str], *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["secret-tool", *arguments], env=environ, input=given, capture_output=True, text=True, timeout=60, check=False
    )


@contextmanager
def started(environ: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A secret-tool that waits for the user."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        ["secret-tool", *arguments], env=environ, stdin=pipe, stdout=pipe, stderr=pipe, text=True
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def test_what_was_stored_is_looked_up_searched_and_cleared(environ: dict[str, str], router: RouterPeer) -> None:
    stored = secret_tool(environ, "store", "--label=A label", "service", "mail", "user", "bob", given="s3cret")
    assert (stored.returncode, stored.stderr) == (0, "")
    looked_up = secret_tool(environ, "lookup", "service", "mail")
    assert (looked_up.returncode, looked_up.stdout) == (0, "s3cret")
    found = secret_tool(environ, "search", "--all", "service", "mail")
    assert "label = A label" in found.stdout
    assert "secret = s3cret" in found.stdout
    cleared = secret_tool(environ, "clear", "service", "mail")
    assert cleared.returncode == 0
    assert not router.entries
    assert secret_tool(environ, "lookup", "service", "mail").returncode == 1


def test_what_is_stored_again_with_the_same_attributes_is_replaced(environ: dict[str, str], router: RouterPeer) -> None:
    for value in ("one", "two"):
        assert secret_tool(environ, "store", "--label=L", "service", "mail", given=value).returncode == 0
    assert len(router.entries) == 1
    assert secret_tool(environ, "lookup", "service", "mail").stdout == "two"


def test_a_lookup_in_a_locked_wallet_waits_for_the_dialog(
    door: DoorProcess, environ: dict[str, str], router: RouterPeer
) -> None:
    router.add("alice", "L", {"service": "mail"}, b"pw")
    lock_wallet(door)
    with started(environ, "lookup", "service", "mail") as looking_up:
        router.dialogs.get(timeout=60).approve()
        assert looking_up.communicate(timeout=60) == ("pw", "")


def test_a_store_in_a_locked_wallet_unlocks_it_first(
    door: DoorProcess, environ: dict[str, str], router: RouterPeer
) -> None:
    lock_wallet(door)
    with started(environ, "store", "--label=L", "service", "mail") as storing:
        assert storing.stdin is not None
        storing.stdin.write("pw")
        storing.stdin.close()
        router.dialogs.get(timeout=60).approve()
        assert storing.wait(60) == 0
    assert [entry.value for entry in router.entries.values()] == [b"pw"]


def test_a_lookup_that_the_user_keeps_locked_is_an_error_and_not_nothing(
    door: DoorProcess, environ: dict[str, str], router: RouterPeer
) -> None:
    lock_wallet(door)
    with started(environ, "lookup", "service", "mail") as looking_up:
        router.dialogs.get(timeout=60).refuse()
        output, errors = looking_up.communicate(timeout=60)
    assert (looking_up.returncode, output) == (1, "")
    assert "locked" in errors


def test_a_secret_that_the_user_refuses_is_an_error_and_not_nothing(
    environ: dict[str, str], router: RouterPeer
) -> None:
    router.add("alice", "L", {"service": "mail"}, b"pw")
    router.ask_for.add("secret/1.read")
    with started(environ, "lookup", "service", "mail") as looking_up:
        router.dialogs.get(timeout=60).refuse()
        output, errors = looking_up.communicate(timeout=60)
    assert (looking_up.returncode, output) == (1, "")
    assert "the user said no" in errors


def test_a_collection_can_be_locked_by_its_name(environ: dict[str, str], router: RouterPeer) -> None:
    router.add("alice", "L", {"service": "mail"}, b"pw")
    secret_tool(environ, "lock", "--collection=login")  # 0.20.5 crashes once it is locked, with gnome-keyring too
    assert "secret = pw" not in secret_tool(environ, "search", "service", "mail").stdout
    assert "secret = pw" in secret_tool(environ, "search", "--unlock", "service", "mail").stdout
