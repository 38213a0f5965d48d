"""``age.*``: a file of 100 MB, decrypted by age with a key of the wallet's, and with a key file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from bench.extent import Extent
from bench.figures import Figure
from bench.scripts import figures_of
from bench.wallets import folder, unlocked_wallet
from etui.interfaces import crypto_1 as crypto
from etui.standards import age

_SCRIPT = Path(__file__).with_name("ages.py")
_MEMORY = "/dev/shm"
"""Where files are in memory, so that no disk is measured."""
_PLUGIN = Path(sys.executable).with_name("age-plugin-etui")


def measure(extent: Extent) -> list[Figure]:
    """``age.decrypt_ratio``: both identities are of the same file, which one command after the other decrypts."""
    if not _PLUGIN.exists():
        msg = f"{_PLUGIN} is not there: ./test or ./run makes it"
        raise RuntimeError(msg)
    with folder(_MEMORY) as path, unlocked_wallet(path / "w") as wallet:
        with wallet.connect() as client:
            item = client.call(crypto.Generate(algorithm="x25519", label="Files")).item
        recipient = item.attributes["public"]
        ours, peers = path / "ours", path / "peers"
        ours.write_text(age.plugin_identity("etui", age.read_recipient(recipient)) + "\n", encoding="ascii")
        subprocess.run(["age-keygen", "-o", str(peers)], check=True, stderr=subprocess.DEVNULL)
        told = subprocess.run(["age-keygen", "-y", str(peers)], check=True, capture_output=True, text=True)
        file = path / "file.age"
        encrypt = ["age", "-r", recipient, "-r", told.stdout.strip(), "-o", str(file)]
        subprocess.run(encrypt, input=os.urandom(extent.file_bytes), check=True)
        environ = {**os.environ, **wallet.environ, "PATH": f"{_PLUGIN.parent}:{os.environ['PATH']}"}
        command = [sys.executable, str(_SCRIPT), str(file), str(ours), str(peers), str(extent.rounds)]
        return figures_of(command, environ)
