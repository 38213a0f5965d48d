"""A real sshd of this test's own, where the packages are there."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from judges import sshd
from judges.sshd import Server

__all__ = ["Server", "server"]


@contextlib.contextmanager
def server(folder: Path, also: str = "") -> Iterator[Server]:
    """An sshd with a key of its own, which runs until the block ends; ``also``: more lines of its configuration."""
    if not Path(sshd.SSHD).exists() or shutil.which("ssh") is None:
        pytest.skip("needs packages openssh-client and openssh-server")
    with sshd.server(folder, also) as started:
        yield started
