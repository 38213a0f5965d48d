"""The clock of the machine as a wallet sees it, set from outside.

``libfaketime`` gives the wallet's own processes the time that a file says, below Python. What measures waits is a clock
that nobody sets, and stays as it is.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from etui.testkit import TestWallet

HOUR_S, DAY_S = 3_600, 86_400
_LIBRARIES = ("/usr/lib/*/faketime/libfaketime.so.1", "/usr/lib/faketime/libfaketime.so.1")
_LAUNCHER = """\
import os, sys
from etui.cli.main import main
from etui.trusted.supervisor import children
faked = {faked!r}
os.environ.update(faked)
children._KEPT_VARIABLES = (*children._KEPT_VARIABLES, *faked)
sys.exit(main(sys.argv[sys.argv.index("etui.cli") + 1 :]))
"""


class Clock:
    """The time of the wallet's own processes: so many seconds from the machine's."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self._launcher = folder / "launcher.py"
        self._python = folder / "python"
        self.set(0)
        found = [path for pattern in _LIBRARIES for path in Path("/").glob(pattern.lstrip("/"))]
        if not found:
            pytest.skip("needs package faketime")
        faked = {
            "LD_PRELOAD": str(found[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        self._launcher.write_text(_LAUNCHER.format(faked=faked), encoding="utf-8")
        self._python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{self._launcher}" "$@"\n', encoding="utf-8")
        self._python.chmod(0o700)

    def set(self, ahead_s: int) -> None:
        """Sets it, negative for back."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{ahead_s:+d}\n", encoding="ascii")
        new.replace(self._file)

    def start(self, wallet: TestWallet) -> None:
        """Starts a wallet that goes by this clock."""
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(sys, "executable", str(self._python))
            wallet.start()
