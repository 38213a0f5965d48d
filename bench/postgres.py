"""A PostgreSQL server of one's own: in a temporary folder, on a Unix socket there, never as root, gone at the end."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

PACKAGE = "postgresql"
_USERS = ("postgres", "nobody")
_START_S = 60.0
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "on",
    "synchronous_commit": "on",
    "shared_buffers": "64MB",
    "max_connections": "40",
    "logging_collector": "off",
    "log_min_messages": "fatal",
}


class Cluster:
    """A server in ``folder``, as ``user``, which runs between ``start`` and ``crash``."""

    def __init__(self, binaries: Path, folder: Path, user: pwd.struct_passwd, settings: dict[str, str]) -> None:
        self.folder = folder
        self.user = user.pw_name
        self._binaries = binaries
        self._own = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        self._told = [f"--{name}={value}" for name, value in settings.items()]
        self._process: subprocess.Popen[bytes] | None = None
        make = ["initdb", "--auth=trust", "--encoding=UTF8", "--no-sync", "--username", self.user]
        if self._run(*make, "-D", folder / "data").wait(_START_S):
            raise RuntimeError("PostgreSQL makes no cluster")

    def start(self) -> None:
        """Returns when it answers; raises ``RuntimeError``."""
        self._process = self._run("postgres", "-D", self.folder / "data", "-k", self.folder, *self._told)
        _wait(self._process, self.folder, self.user)

    def crash(self) -> None:
        """Ends it without a checkpoint: what was acknowledged is in its log alone, and is recovered by ``start``."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(30)

    def _run(self, program: str, *arguments: str | Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
            [self._binaries / program, *arguments],
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **self._own,
        )

    def new_books(self) -> str:
        """The address of a schema that was not there before: made sooner than a database, and as much apart."""
        name = f"etui_{secrets.token_hex(6)}"
        with psycopg.connect(host=str(self.folder), user=self.user, dbname="postgres", autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        return f"{self.address}&options=-csearch_path%3D{name}"

    @property
    def address(self) -> str:
        """The address of the database that each server has."""
        return f"postgresql://{self.user}@/postgres?host={self.folder}"


def programs() -> Path | None:
    """Where the newest of Debian's servers is installed; None where none is."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@contextlib.contextmanager
def cluster(settings: dict[str, str] | None = None) -> Iterator[Cluster]:
    """A server with these settings beside the usual ones; raises ``RuntimeError`` where it does not start."""
    binaries = programs()
    if binaries is None:
        raise RuntimeError(f"needs package {PACKAGE}")
    user = server_user()
    folder = Path(tempfile.mkdtemp(prefix="etui-pg-", dir="/tmp"))  # a socket's path has to be short
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, user.pw_name, user.pw_gid)
        made = Cluster(binaries, folder, user, _SETTINGS | (settings or {}))
        try:
            made.start()
            yield made
        finally:
            made.crash()  # what it kept goes with its folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def server_user() -> pwd.struct_passwd:
    """Who runs the server: whoever runs this, or somebody who is not root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    names = {entry.pw_name for entry in pwd.getpwall()}
    return pwd.getpwnam(next(name for name in _USERS if name in names))


def _wait(process: subprocess.Popen[bytes], folder: Path, user: str) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            psycopg.connect(host=str(folder), user=user, dbname="postgres").close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("PostgreSQL does not start") from None
            time.sleep(0.05)
        else:
            return
