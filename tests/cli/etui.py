"""Runs ``etui`` as people and programs do."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from etui.testkit import TestWallet

ETUI = (sys.executable, "-I", "-m", "etui.cli")
WAIT_S = 60.0


def wait_until(holds: Callable[[], bool]) -> None:
    """Returns when it holds; fails where it takes too long to."""
    deadline = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def run(
    *arguments: str, environ: Mapping[str, str] | None = None, stdin: str = "", timeout_s: float = 60.0
) -> subprocess.CompletedProcess[str]:
    """``etui`` with these arguments and this standard input."""
    return subprocess.run(
        [*ETUI, *arguments],
        env={**os.environ, **(environ or {})},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
        start_new_session=True,
    )


def etui(wallet: TestWallet, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """``etui`` for this wallet."""
    return run(*arguments, environ=wallet.environ, stdin=stdin)


def done(wallet: TestWallet, *arguments: str, stdin: str = "") -> str:
    """What ``etui`` says where it succeeds."""
    result = etui(wallet, *arguments, stdin=stdin)
    assert result.returncode == 0, result.stderr + result.stdout
    return result.stdout


def told(wallet: TestWallet, *arguments: str, stdin: str = "") -> Any:  # noqa: ANN401  # JSON
    """What ``etui --json`` says where it succeeds."""
    return msgspec.json.decode(done(wallet, *arguments, "--json", stdin=stdin))
