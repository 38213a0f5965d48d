"""Bech32 without a limit of length, as age has it.

Source: BIP 173, "Bech32"; C2SP, ``age.md``, "Conventions used in this document".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etui.standards.age.errors import AgeError

if TYPE_CHECKING:
    from collections.abc import Iterable

_CHARACTERS: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VALUES: Final = {character: value for value, character in enumerate(_CHARACTERS)}
_GENERATOR: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM: Final = 6


def bech32(prefix: str, data: bytes) -> str:
    """``data`` behind a human-readable part, in lower case."""
    values = _regrouped(data, 8, 5, pad=True)
    remainder = _polymod([*_expanded(prefix), *values, *[0] * _CHECKSUM]) ^ 1
    checksum = [(remainder >> 5 * (_CHECKSUM - 1 - place)) & 31 for place in range(_CHECKSUM)]
    return f"{prefix}1{''.join(_CHARACTERS[value] for value in [*values, *checksum])}"


def read_bech32(text: str) -> tuple[str, bytes]:
    """The human-readable part, in lower case, and the data; raises ``AgeError``."""
    if text not in {text.lower(), text.upper()} or not text.isascii():
        raise AgeError("this is no Bech32: it mixes upper and lower case")
    prefix, one, rest = text.lower().rpartition("1")
    if not one or not prefix or len(rest) < _CHECKSUM or not all("!" <= character <= "~" for character in prefix):
        raise AgeError("this is no Bech32: it lacks its prefix or checksum")
    if not all(character in _VALUES for character in rest):
        raise AgeError("this is no Bech32: it has a character that is not of its alphabet")
    values = [_VALUES[character] for character in rest]
    if _polymod([*_expanded(prefix), *values]) != 1:
        raise AgeError("this is no Bech32: its checksum does not fit, so it was mistyped or cut short")
    return prefix, bytes(_regrouped(values[:-_CHECKSUM], 5, 8, pad=False))


def _polymod(values: Iterable[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for place, term in enumerate(_GENERATOR):
            check ^= term if top >> place & 1 else 0
    return check


def _expanded(prefix: str) -> list[int]:
    return [ord(character) >> 5 for character in prefix] + [0] + [ord(character) & 31 for character in prefix]


def _regrouped(values: Iterable[int], width: int, to: int, *, pad: bool) -> list[int]:
    """Groups of ``width`` bits as groups of ``to`` bits; raises ``AgeError`` where bits are left that are not 0."""
    held, bits, groups = 0, 0, []
    for value in values:
        held, bits = held << width | value, bits + width
        while bits >= to:
            bits -= to
            groups.append(held >> bits & ((1 << to) - 1))
        held &= (1 << bits) - 1
    if pad:
        return [*groups, held << (to - bits)] if bits else groups
    if bits >= width or held:
        raise AgeError("this is no Bech32: its end is not padded by zeros")
    return groups
