"""What the wallet is told before it is unlocked: which doors are open.

``settings.json`` in the profile, readable as text; nothing in it widens what a Client may do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from etui.trusted.durable import replace_file
from etui.trusted.formats import DamagedFormatError, NewerFormatError, Readers, read_format

if TYPE_CHECKING:
    from pathlib import Path

FILE: Final = "settings.json"
FORMAT: Final = 1


class SettingsError(Exception):
    """The file of settings is damaged, or of a newer version."""

    code = "settings"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``doors``: the names of those that open with the wallet."""

    format: int = FORMAT
    doors: tuple[str, ...] = ()


_READERS: Final[Readers[Settings]] = {1: msgspec.json.Decoder(Settings).decode}


def read_settings(home: Path) -> Settings:
    """The profile's settings, or the preset ones; raises ``SettingsError``."""
    path = home / FILE
    try:
        return read_format(path.read_bytes(), _READERS)
    except FileNotFoundError:
        return Settings()
    except NewerFormatError as error:
        raise SettingsError(f"{path} cannot be used: {error}") from None
    except DamagedFormatError as error:
        raise SettingsError(f"{path} is not readable as settings ({error}); mend or remove it") from None


def write_settings(home: Path, settings: Settings) -> None:
    """Replaces the profile's settings, all or nothing."""
    replace_file(home / FILE, msgspec.json.format(msgspec.json.encode(settings)) + b"\n")
