"""``managed.*``: the Debian package, and a wallet under users of its own beside one per user, in a booted system.

Both wallets are the package's, in one system, each with a person, a door on that person's bus and as many items.
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from typing import Final

import jeepney
import msgspec
import secretstorage
from tests.booted.machine import Machine
from tests.debian.installed import Person
from tests.debian.managed import Managed

from bench.extent import Extent
from bench.figures import Figure, absolute, ratio_of_rounds
from bench.package import package_in, size_of
from bench.wallets import folder

_WANT_RATIO: Final = 1.3
_WANT_MS: Final = 300.0
_PLACE: Final = "/usr/lib/etui-bench"
_PROGRAM: Final = Path(__file__).with_name("within.py")
_GETS: Final = 200
_FILL_S: Final = 600.0
_STABLE_S: Final = 11.0
"""What ends earlier after its start is started again later each time."""


def measure(extent: Extent) -> list[Figure]:
    """``managed.deb_mb``, ``managed.ratio`` and ``managed.extension_ms``; the first alone where none can be booted."""
    with folder() as path:
        package = package_in(path, extent)
        figures = [size_of(package)]
        if why_not := Machine.why_not():
            sys.stderr.write(f"managed.ratio and managed.extension_ms are not measured: {why_not}\n")
            return figures
        machine = Machine()
        try:
            machine.put(package, "/var/tmp/etui.deb")
            machine.does("dpkg", "--install", "/var/tmp/etui.deb", timeout_s=_FILL_S)
            return [*figures, *_beside_each_other(machine, extent)]
        finally:
            machine.end()


def _beside_each_other(machine: Machine, extent: Extent) -> list[Figure]:
    for module in (jeepney, secretstorage):
        source = Path(str(module.__file__)).parent
        shutil.copytree(source, machine.path(f"{_PLACE}/{source.name}"))
    machine.put(_PROGRAM, f"{_PLACE}/{_PROGRAM.name}")
    own = Person(machine, "etui-own")
    own.starts_wallet()
    managed = Managed(machine, "etui-managed")
    managed.does("init")
    managed.attends()
    managed.does("door", "enable", "secret-service")
    for name in (managed.name, own.name):
        _asks(machine, name, "fill", extent.items)
    return [_ratio(machine, managed.name, own.name, extent), _extension(machine, managed.name, extent)]


def _asks(machine: Machine, user: str, *words: object) -> list[float]:
    """What the program says that asks a person's wallet: seconds."""
    command = ("/usr/bin/python3.11", "-I", f"{_PLACE}/{_PROGRAM.name}", *map(str, words))
    return msgspec.json.decode(machine.does(*command, user=user, timeout_s=_FILL_S), type=list[float])


def _ratio(machine: Machine, managed: str, own: str, extent: Extent) -> Figure:
    """The work of ``secrets.dbus_ratio``, with the same wallet per user for a peer."""
    rounds = []
    for number in range(extent.rounds):
        names = (managed, own) if number % 2 == 0 else (own, managed)
        times = {name: _asks(machine, name, "get", _GETS) for name in names}
        rounds.append((times[managed], times[own]))
    return ratio_of_rounds("managed.ratio", _WANT_RATIO, rounds, peer="the same wallet per user")


def _extension(machine: Machine, managed: str, extent: Extent) -> Figure:
    """From a request to an Extension that does not run to its answer: its unit is started for it."""
    times = []
    for _ in range(extent.starts):
        time.sleep(_STABLE_S)
        machine.does("pkill", "--signal", "KILL", "--full", "etui[.]extensions[.]secrets")
        times += _asks(machine, managed, "first")
    return absolute("managed.extension_ms", _WANT_MS, times, scale=1e3, unit="ms")
