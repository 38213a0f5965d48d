"""The doors that can be opened: each brings a ``door.toml`` that says what it is and what it needs."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

import msgspec

import etui
from etui.trusted.control import Namespace

DOORS: Final = Path(etui.__file__).parent / "doors"


class DoorManifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One door.

    ``module``: started with ``python -m`` and ``arguments``. ``needs``: environment variables without which it is off.
    ``takes``: those of its own that it is started with, where they are set. ``asserts``: the namespace assigned to it.
    """

    name: str
    title: str
    module: str
    arguments: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    missing: str = ""
    asserts: Namespace | None = None


def known_doors() -> dict[str, DoorManifest]:
    """Every door that comes with the wallet, by its name."""
    doors = {}
    for path in sorted(DOORS.glob("*/door.toml")):
        manifest = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), DoorManifest)
        doors[manifest.name] = manifest
    return doors
