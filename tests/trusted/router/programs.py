"""Other programs: scripts of their own that ask the wallet for something, so that the Router tells them apart."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from etui.testkit import TestWallet

_FIND = """
import sys
from etui.interfaces import secret_1 as secret
from etui.protocol import ProtocolError
from etui.sdk import Client
with Client.connect(name="someone") as wallet:
    try:
        found = wallet.call(secret.Find(attributes={"service": sys.argv[1]}), quiet="--quiet" in sys.argv).items
        print(len(found))
        for item in found:
            print(wallet.call(secret.Read(item=item.item)).value.decode())
    except ProtocolError as error:
        print(error.code.slug, error.why)
"""

_READ = """
import sys
from etui.interfaces import secret_1 as secret
from etui.protocol import ProtocolError
from etui.sdk import Client
with Client.connect(name="someone") as wallet:
    try:
        print(wallet.call(secret.Read(item=sys.argv[1])).value.decode())
    except ProtocolError as error:
        print(error.code.slug, error.why)
"""

_KEEP = """
import sys
from etui.interfaces import secret_1 as secret
from etui.sdk import Client
with Client.connect(name="someone") as wallet:
    for number in range(int(sys.argv[2])):
        about = {"service": sys.argv[1], "number": str(number)}
        wallet.call(secret.Create(kind="password", label=f"{number:03}", attributes=about, value=b"another's"))
"""

_REREAD = """
from etui.interfaces import secret_1 as secret
from etui.protocol import ProtocolError
from etui.sdk import Client
with Client.connect(name="someone") as wallet:
    item = wallet.call(secret.Create(kind="note", label="Mail", attributes={}, value=b"hunter2")).item.item
    try:
        print(wallet.call(secret.Read(item=item)).value.decode())
    except ProtocolError as error:
        print(error.code.slug, error.why)
"""


def rereader(wallet: TestWallet, name: str) -> list[str]:
    """What a script called ``name`` prints that stores something called Mail and reads it: one question at most."""
    return _run(wallet, name, _REREAD)


def keeper(wallet: TestWallet, name: str, service: str, count: str) -> None:
    """A script called ``name`` stores so many passwords for a service, each labelled by its number."""
    _run(wallet, name, _KEEP, service, count)


def finder(wallet: TestWallet, name: str, *arguments: str) -> list[str]:
    """What a script called ``name`` prints that looks for a service and reads what it finds."""
    return _run(wallet, name, _FIND, *arguments)


def reader(wallet: TestWallet, name: str, reference: str) -> list[str]:
    """What a script called ``name`` prints that reads by a reference it got somewhere."""
    return _run(wallet, name, _READ, reference)


def _run(wallet: TestWallet, name: str, code: str, *arguments: str) -> list[str]:
    script = wallet.folder / name
    script.write_text(code, encoding="utf-8")
    ran: subprocess.CompletedProcess[str] = wallet.run(sys.executable, str(script), *arguments)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.split()


def path_of(wallet: TestWallet, name: str) -> Path:
    """Where such a script lies."""
    return wallet.folder / name
