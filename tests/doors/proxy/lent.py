"""Programs that are lent a token."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.cli.etui import done, etui
from tests.doors.proxy.service import NAME, OTHER, TOKEN, Service

from etui.testkit import TestWallet

BEARER = "Authorization: Bearer $TOKEN"


@contextlib.contextmanager
def lending(service: Service, start: Callable[[TestWallet], None] = TestWallet.start) -> Iterator[TestWallet]:
    """A wallet with the service's token in it, whose user lends it for as long as a run lasts."""
    folder = Path(tempfile.mkdtemp(prefix="e"))
    hosts = {NAME: service.port, OTHER: service.port}
    wallet = TestWallet(folder, hosts=hosts, authority=service.authority.file.read_bytes())
    try:
        start(wallet)
        wallet.create()
        wallet.user.approves()
        wallet.user.approves(remember="running", action_contains="in a")
        keep(wallet, "Token")
        yield wallet
    finally:
        wallet.end()
        shutil.rmtree(folder)


def keep(wallet: TestWallet, label: str, *options: str) -> None:
    """Stores the token by a script of its own, so that whoever is lent it has no right to it."""
    etui_ = f"{sys.executable} -I -m etui.cli"
    script = wallet.folder / f"keep-{label}"
    named = " ".join([label.lower(), NAME, *options])
    script.write_text(f"printf %s {TOKEN} | {etui_} add {label} && {etui_} use-at {named}\n", encoding="utf-8")
    kept = wallet.run("sh", str(script))
    assert kept.returncode == 0, kept.stderr


def curl(path: str, *options: str, host: str = NAME, header: str = BEARER) -> str:
    return f'curl -sS -m 60 {" ".join(options)} -H "{header}" "https://{host}{path}"'


def lent(wallet: TestWallet, script: str, *options: str, use: str = "token=TOKEN") -> subprocess.CompletedProcess[str]:
    """Runs a shell script that finds the placeholder in TOKEN."""
    return etui(wallet, "run", "--use", use, *options, "--", "sh", "-c", script)


def answered(wallet: TestWallet, script: str, *options: str, use: str = "token=TOKEN") -> str:
    """What the script says where it succeeds."""
    result = lent(wallet, script, *options, use=use)
    assert result.returncode == 0, result.stderr
    return result.stdout


def in_python(wallet: TestWallet, program: str) -> str:
    """What a program of Python says that finds the placeholder in TOKEN."""
    result = etui(wallet, "run", "--use", "token", "--", sys.executable, "-c", textwrap.dedent(program))
    assert result.returncode == 0, result.stderr
    return result.stdout


def why(wallet: TestWallet, text: str) -> str:
    """What `etui why` says of the decision that a refusal names."""
    assert "`etui why " in text, text
    return done(wallet, "why", text.split("`etui why ")[1].split("`", maxsplit=1)[0])
