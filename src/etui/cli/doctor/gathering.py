"""Asks everybody who has to be asked, all at once, each with a bound."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import msgspec

import etui
from etui.cli.doctor.findings import Machine
from etui.cli.doctor.sockets import answers
from etui.cli.doctor.told import Examination, Running, SessionBus, Silence, SystemBus, Told
from etui.interfaces import wallet_1 as wallet
from etui.protocol import Place, ProtocolError, find_place
from etui.sdk import Client, ConnectionLost

_BOUND_S: Final = 20.0
"""It takes less than one; so much where a machine is very busy."""
_ANSWER_S: Final = 10.0
_EXAMINATION: Final = "etui.trusted.supervisor.examination"
_SYSTEM_SOCKET: Final = Path("/run/dbus/system_bus_socket")
_MISSING: Final = '. "$1/setup/packages.sh"; missing_packages "$1/packages/debian-run.txt"'
_SAID_CHARACTERS: Final = 300


def this_machine(environ: Mapping[str, str], uid: int, home: Path) -> Machine:
    """This machine, with what everybody answered."""
    code = Path(etui.__file__).parent
    place, misplaced = _place(environ, uid)
    with ThreadPoolExecutor(4) as beside:
        examination = beside.submit(examined)
        packages = beside.submit(missing_packages, code.parent.parent)
        running = beside.submit(asked_wallet, place.socket)
        buses = beside.submit(_buses, environ)
        session_bus, system_bus = buses.result()
        told = Told(
            examination=examination.result(),
            wallet=running.result() if not misplaced else None,
            session_bus=session_bus,
            system_bus=system_bus,
            packages=packages.result(),
        )
    return Machine(
        environ=environ,
        uid=uid,
        home=home,
        code=code,
        wallet=place.home,
        runtime=place.runtime,
        misplaced=misplaced,
        told=told,
    )


def _place(environ: Mapping[str, str], uid: int) -> tuple[Place, str]:
    """Where the profile is, and why its socket has no place, if so; it is then the place with no variable for that."""
    try:
        return find_place(environ, uid), ""
    except (ValueError, OSError) as error:
        folders = ("ETUI_HOME", "HOME", "XDG_DATA_HOME")
        usual = {name: value for name in folders if (value := environ.get(name, "")).startswith("/")}
        return find_place(usual, uid), str(error)


def examined() -> Examination | Silence:
    """What the trusted part finds out; why it could not, in the last words that it said."""
    printed = _printed([sys.executable, "-I", "-m", _EXAMINATION])
    if isinstance(printed, Silence):
        return printed
    try:
        return msgspec.json.decode(printed, type=Examination)
    except msgspec.DecodeError as error:
        return Silence(f"what it said cannot be read: {error}")


def missing_packages(checkout: Path) -> tuple[str, ...] | str | None:
    """Lines of ``packages/debian-run.txt`` whose package is missing, as ``./run`` finds them."""
    if not (checkout / "packages/debian-run.txt").is_file():
        return None
    printed = _printed(["/bin/sh", "-euc", _MISSING, "sh", str(checkout)])
    return printed.reason if isinstance(printed, Silence) else tuple(printed.decode(errors="replace").splitlines())


def _printed(command: list[str]) -> bytes | Silence:
    """What a program prints; in words why it does not."""
    try:
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_BOUND_S, check=False)
    except subprocess.TimeoutExpired:
        return Silence(f"it took longer than {_BOUND_S:.0f} seconds", is_late=True)
    except OSError as error:
        return Silence(str(error))
    if ended.returncode == 0:
        return ended.stdout
    lines = ended.stderr.decode(errors="replace").strip().splitlines() or [f"it ended with status {ended.returncode}"]
    return Silence(lines[-1][-_SAID_CHARACTERS:])


def asked_wallet(socket: Path) -> Running | str | None:
    """What the wallet says that listens there; nobody is asked for it."""
    try:
        with Client.connect(socket, name="etui", timeout_s=_ANSWER_S) as client:
            doors = client.call(wallet.Doors(), quiet=True).doors
            return Running(
                client.call(wallet.Status()), {door.door: door.detail or "" for door in doors if door.state == "open"}
            )
    except ConnectionLost as error:
        return error.message if answers(socket) else None
    except TimeoutError:
        return f"it did not answer within {_ANSWER_S:.0f} seconds"
    except ProtocolError as error:
        return error.message


def _buses(environ: Mapping[str, str]) -> tuple[SessionBus | None, SystemBus | None]:
    session = environ.get("DBUS_SESSION_BUS_ADDRESS", "")
    system = environ.get("DBUS_SYSTEM_BUS_ADDRESS", "")
    if not system and _SYSTEM_SOCKET.is_socket():
        system = f"unix:path={_SYSTEM_SOCKET}"
    return (session_bus(session) if session else None), (system_bus(system) if system else None)


def session_bus(address: str) -> SessionBus:
    """What the session's bus at this address says, which the environment names too."""
    try:
        from etui.cli.bus import SECRETS, is_started_for, serving, unreachable  # noqa: PLC0415  # it may be missing
    except ImportError as error:
        return SessionBus(address, f"it cannot be asked: {error}")
    if problem := unreachable(address):
        return SessionBus(address, problem)
    holder = serving(SECRETS)
    return SessionBus(address, "", str(holder) if holder is not None else "", is_started_for(SECRETS))


def system_bus(address: str) -> SystemBus:
    """What the system's bus at this address says."""
    try:
        from etui.cli.bus import session_in_logind, unreachable  # noqa: PLC0415  # it may be missing
    except ImportError as error:
        return SystemBus(address, f"it cannot be asked: {error}")
    if problem := unreachable(address):
        return SystemBus(address, problem)
    session = session_in_logind(address)
    return SystemBus(address, "", session is not None, session or "")
