"""The code that README.md and docs/sdk.md show, copied out and run as a newcomer does."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from tests.docs.page import ROOT, Page

from etui.interfaces import secret_1 as secret
from etui.testkit import TestWallet

README: Final = Page(ROOT / "README.md")
SDK: Final = Page(ROOT / "docs/sdk.md")
STAMPS: Final = ROOT / "examples/ten-lines/stamps"
RESTIC: Final = '#!/bin/sh\n[ "$1" = --password-file ] && cat "$2" >"$RESTIC_SAW"\n'
"""A stand-in for restic(1), which reads the file that ``--password-file`` names."""

[CLIENT] = README.code("python")
READER, EXTENSION, TEST = SDK.code("python")
SHOWN: Final = [CLIENT, READER, EXTENSION, TEST]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """An empty folder in which files are made of the code."""
    return tmp_path


@pytest.fixture
def typed() -> dict[str, list[str]]:
    """The lines of the README's first commands, split as a shell does, by the name of the command of ``etui``."""
    lines = [line for block in README.code("sh") for line in block.splitlines() if line.startswith("etui ")]
    words = [shlex.split(line, comments=True)[1:] for line in lines]
    return {line[0]: line for line in words}


def ran(wallet: TestWallet, file: Path, code: str) -> subprocess.CompletedProcess[str]:
    """What became of this code as a program of that name."""
    file.write_text(code, encoding="utf-8")
    return wallet.run(sys.executable, str(file))


def test_all_of_it_is_whole_python_that_passes_the_check_of_types(here: Path) -> None:
    files = [here / f"shown_{number}.py" for number, _ in enumerate(SHOWN)]
    for file, code in zip(files, SHOWN, strict=True):
        file.write_text(code, encoding="utf-8")
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file=", "--strict", f"--cache-dir={here}", *files],
        env={**os.environ, "MYPYPATH": str(STAMPS)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_the_client_of_the_readme_makes_a_passphrase_once_and_reads_it_unasked(wallet: TestWallet, here: Path) -> None:
    asked = len(wallet.user.asked())
    first, again = (ran(wallet, here / "backup.py", f"{CLIENT}print(passphrase.decode())\n") for _ in range(2))
    assert first.returncode == 0, first.stderr
    assert len(first.stdout.strip()) == 32
    assert again.stdout == first.stdout
    assert len(wallet.user.asked()) == asked


def test_the_client_of_the_sdk_page_ends_in_words_where_nothing_is_found(wallet: TestWallet, here: Path) -> None:
    done = ran(wallet, here / "mail.py", READER)
    assert done.returncode == 1
    assert done.stderr == "no password for mail was found\n"


def test_the_client_of_the_sdk_page_reads_what_the_user_lets_it_read(wallet: TestWallet, here: Path) -> None:
    with wallet.connect() as client:
        client.call(secret.Create(kind="password", label="Mail", attributes={"service": "mail"}, value=b"planted"))
    wallet.user.refuses(times=1)
    refused = ran(wallet, here / "mail.py", READER)
    assert (refused.returncode, refused.stderr) == (1, "then no mail is fetched\n")
    wallet.user.approves()
    done = ran(wallet, here / "other.py", f"{READER}print(password.decode())\n")
    assert done.stdout == "planted\n", done.stderr


def test_the_extension_of_the_sdk_page_is_the_example() -> None:
    assert (STAMPS / "main.py").read_text(encoding="utf-8") == EXTENSION


def test_the_test_of_the_sdk_page_passes(short_dir: Path) -> None:
    (short_dir / "test_shown.py").write_text(TEST, encoding="utf-8")
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(short_dir), "--basetemp"]
    done = subprocess.run(
        [sys.executable, *words, str(short_dir / "t"), str(short_dir / "test_shown.py")],
        cwd=short_dir,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "1 passed" in done.stdout, done.stdout


def test_the_commands_of_the_readme_keep_a_password_and_hand_it_to_the_command(
    wallet: TestWallet, typed: dict[str, list[str]], here: Path
) -> None:
    restic = here / "restic"
    restic.write_text(RESTIC, encoding="ascii")
    restic.chmod(0o755)
    wallet.environ |= {"PATH": f"{here}:{os.environ['PATH']}", "RESTIC_SAW": str(here / "saw")}
    wallet.user.approves()
    added = wallet.etui(*typed["add"])
    assert added.returncode == 0, added.stderr
    used = wallet.etui(*typed["use"])
    assert used.returncode == 0, used.stderr
    assert len((here / "saw").read_bytes()) == 32
    assert used.stdout == ""
