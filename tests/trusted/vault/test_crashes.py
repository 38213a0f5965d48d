"""kill -9 at the worst moments: a try stays counted, a change happened or did not, a key is whole or not there.

A child process does the work and kills itself at a step of the disk's that the test chose.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from tests.trusted.vault.conftest import PROFILE, Wallet

from etui.sealing import Secret
from etui.trusted.vault import Allowed, Passphrase, Recovery, Vault, VaultError, standing
from etui.trusted.vault.tries import LIMIT

NEW: Final = Secret.from_text("another passphrase of words")
CHILD: Final = """
import os, signal, sys
from pathlib import Path
from etui.sealing import Secret
from etui.sealing.slots import PassphraseSlot
from etui.trusted.vault import Passphrase, Recovery, Vault

directory, kill_at = Path(sys.argv[1]), int(sys.argv[2])
recovery, new = (Secret.from_text(line.rstrip("\\n")) for line in sys.stdin)
steps = 0

def killing(call):
    def step(*args, **more):
        global steps
        if steps == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        steps += 1
        return call(*args, **more)
    return step

def arm():
    for name in ("fsync", "rename", "unlink", "mkdir"):
        setattr(os, name, killing(getattr(os, name)))

def never_answers(*_):
    os.kill(os.getpid(), signal.SIGKILL)

"""
WRONG_TRY: Final = """
PassphraseSlot.unwrap = never_answers
Vault.open(directory, Passphrase(new))
"""
CREATE: Final = f"""
arm()
Vault.create(directory, {PROFILE!r}, new)
"""
CHANGE: Final = """
vault = Vault.open(directory, Recovery(recovery)).vault
arm()
vault._replace(PassphraseSlot.wrap(Secret(bytes(vault._master)), new, vault.profile_id))
"""
KEY: Final = """
vault = Vault.open(directory, Recovery(recovery)).vault
arm()
sys.stdout.write(vault.key_for("installation-2", "publisher").hex())
sys.stdout.flush()
"""
DESTROY: Final = """
vault = Vault.open(directory, Recovery(recovery)).vault
arm()
vault.destroy_key("installation-1")
"""


def _crash(work: str, wallet: Wallet, directory: Path, kill_at: int) -> tuple[bool, str]:
    """Whether the child was killed before it had done its work, and what it wrote."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD + work, str(directory), str(kill_at)],
        input=f"{wallet.recovery.text.reveal_text()}\n{NEW.reveal_text()}\n",
        env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in {0, -signal.SIGKILL}, done.stderr
    return done.returncode != 0, done.stdout


def _opens(directory: Path, proof: Passphrase | Recovery) -> bool:
    try:
        Vault.open(directory, proof).vault.forget()
    except VaultError:
        return False
    return True


@pytest.mark.attack(37)
def test_a_try_whose_answer_was_killed_is_counted(wallet: Wallet) -> None:
    for left in (LIMIT - 1, LIMIT - 2):
        killed, _ = _crash(WRONG_TRY, wallet, wallet.directory, 0)
        assert killed
        assert standing(wallet.directory) == Allowed(left)


def test_the_count_is_synced_before_the_passphrase_is_looked_at(
    wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, rename = os.fsync, os.rename

    def synced(descriptor: int) -> None:
        fsync(descriptor)
        steps.append("sync " + Path(f"/proc/self/fd/{descriptor}").readlink().name)

    def renamed(old: str, new: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
        rename(old, new, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)
        steps.append(f"rename {new}")

    def looked(*_: object) -> Secret:
        steps.append("look")
        return Secret(bytes(32))

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "rename", renamed)
    monkeypatch.setattr("etui.sealing.slots.PassphraseSlot.unwrap", looked)
    Vault.open(wallet.directory, wallet.passphrase).vault.forget()
    assert steps[: steps.index("look")] == ["sync tries.new", "rename tries", "sync vault"]


def test_a_vault_is_made_or_not_wherever_its_making_is_killed(wallet: Wallet, tmp_path: Path) -> None:
    for kill_at in range(40):
        directory = tmp_path / f"made-{kill_at}"
        killed, _ = _crash(CREATE, wallet, directory, kill_at)
        if not killed:
            assert kill_at > 8
            return
        if not (directory / "slots.json").exists():  # not made: it can be made now
            Vault.create(directory, PROFILE, NEW)[0].forget()
        assert _opens(directory, Passphrase(NEW))
    pytest.fail("the child was killed at every step")


def test_a_passphrase_is_changed_or_not_wherever_its_change_is_killed(wallet: Wallet, tmp_path: Path) -> None:
    changed = set()
    for kill_at in range(20):
        directory = shutil.copytree(wallet.directory, tmp_path / f"changed-{kill_at}")
        killed, _ = _crash(CHANGE, wallet, directory, kill_at)
        new = _opens(directory, Passphrase(NEW))
        assert _opens(directory, wallet.passphrase) is not new
        assert _opens(directory, wallet.recovery)
        assert not list(directory.glob("*.new"))
        changed.add(new)
        if not killed:
            assert changed == {True, False}
            return
    pytest.fail("the child was killed at every step")


def test_a_key_is_whole_or_not_there_wherever_its_making_is_killed(wallet: Wallet, tmp_path: Path) -> None:
    for kill_at in range(20):
        directory = shutil.copytree(wallet.directory, tmp_path / f"key-{kill_at}")
        killed, _ = _crash(KEY, wallet, directory, kill_at)
        vault = Vault.open(directory, wallet.recovery).vault
        assert not list(directory.rglob("*.new"))
        key = vault.key_for("installation-2", "publisher")
        assert vault.key_for("installation-2", "publisher") == key
        assert vault.key_for("installation-1", "publisher") == wallet.key
        vault.forget()
        if not killed:
            return
    pytest.fail("the child was killed at every step")


def test_a_key_that_was_handed_out_is_there_after_a_crash(wallet: Wallet) -> None:
    killed, out = _crash(KEY + "never_answers()", wallet, wallet.directory, -1)
    assert killed
    vault = Vault.open(wallet.directory, wallet.recovery).vault
    assert vault.key_for("installation-2", "publisher").hex() == out
    vault.forget()


def test_a_key_is_destroyed_at_the_second_attempt_wherever_the_first_is_killed(wallet: Wallet, tmp_path: Path) -> None:
    for kill_at in range(20):
        directory = shutil.copytree(wallet.directory, tmp_path / f"destroyed-{kill_at}")
        killed, _ = _crash(DESTROY, wallet, directory, kill_at)
        vault = Vault.open(directory, wallet.recovery).vault
        vault.destroy_key("installation-1")
        assert list((directory / "keys").iterdir()) == []
        assert vault.key_for("installation-1", "publisher") != wallet.key
        vault.forget()
        if not killed:
            return
    pytest.fail("the child was killed at every step")


def test_the_lock_of_a_killed_process_is_gone(wallet: Wallet) -> None:
    killed, _ = _crash(KEY, wallet, wallet.directory, 0)
    assert killed
    assert _opens(wallet.directory, wallet.recovery)
