"""Makes a town's books and keys in a folder, and starts what it is made of.

::

    scheme ─► vouches for the acquirer, which vouches for the shop; certifies the bank's key for cards at terminals
    bank   ─► one card, with a code by which a wallet gets it; devices reach it over the web, the acquirer over a line
"""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding

from etui.counterparts import acquirer, issuer
from etui.counterparts.acquirer.certificates import Authority
from etui.counterparts.books import open_books
from etui.counterparts.demo.chips import COUNTRY, scheme
from etui.counterparts.demo.terminals import PLACES, set_up
from etui.counterparts.issuer.devices import Devices, card_number
from etui.counterparts.merchant.identity import Identity
from etui.standards.payments import Merchant
from etui.standards.provisioning import OfflineLimits, Profile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from etui.counterparts.issuer.personalisation import Scheme

NETWORK: Final = "etui-demo"
_BANK: Final = "422222"
_ACCOUNT: Final = "000000001"
_ACQUIRER: Final = "400001"
_TERMINAL: Final = "WEB00001"
_BALANCE: Final = 100_000
_LIMIT: Final = 50_000
_OFFLINE: Final = OfflineLimits(each_minor=10_00, count=5, total_minor=30_00)
"""What the card approves by itself, until its bank has approved a payment again."""
_KEY_BYTES: Final = 16
_SHOP: Final = Merchant(
    host="shop.etui.test",
    name="Demo Shop",
    number="SHOP-1",
    category="5942",
    country="DE",
    acquirer=_ACQUIRER,
    acquirer_name="Demo Acquirer",
)


class Town(msgspec.Struct, frozen=True):
    """``code``: the activation code of the card, 18 digits. ``devices``: answers them. ``shop``: the shop's port.

    ``acquirer``: its port, for terminals; ``terminals``: the files by which these are set up, by name.
    """

    code: str
    devices: Devices
    shop: int
    acquirer: int
    terminals: dict[str, Path]


class StartError(Exception):
    """A part of the town does not start."""

    code = "start"


@contextlib.contextmanager
def town(folder: Path, tls: Path) -> Iterator[Town]:
    """A town in an empty folder; its processes end with it. ``tls``: the shop's certificate and key for HTTPS, in PEM.

    Raises ``StartError``.
    """
    root = Authority.root("Demo Scheme")
    vouching = root.acquirer(_SHOP.acquirer_name, _ACQUIRER)
    Identity.new(lambda key: vouching.merchant(_SHOP, key)).save(folder / "shop")
    master = folder / "master-key"
    master.touch(0o600)
    master.write_text(secrets.token_hex(_KEY_BYTES), encoding="ascii")
    chips = scheme(_BANK)
    devices, code = _bank(f"sqlite:///{folder}/bank.db", master, root, chips)
    _acquirer(f"sqlite:///{folder}/acquirer.db")
    with contextlib.ExitStack() as running:
        bank = running.enter_context(
            _started("issuer", "--db", f"sqlite:///{folder}/bank.db", "--imk-file", str(master))
        )
        issuers = folder / "issuers.toml"
        issuers.write_text(
            f'[[issuer]]\nname = "demo-bank"\nscheme = "{NETWORK}"\nprefixes = ["{_BANK}"]\n'
            f'host = "127.0.0.1"\nport = {bank}\n',
            encoding="utf-8",
        )
        books = ("--db", f"sqlite:///{folder}/acquirer.db", "--code", _ACQUIRER, "--issuers", str(issuers))
        switch = running.enter_context(_started("acquirer", *books))
        shop = running.enter_context(
            _started(
                "merchant",
                *("--folder", str(folder / "shop"), "--db", f"sqlite:///{folder}/shop.db"),
                *("--acquirer", f"127.0.0.1:{switch}", "--tls-cert", str(tls), "--terminal", _TERMINAL),
            )
        )
        yield Town(code, devices, shop, switch, set_up(folder, _ACQUIRER, chips))


def _bank(address: str, master: Path, root: Authority, chips: Scheme) -> tuple[Devices, str]:
    engine = open_books(address)
    issuer.prepare(engine)
    number = card_number(_BANK, _ACCOUNT)
    issuer.enrol(
        engine,
        issuer.Profile(
            card=number,
            sequence=1,
            expiry="4912",
            currency="978",
            opening_minor=_BALANCE,
            transaction_limit_minor=_LIMIT,
            day_limit_minor=2 * _LIMIT,
            day_limit_count=50,
            atc_issued=0,
        ),
    )
    profile = Profile(
        network=NETWORK,
        label="Demo Bank",
        currency="EUR",
        currency_number="978",
        country_number="276",
        transaction_limit=_LIMIT,
        roots=(root.certificate.public_bytes(Encoding.DER),),
        offline=_OFFLINE,
    )
    key = issuer.MasterKey(bytes.fromhex(master.read_text(encoding="ascii")))
    devices = Devices(engine, key, profile, _BANK, scheme=chips)
    return devices, devices.new_code(number)


def _acquirer(address: str) -> None:
    engine = open_books(address)
    acquirer.prepare(engine)
    location = f"{_SHOP.name:<22}Berlin       DE"
    acquirer.enrol(engine, acquirer.Merchant(_SHOP.number, location, _SHOP.category, "276"), [_TERMINAL])
    for one in PLACES:
        acquirer.enrol(engine, acquirer.Merchant(one.merchant, one.location, one.category, COUNTRY), [one.terminal])
    engine.dispose()


@contextlib.contextmanager
def _started(name: str, *arguments: str) -> Iterator[int]:
    """The port at which a counterpart listens, for as long as it runs."""
    command = [sys.executable, "-m", f"etui.counterparts.{name}", "--port", "0", *arguments]
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
        try:
            said = process.stdout.readline() if process.stdout is not None else ""
            if not said:
                raise StartError(f"{name} does not start")
            yield int(said.rpartition(":")[2])
        finally:
            process.terminate()
            process.wait()
