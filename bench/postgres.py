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

import msgspec
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


class Cluster(msgspec.Struct, frozen=True):
    """A server that runs, in ``folder``, as ``user``."""

    folder: Path
    user: str

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
    user = _user()
    folder = Path(tempfile.mkdtemp(prefix="etui-pg-", dir="/tmp"))  # a socket's path has to be short
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, user.pw_name, user.pw_gid)
        with _running(binaries, folder, user, _SETTINGS | (settings or {})):
            yield Cluster(folder, user.pw_name)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _user() -> pwd.struct_passwd:
    """Who runs the server: whoever runs this, or somebody who is not root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    names = {entry.pw_name for entry in pwd.getpwall()}
    return pwd.getpwnam(next(name for name in _USERS if name in names))


@contextlib.contextmanager
def _running(binaries: Path, folder: Path, user: pwd.struct_passwd, settings: dict[str, str]) -> Iterator[None]:
    own = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "cwd": folder}
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    data = folder / "data"
    make = [binaries / "initdb", "--auth=trust", "--encoding=UTF8", "--no-sync", "--username", user.pw_name]
    subprocess.run([*make, "-D", data], check=True, env=environment, **quiet, **own)  # type: ignore[call-overload]
    told = [f"--{name}={value}" for name, value in settings.items()]
    command = [binaries / "postgres", "-D", data, "-k", folder, *told]
    process = subprocess.Popen(command, env=environment, **quiet, **own)  # type: ignore[call-overload]
    try:
        _wait(process, folder, user.pw_name)
        yield
    finally:
        process.send_signal(signal.SIGQUIT)  # at once: what it kept goes with its folder
        process.wait(30)


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
