"""Three nodes of PostgreSQL under Patroni and etcd on this machine's loopback: to try, and for the tests.

::

    python deploy/three_nodes.py FOLDER [--port N]    prints the address of a database for books, and runs until it is
                                                      told to end

What runs is what runs on three machines (deploy/README.md): the same programs of Debian, the same settings, passwords
and three etcds; the folders and ports alone are this machine's. It is run by anybody but root, whom PostgreSQL refuses.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

PACKAGES: Final = {"patroni": "patroni", "etcd": "etcd-server", "pg_rewind": "postgresql"}
NODES: Final = 3
PORTS: Final = 4 * NODES
"""For each node: PostgreSQL, Patroni's REST, etcd's clients, etcd's peers."""
_SETTINGS: Final = Path(__file__).with_name("patroni.yml")
_HOST: Final = "127.0.0.1"
_DATABASE: Final = "books"
_OWNER: Final = "etui"
_START_S: Final = 240.0
_END_S: Final = 30.0
_LOOK_S: Final = 0.2
_RUNNING: Final = frozenset({"running", "streaming"})


class NodesError(Exception):
    """The nodes cannot be started, or do not come to agree; the message says why, or which log does."""

    code = "nodes"


class Node:
    """One machine's part: an etcd, and a Patroni that runs a PostgreSQL. ``number``: 0 to 2."""

    def __init__(self, number: int, nodes: Nodes) -> None:
        self.name = f"books{number + 1}"
        self.port, self.rest, self.etcd, self.peer = nodes.ports[4 * number : 4 * number + 4]
        self.folder = nodes.folder / self.name
        self._nodes = nodes
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Starts it; it joins the others by itself."""
        self._nodes.make(self.folder)
        self._processes = [self._run("etcd", self._etcd()), self._run("patroni", ["patroni", str(_SETTINGS)])]

    def kill(self) -> None:
        """Ends all of it in the same moment, as a power cut would."""
        postgresql = self._postgresql()
        for pid in [*postgresql, *(process.pid for process in self._processes)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for process in self._processes:
            process.wait(_END_S)
        _wait(lambda: not any(Path(f"/proc/{pid}").exists() for pid in postgresql), _END_S, f"{self.name} does not end")

    def _postgresql(self) -> list[int]:
        """The server and its processes."""
        try:
            pid = int((self.folder / "data/postmaster.pid").read_text(encoding="utf-8").split()[0])
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        except (OSError, IndexError):
            return []
        return [pid, *map(int, children)]

    def _etcd(self) -> list[str]:
        client, peer = f"http://{_HOST}:{self.etcd}", f"http://{_HOST}:{self.peer}"
        cluster = ",".join(f"{node.name}=http://{_HOST}:{node.peer}" for node in self._nodes.nodes)
        return [
            *("etcd", "--name", self.name, "--data-dir", str(self.folder / "etcd"), "--log-level", "error"),
            *("--listen-client-urls", client, "--advertise-client-urls", client),
            *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
            *("--initial-cluster", cluster, "--initial-cluster-token", "etui-books"),
            *("--heartbeat-interval", "250", "--election-timeout", "2500"),
        ]

    def _run(self, name: str, command: Sequence[str]) -> subprocess.Popen[bytes]:
        environ = self._nodes.environ | {
            "PATRONI_NAME": self.name,
            "PATRONI_ETCD3_HOSTS": ",".join(f"{_HOST}:{node.etcd}" for node in self._nodes.nodes),
            "PATRONI_RESTAPI_LISTEN": f"{_HOST}:{self.rest}",
            "PATRONI_RESTAPI_CONNECT_ADDRESS": f"{_HOST}:{self.rest}",
            "PATRONI_POSTGRESQL_LISTEN": f"{_HOST}:{self.port}",
            "PATRONI_POSTGRESQL_CONNECT_ADDRESS": f"{_HOST}:{self.port}",
            "PATRONI_POSTGRESQL_DATA_DIR": str(self.folder / "data"),
            "PATRONI_POSTGRESQL_PGPASS": str(self.folder / "pgpass"),
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
                command,
                env=environ,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._nodes.own,
            )


class Nodes:
    """Three nodes in ``folder``, which is empty or not there yet, on 12 ``ports`` of the loopback.

    ``user``: who runs them, where this is root; else who runs this does.
    """

    def __init__(self, folder: Path, ports: Sequence[int], user: pwd.struct_passwd | None = None) -> None:
        if len(ports) != PORTS:
            raise NodesError(f"{NODES} nodes take {PORTS} ports, not {len(ports)}")
        if os.geteuid() == 0 and user is None:
            raise NodesError("PostgreSQL is not run by root: start it as somebody else")
        if folder.exists() and any(folder.iterdir()):
            raise NodesError(f"there is something in {folder}: their passwords are made anew, so name an empty folder")
        if package := missing_package():
            raise NodesError(f"it needs package {package}")
        self.folder, self.ports = folder, tuple(ports)
        self._user = user
        self.own = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user is not None else {}
        self._passwords = {who: secrets.token_urlsafe(18) for who in ("superuser", "replication", "rewind", "owner")}
        roles = {"superuser": "postgres", "replication": "replicator", "rewind": "rewinder"}
        self.environ = {
            "PATH": os.environ["PATH"],
            "LC_ALL": "C.UTF-8",
            "PATRONI_POSTGRESQL_BIN_DIR": str(_binaries("pg_rewind")),
            **{f"PATRONI_{who.upper()}_USERNAME": role for who, role in roles.items()},
            **{f"PATRONI_{who.upper()}_PASSWORD": self._passwords[who] for who in roles},
        }
        self.nodes = [Node(number, self) for number in range(NODES)]

    def make(self, folder: Path) -> None:
        """A folder of who runs the nodes, where there is none."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if self._user is not None:
            os.chown(folder, self._user.pw_uid, self._user.pw_gid)

    def start(self) -> None:
        """Returns when there are a primary, a second node that has all it acknowledges, and a third one."""
        self.make(self.folder)
        for node in self.nodes:
            node.start()
        self.wait_until_whole()
        with self._superuser() as connection:
            owner, password = sql.Identifier(_OWNER), sql.Literal(self._passwords["owner"])
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(owner, password))
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(_DATABASE), owner))

    def end(self) -> None:
        """Ends them; what they kept stays in the folder."""
        for node in self.nodes:
            node.kill()

    @property
    def address(self) -> str:
        """The address of a database for books: whichever node is the primary."""
        hosts = "&".join(f"host={_HOST}:{node.port}" for node in self.nodes)
        return f"postgresql://{_OWNER}:{self._passwords['owner']}@/{_DATABASE}?{hosts}&target_session_attrs=read-write"

    def new_books(self) -> str:
        """The address of a schema that was not there before."""
        name = f"etui_{secrets.token_hex(6)}"
        with self._superuser(_DATABASE) as connection:
            names = sql.Identifier(name), sql.Identifier(_OWNER)
            connection.execute(sql.SQL("CREATE SCHEMA {} AUTHORIZATION {}").format(*names))
        return f"{self.address}&options=-csearch_path%3D{name}"

    def primary(self) -> Node | None:
        """The node that Patroni says is the primary now; None while there is none, or nobody says."""
        names = [member["name"] for member in self.members() if member["role"] == "leader"]
        return next((node for node in self.nodes if node.name in names), None)

    def members(self) -> list[dict[str, Any]]:
        """What any Patroni that answers says of all, each with ``name``, ``role`` and ``state``."""
        for node in self.nodes:
            with contextlib.suppress(OSError, ValueError):
                answer = urllib.request.urlopen(f"http://{_HOST}:{node.rest}/cluster", timeout=5)
                with answer:
                    found: list[dict[str, Any]] = json.load(answer)["members"]
                    return found
        return []

    def wait_until_whole(self) -> None:
        """Returns when all three run, and one of them has each commit before it is acknowledged."""

        def whole() -> bool:
            members = self.members()
            roles = sorted(member["role"] for member in members if member["state"] in _RUNNING)
            return roles == ["leader", "replica", "sync_standby"]

        _wait(whole, _START_S, f"the nodes do not come to agree: see *.log in {self.folder}")

    def _superuser(self, database: str = "postgres") -> psycopg.Connection[Any]:
        return psycopg.connect(
            host=",".join(_HOST for _ in self.nodes),
            port=",".join(str(node.port) for node in self.nodes),
            user="postgres",
            password=self._passwords["superuser"],
            dbname=database,
            target_session_attrs="read-write",
            connect_timeout=5,
            autocommit=True,
        )


@contextlib.contextmanager
def running(folder: Path, ports: Sequence[int], user: pwd.struct_passwd | None = None) -> Iterator[Nodes]:
    """Three nodes for as long as that; raises ``NodesError``."""
    nodes = Nodes(folder, ports, user)
    try:
        nodes.start()
        yield nodes
    finally:
        nodes.end()


def missing_package() -> str | None:
    """The first package of Debian that is not here and is needed; None where all are."""
    here = (shutil.which(program) or _binaries(program) for program in PACKAGES)
    return next((package for package, found in zip(PACKAGES.values(), here, strict=True) if not found), None)


def _binaries(program: str) -> Path | None:
    """Where the newest of Debian's PostgreSQL servers is installed that has this program; None where none has."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


def _wait(holds: Callable[[], bool], seconds: float, otherwise: str) -> None:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            raise NodesError(otherwise)
        time.sleep(_LOOK_S)


def main() -> int:
    """Runs them until SIGTERM or SIGINT; 1 where they cannot be started, with a sentence that says why."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="for what they keep: empty, or not there yet")
    parser.add_argument("--port", type=int, default=24_000, metavar="N", help="the first of 12 ports (%(default)s)")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with running(options.folder.absolute(), range(options.port, options.port + PORTS)) as nodes:
            sys.stdout.write(f"{nodes.address}\n")
            sys.stdout.flush()
            signal.pause()
    except (NodesError, OSError, psycopg.Error) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
