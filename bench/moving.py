"""``import.keyring_s``: a full gnome-keyring, taken over into a wallet."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping

import msgspec

from bench.extent import Extent
from bench.figures import Figure, median_of
from bench.peers import gnome_keyring
from bench.secrets import default_collection, fill_collection
from bench.wallets import folder, unlocked_wallet

_ROUNDS = 3
_ETUI = (sys.executable, "-I", "-m", "etui.cli")


def measure(extent: Extent) -> list[Figure]:
    """The whole command, from its start to the last item on the disk; beside it, SecretStorage reads the same items.

    `secret-tool search --all` fails where there are some hundred of them (libsecret 0.20.5).
    """
    ours: list[float] = []
    theirs: list[float] = []
    rounds = min(_ROUNDS, extent.rounds)
    with folder() as path, gnome_keyring(path / "k") as keyring, unlocked_wallet(path / "w") as wallet:
        with default_collection(keyring) as collection:
            fill_collection(collection, range(extent.items))
        environ = {**wallet.environ, **keyring}
        for _ in range(rounds):
            took, said = _timed([*_ETUI, "import", "secret-service", "--json"], environ)
            ours.append(took)
            taken = sum(count["taken"] for count in msgspec.json.decode(said)["collections"])
            took, read = _read_all(keyring)
            theirs.append(took)
            if not taken == read == extent.items:
                msg = f"{taken} of {extent.items} items were taken over, and {read} read"
                raise RuntimeError(msg)
            wallet.user.approves(times=1)  # a yes to a removal does not last
            _timed([*_ETUI, "import", "undo"], environ)
        peer = "SecretStorage reads them all"
        return [median_of("import.keyring_s", 15.0, ours, times=ours, peer=peer, peer_times=theirs)]


def _read_all(keyring: Mapping[str, str]) -> tuple[float, int]:
    """The time to read every label, all attributes and every secret, and how many items there were."""
    began = time.perf_counter()
    with default_collection(keyring) as collection:
        read = [(item.get_label(), item.get_attributes(), item.get_secret()) for item in collection.get_all_items()]
    return time.perf_counter() - began, len(read)


def _timed(command: list[str], environ: Mapping[str, str]) -> tuple[float, bytes]:
    began = time.perf_counter()
    done = subprocess.run(command, env={**os.environ, **environ}, capture_output=True, check=True)
    return time.perf_counter() - began, done.stdout
