"""Makes a town's books and keys in a folder, and starts what it is made of.

::

    scheme ─► vouches for the acquirer, which vouches for the shop; certifies the issuers' keys for cards at terminals
    bank, operator ─► one card each, with a code by which a wallet gets it; devices reach them over the web, the
                      acquirer over a line
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from etui.counterparts import acquirer
from etui.counterparts.acquirer.certificates import Authority
from etui.counterparts.books import open_books
from etui.counterparts.demo.chips import COUNTRY, schemes
from etui.counterparts.demo.issuers import BANK, OPERATOR, Issuer, Opened, open_issuer
from etui.counterparts.demo.sites.merchants import SELLERS
from etui.counterparts.demo.terminals import PLACES, set_up
from etui.counterparts.identity import Identity
from etui.counterparts.merchant import codes
from etui.standards.payments import Merchant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ISSUERS: Final = (BANK, OPERATOR)
_ACQUIRER: Final = "400001"
_TERMINAL: Final = "WEB00001"
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
    """``shop``: its port. ``codes``: pictures of its QR codes, by where they are put up.

    ``acquirer``: its port, for terminals; ``terminals``: the files by which these are set up, and ``identities``: the
    folders of those by which they sign, by name. ``sites``: the origins of those that were asked for, by name.
    """

    bank: Opened
    operator: Opened
    shop: int
    codes: dict[str, Path]
    acquirer: int
    terminals: dict[str, Path]
    identities: dict[str, Path]
    sites: dict[str, str]


class StartError(Exception):
    """A part of the town does not start."""

    code = "start"


@contextlib.contextmanager
def town(folder: Path, tls: Path, etui_js: Path | None = None) -> Iterator[Town]:
    """A town in an empty folder; its processes end with it. ``tls``: the shop's certificate and key for HTTPS, in PEM.

    ``etui_js``: the folder of that package, for sites in a browser; without it there are none. Raises ``StartError``.
    """
    root = Authority.root("Demo Scheme")
    vouching = root.acquirer(_SHOP.acquirer_name, _ACQUIRER)
    Identity.new(lambda key: vouching.merchant(_SHOP, key)).save(folder / "shop")
    identities = _identities(folder, vouching)
    chips = schemes(*((one.digits, one.application, one.application_label) for one in _ISSUERS))
    bank, operator = (
        open_issuer(one, folder, root.certificate, chip) for one, chip in zip(_ISSUERS, chips, strict=True)
    )
    _acquirer(f"sqlite:///{folder}/acquirer.db")
    with contextlib.ExitStack() as running:
        lines = []
        for one in _ISSUERS:
            options = ("--db", one.books(folder), "--imk-file", str(one.key(folder)))
            lines.append(_line(one, running.enter_context(_started("issuer", *options))))
        issuers = folder / "issuers.toml"
        issuers.write_text("\n".join(lines), encoding="utf-8")
        books = ("--db", f"sqlite:///{folder}/acquirer.db", "--code", _ACQUIRER, "--issuers", str(issuers))
        switch = running.enter_context(_started("acquirer", *books))
        networks = [word for one in _ISSUERS for word in ("--network", one.network)]
        shop = running.enter_context(
            _started(
                "merchant",
                *("--folder", str(folder / "shop"), "--db", f"sqlite:///{folder}/shop.db", *networks),
                *("--acquirer", f"127.0.0.1:{switch}", "--tls-cert", str(tls), "--terminal", _TERMINAL),
            )
        )
        sites = {}
        if etui_js is not None:
            behind = ("--folder", str(folder / "sites"), "--acquirer", f"127.0.0.1:{switch}")
            said = running.enter_context(_said("demo.sites", *behind, "--etui-js", str(etui_js), *networks))
            sites = msgspec.json.decode(said, type=dict[str, str])
        terminals = set_up(folder, _ACQUIRER, chips)
        yield Town(bank, operator, shop, _codes(folder), switch, terminals, identities, sites)


def _line(one: Issuer, port: int) -> str:
    """What the acquirer is told of an issuer."""
    named = f'[[issuer]]\nname = "{one.name}"\nscheme = "{one.network}"\nprefixes = ["{one.digits}"]\n'
    return f'{named}host = "127.0.0.1"\nport = {port}\n'


def _identities(folder: Path, vouching: Authority) -> dict[str, Path]:
    """The folders of the identities of those whose terminals there are; those of sites lie in one folder."""
    folders = {place.name: folder / place.name for place in PLACES}
    for place in (*PLACES, *SELLERS):
        named = {"host": place.host, "name": place.title, "number": place.merchant, "category": place.category}
        merchant = msgspec.structs.replace(_SHOP, **named)
        path = folders.get(place.name, folder / "sites" / place.name)
        Identity.new(partial(vouching.merchant, merchant)).save(path)
    return folders


def _codes(folder: Path) -> dict[str, Path]:
    """The pictures of the shop's codes."""
    files = {}
    for place in codes.PLACES:
        files[place] = folder / f"{place}.png"
        files[place].write_bytes(codes.picture_of(codes.code_at(place, _SHOP)))
    return files


def _acquirer(address: str) -> None:
    engine = open_books(address)
    acquirer.prepare(engine)
    location = f"{_SHOP.name:<22}Berlin       DE"
    acquirer.enrol(engine, acquirer.Merchant(_SHOP.number, location, _SHOP.category, "276"), [_TERMINAL])
    for one in (*PLACES, *SELLERS):
        acquirer.enrol(engine, acquirer.Merchant(one.merchant, one.location, one.category, COUNTRY), [one.terminal])
    engine.dispose()


@contextlib.contextmanager
def _started(name: str, *arguments: str) -> Iterator[int]:
    """The port at which a counterpart listens, for as long as it runs."""
    with _said(name, "--port", "0", *arguments) as said:
        yield int(said.rpartition(":")[2])


@contextlib.contextmanager
def _said(name: str, *arguments: str) -> Iterator[str]:
    """What a counterpart says once it listens, for as long as it runs."""
    command = [sys.executable, "-m", f"etui.counterparts.{name}", *arguments]
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
        try:
            said = process.stdout.readline() if process.stdout is not None else ""
            if not said:
                raise StartError(f"{name} does not start")
            yield said
        finally:
            process.terminate()
            process.wait()
