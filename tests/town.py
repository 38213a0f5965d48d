"""A town to pay in, for tests: issuers, acquirer, shop and, where asked for, the sites; a wallet with a card."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec
from tests.cli.etui import done

from etui.testkit import TestAuthority, TestWallet

BANK: Final = "issuer.etui.test"
SHOP: Final = "shop.etui.test"
ETUI_JS: Final = Path(__file__).parents[1] / "web" / "etui-js"
_HOSTS: Final = {"bank": BANK, "operator": "operator.etui.test", "shop": SHOP}


class Town(msgspec.Struct, frozen=True):
    """``bank``, ``shop``: ports. ``bank_code``: brings a card, once. ``sites``: origins, by name."""

    bank: int
    bank_code: str
    shop: int
    sites: dict[str, str]


@contextlib.contextmanager
def open_town(folder: Path, authority: TestAuthority, *, sites: bool = False) -> Iterator[Town]:
    """A town, for as long as it is wanted. ``folder``: the authority's."""
    command = [sys.executable, "-I", "-m", "etui.counterparts.demo", *(("--sites", str(ETUI_JS)) if sites else ())]
    for name, host in _HOSTS.items():
        authority.context_for(host, "localhost")
        command += [f"--{name}-tls", str(folder / f"{host}.pem")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, start_new_session=True) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            assert said, "the town does not open"
            yield msgspec.json.decode(said, type=Town)
        finally:
            process.communicate()  # its input ends, and so does it


@contextlib.contextmanager
def wallet_in(town: Town, authority: TestAuthority, folder: Path, doors: Sequence[str] = ()) -> Iterator[TestWallet]:
    """A wallet that reaches the bank, in a new folder with a short path, which is its user's home; it has no card."""
    folder.mkdir(mode=0o700)
    environ = {"SSL_CERT_FILE": str(authority.file), "HOME": str(folder)}
    certificate = authority.file.read_bytes()
    hosts = {BANK: town.bank}
    with TestWallet(folder, doors=doors, environ=environ, hosts=hosts, authority=certificate) as wallet:
        wallet.create()
        yield wallet


def add_card(wallet: TestWallet, town: Town) -> None:
    """Brings the bank's one card into a wallet whose user says yes."""
    done(wallet, "card", "add", BANK, stdin=f"{town.bank_code}\n")
