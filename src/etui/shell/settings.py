"""Settings as people read and write them: *10 minutes*, *never*, *on*."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etui.shell.forms import FormError
from etui.standards.spans import seconds_of, span

if TYPE_CHECKING:
    from etui.interfaces.wallet_1 import SettingRow

_NEVER: Final = "never"
_SECONDS: Final = {"seconds": 1, "days": 86_400}


def title_of(setting: SettingRow) -> str:
    """What it is called."""
    return setting.title or setting.name


def said(setting: SettingRow) -> str:
    """Its value in words; as it is where it is no number of its unit."""
    if setting.unit is None or not setting.value.isdecimal():
        return setting.value
    told = span(int(setting.value) * _SECONDS[setting.unit]) if int(setting.value) else _NEVER
    return told if told == _NEVER or told[0].isdecimal() else f"1 {told}"


def value_of(setting: SettingRow, written: str) -> str:
    """The value that somebody wrote in words, as the wallet takes it. Raises ``FormError``."""
    text = written.strip()
    if setting.unit is None:
        return text
    if text.lower() == _NEVER:
        return "0"
    try:
        seconds = seconds_of(text)
    except ValueError as error:
        raise FormError(f"{title_of(setting)}: {error}, or {_NEVER}") from None
    count, rest = divmod(seconds, _SECONDS[setting.unit])
    if rest or not count:
        raise FormError(f"{title_of(setting)}: {text} is no whole number of {setting.unit}, and not {_NEVER}")
    return str(count)
