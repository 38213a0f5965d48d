"""docs/signed-texts.md: what it shows runs as it is copied, and what it lists is what there is."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Final

import msgspec
from tests.docs.page import ROOT, Page

from etui.interfaces import sign_1 as sign
from etui.sdk.statement import COSE_TYPE, FORMAT, JWS_TYPE
from etui.testkit import TestWallet

PAGE: Final = Page(ROOT / "docs/signed-texts.md")
ETUI: Final = (sys.executable, "-I", "-m", "etui.cli")


def test_its_commands_and_its_program_do_what_they_say(wallet: TestWallet, tmp_path: Path) -> None:
    wallet.user.approves()
    (tmp_path / "lease.txt").write_text("I rent the flat.\n", encoding="utf-8")
    (tmp_path / "plan.pdf").write_bytes(b"%PDF")
    (commands,) = PAGE.code("sh")
    said = ""
    for line in commands.splitlines():
        words = shlex.split(line, comments=True)
        target = words[words.index(">") + 1] if ">" in words else ""
        words = words[1 : words.index(">")] if target else words[1:]
        ran = subprocess.run(
            [*ETUI, *words], env=wallet.environ, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
        assert ran.returncode == 0, ran.stderr
        said = ran.stdout
        if target:
            (tmp_path / target).write_text(said, encoding="utf-8")
    assert "For        Landlord & Co" in said
    (program,) = PAGE.code("python")
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.stdout.startswith("lease.txt consent [Attachment(name='plan.pdf'"), ran.stderr


def test_it_has_every_member_of_a_statement() -> None:
    told = [name.strip("` ") for row in PAGE.tables("What the statement says")[0][1:] for name in row[0].split(",")]
    assert told == [field.name for field in msgspec.structs.fields(sign.Statement)]
    for name in (FORMAT, JWS_TYPE, COSE_TYPE):
        assert f"`{name}`" in PAGE.text
