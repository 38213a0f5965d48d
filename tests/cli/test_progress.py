"""What takes longer than a second says how far it is, at a terminal and nowhere else."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

import msgspec
import pytest
from tests.cli.etui import ETUI, done
from tests.cli.test_keys import slow_to_open
from tests.trusted.archive.test_archive import member_of

from etui.cli import progress
from etui.testkit import TestWallet
from etui.trusted.archive import HEADER

_WAIT_S = 60.0
_LARGE = 7 << 30
"""Bytes of a file of holes: it takes no room, and longer than a second to read."""
_ERASED = "\r\x1b[K"
_PATIENT = """
import sys
from etui.cli import main, progress
progress.PATIENCE_S = 1000.0
sys.exit(main.main(sys.argv[1:]))
"""
"""For a machine on which nothing is done within a second."""

_ASKED = """
import sys, threading
from etui.cli import items, main
def confirmed(question):
    waiting = [one for one in threading.enumerate() if isinstance(one, threading.Timer) and not one.finished.is_set()]
    sys.stderr.write(f"{question} {len(waiting)} timers run.")
    return False
items.confirmed = confirmed
sys.exit(main.main(sys.argv[1:]))
"""
"""Says at the question at the terminal whether something may still be written into it."""


class AtTerminal:
    """A command whose standard error is a terminal."""

    def __init__(
        self,
        environ: Mapping[str, str],
        *arguments: str,
        command: Sequence[str] = ETUI,
        stdin: int = subprocess.DEVNULL,
    ) -> None:
        self._terminal, other = pty.openpty()
        self.process = subprocess.Popen(
            [*command, *arguments],
            env=environ,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=other,
            text=True,
        )
        os.close(other)
        self.shown = ""

    def wait_for(self, pattern: str) -> re.Match[str]:
        deadline = time.monotonic() + _WAIT_S
        while (found := re.search(pattern, self.shown)) is None:
            assert time.monotonic() < deadline, self.shown
            assert self._read(), self.shown
        return found

    def finish(self) -> str:
        """Its standard output, once it has ended."""
        while self._read():
            pass
        stdout, _ = self.process.communicate(timeout=_WAIT_S)
        return stdout

    def _read(self) -> bool:
        ready, _, _ = select.select([self._terminal], [], [], _WAIT_S)
        try:
            piece = os.read(self._terminal, 4096) if ready else b""
        except OSError:  # the other end is closed
            piece = b""
        self.shown += piece.decode()
        return bool(piece)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._terminal)
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def large(short_dir: Path) -> dict[str, str]:
    """The environment of a profile with a large file; no wallet runs in it."""
    home = short_dir / "home"
    (home / "storage").mkdir(parents=True)
    (home / "profile.json").write_text('{"format": 1, "id": "0123456789abcdef"}')
    (home / "vouched.json").write_text('{"format": 1, "files": {}, "mac": ""}')
    (home / "storage/records.db").touch()
    os.truncate(home / "storage/records.db", _LARGE)
    return {**os.environ, "ETUI_HOME": str(home), "XDG_RUNTIME_DIR": str(short_dir)}


@pytest.fixture
def archive(short_dir: Path) -> Path:
    """The beginning of an archive of a large file, and holes behind it."""
    file = {"size": _LARGE, "mode": 0o600, "sha256": "0" * 64}
    header = {"format": 1, "profile": "x", "created": 0, "files": [{"path": "storage/records.db", **file}]}
    path = short_dir / "archive"
    member = tarfile.TarInfo("storage/records.db")
    member.size, member.mode = _LARGE, 0o600
    path.write_bytes(member_of(HEADER, msgspec.json.encode(header)) + member.tobuf(tarfile.USTAR_FORMAT))
    os.truncate(path, path.stat().st_size + _LARGE)
    return path


@contextlib.contextmanager
def paused(wallet: TestWallet) -> Iterator[None]:
    """Every process of the wallet stands still, but for its supervisor."""
    children = Path(f"/proc/{wallet.pid}/task/{wallet.pid}/children").read_text().split()
    for child in children:
        os.kill(int(child), signal.SIGSTOP)
    try:
        yield
    finally:
        for child in children:
            os.kill(int(child), signal.SIGCONT)


def is_open(path: Path, pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError):  # a descriptor that was closed while it was looked at
        return any(descriptor.resolve() == path for descriptor in Path(f"/proc/{pid}/fd").iterdir())
    return False


def is_rewritten_and_erased(shown: str) -> bool:
    lines = shown.split(_ERASED)
    return lines[0] == "" and len(lines) > 2 and "\n" not in "".join(lines[:-1])


def test_an_export_shows_its_bytes_at_a_terminal_and_erases_the_line(large: dict[str, str], short_dir: Path) -> None:
    with AtTerminal(large, "export", str(short_dir / "archive")) as export:
        early = export.wait_for(r"reading the wallet: (\d+\.\d) of 7516\.2 MB")
        export.wait_for(rf"reading the wallet: (?!{re.escape(early[1])})\d+\.\d of 7516\.2 MB")
        export.process.send_signal(signal.SIGINT)
        export.finish()
    assert is_rewritten_and_erased(export.shown)
    assert export.shown.endswith(f"{_ERASED}etui: interrupted\r\n")


def test_a_restore_shows_its_bytes_at_a_terminal(archive: Path, short_dir: Path) -> None:
    environ = {**os.environ, "ETUI_HOME": str(short_dir / "new")}
    with AtTerminal(environ, "restore", str(archive)) as restore:
        restore.wait_for(r"checking the archive: \d+\.\d of 7516\.2 MB")
        restore.process.send_signal(signal.SIGINT)
        restore.finish()
    assert restore.shown.endswith(f"{_ERASED}etui: interrupted\r\n")
    assert not (short_dir / "new").exists()


def test_nothing_is_shown_where_standard_error_is_no_terminal(large: dict[str, str], short_dir: Path) -> None:
    records = Path(large["ETUI_HOME"]) / "storage/records.db"
    for number in range(7):
        with records.with_name(f"records.db.{number}").open("wb") as more:
            more.truncate(_LARGE)
    command = [*ETUI, "export", str(short_dir / "unseen")]
    with subprocess.Popen(command, env=large, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as unseen:
        while not is_open(records, unseen.pid):
            assert unseen.poll() is None
        with AtTerminal(large, "export", str(short_dir / "seen")) as seen:
            seen.wait_for("reading the wallet")  # so the other, which reads longer, does for more than a second
        unseen.send_signal(signal.SIGINT)
        assert unseen.communicate(timeout=_WAIT_S) == ("", "etui: interrupted\n")


def test_what_is_done_within_its_patience_shows_nothing(large: dict[str, str], short_dir: Path) -> None:
    assert progress.PATIENCE_S == 1.0
    os.truncate(Path(large["ETUI_HOME"]) / "storage/records.db", 1000)
    patient = (sys.executable, "-I", "-c", _PATIENT)
    with AtTerminal(large, "export", str(short_dir / "archive"), command=patient) as export:
        assert export.finish().startswith("Wrote ")
    assert export.shown == ""


def test_a_check_of_the_audit_shows_how_long_it_takes(wallet: TestWallet) -> None:
    with AtTerminal(wallet.environ, "audit", "verify") as verify:
        with paused(wallet):
            verify.wait_for(r"checking the audit.*: \d+ s")
        assert "whole and in order" in verify.finish()
    assert is_rewritten_and_erased(verify.shown)
    assert verify.shown.endswith(_ERASED)


def test_a_look_at_a_machine_whose_wallet_does_not_answer_says_that_it_waits(wallet: TestWallet) -> None:
    with AtTerminal(wallet.environ, "doctor") as doctor, paused(wallet):
        doctor.wait_for(r"etui: looking at this machine; who does not answer is waited for")
        doctor.finish()


def test_a_key_file_that_takes_long_to_open_says_so_and_how_to_end_it(tmp_path: Path) -> None:
    path = slow_to_open(tmp_path)
    (tmp_path / "typed").write_text("passphrase\n")
    with (
        (tmp_path / "typed").open() as typed,
        AtTerminal(os.environ, "key", "import", str(path), "--dry-run", stdin=typed.fileno()) as opening,
    ):
        opening.wait_for(rf"etui: opening {re.escape(str(path))} takes as long as the file says; Ctrl-C ends it")
        opening.process.send_signal(signal.SIGINT)
        opening.finish()
    assert opening.process.returncode == -signal.SIGINT


def test_nothing_is_written_into_a_question_at_the_terminal(wallet: TestWallet) -> None:
    done(wallet, "add", "Mail", stdin="hunter2")
    with AtTerminal(wallet.environ, "delete", "mail", command=(sys.executable, "-I", "-c", _ASKED)) as delete:
        delete.wait_for(r"Delete it\? \d timers run\.")
        delete.finish()
    assert "Delete it? 0 timers run." in delete.shown
