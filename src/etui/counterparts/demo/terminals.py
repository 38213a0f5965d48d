"""The town's terminals: a petrol pump, the window of a drive-thru and a parking meter, each set up by a file.

Each has the identity of its merchant, by which it signs receipts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from etui.counterparts.demo.chips import COUNTRY, CURRENCY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from etui.counterparts.issuer.personalisation import Scheme

_EXPONENT: Final = "03"
_FLOOR_MINOR: Final = 10_00
_CVM_MINOR: Final = 50_00
_APPLICATION: Final = f"""
[[application]]
identifier = "{{name}}"
floor_limit_minor = {_FLOOR_MINOR}
cvm_limit_minor = {_CVM_MINOR}
"""


class Place(msgspec.Struct, frozen=True):
    """Where a terminal stands. ``title``: at most 22 characters. ``host``: its merchant's. ``category``: ISO 18245."""

    name: str
    title: str
    host: str
    merchant: str
    terminal: str
    category: str
    type: str = "unattended"

    @property
    def location(self) -> str:
        """As ISO 8583 has it in field 43."""
        return f"{self.title:<22}Berlin       DE"


PLACES: Final = (
    Place("pump", "Demo Fuel", "fuel.etui.test", "FUEL-1", "PUMP0001", "5542"),
    Place("window", "Demo Grill", "grill.etui.test", "GRILL-1", "WINDOW01", "5814", "attended"),
    Place("meter", "Demo Parking", "parking.etui.test", "PARK-1", "METER001", "7523"),
)


def set_up(folder: Path, acquirer: str, chips: Sequence[Scheme]) -> dict[str, Path]:
    """Writes the file of each terminal, by its name. ``acquirer``: its code; ``chips``: whose cards they take."""
    files = {}
    for place in PLACES:
        files[place.name] = folder / f"{place.name}.toml"
        files[place.name].write_text(_settings(place, acquirer, chips), encoding="utf-8")
    return files


def _settings(place: Place, acquirer: str, chips: Sequence[Scheme]) -> str:
    key = chips[0].authority
    applications = "".join(_APPLICATION.format(name=one.name.hex()) for one in chips)
    return f"""\
merchant = "{place.merchant}"
terminal = "{place.terminal}"
type = "{place.type}"
mcc = "{place.category}"
acquirer = "{acquirer}"
country = "{COUNTRY}"
currency = "{CURRENCY}"
letters = "EUR"
location = "{place.location}"
{applications}
[[key]]
rid = "{key.rid.hex()}"
index = {key.index}
modulus = "{key.key.modulus_bytes().hex()}"
exponent = "{_EXPONENT}"
check_sum = "{key.check_sum().hex()}"
"""
