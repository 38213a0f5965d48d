"""Whether a name looks like another one. Values in, values out.

Of hosts, what counts is what somebody registered; hosts of one registered domain are one party. Rules, in this order:

1. The same name under another public suffix looks the same.
2. So does a name with the same skeleton: homoglyphs, accents, digits for letters, punycode.
3. So does one that is the same without hyphens and dots: ``pay-pal.com``, ``pay.pal.com``.
4. So does one that has the known name within: as a word of its own, over several labels, with its suffix, before or
   behind other letters. A short name stands in many others by chance, and counts there beside a word with which people
   are lured.
5. So does one that is a slip of the fingers away: a letter more, less, doubled, changed, or two that changed places.
   The shorter the name, the less of that.

Of names of programs and Extensions, see ``same_looks`` and ``is_near``.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Final

from rapidfuzz.distance import OSA

from etui.extensions.guard.skeletons import at_a_glance, in_passing, skeleton

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from etui.extensions.guard.hosts import Host

_SHORT: Final = 4
"""Up to how many characters a name is found in others by chance."""
_LONG: Final = 9
"""From how many characters on two slips are still one name."""
_LEAST: Final = 3
"""Fewer characters are near everything."""
_BETWEEN: Final = re.compile("[-_]")
"""What stands between the words of a label; not every name that is looked up is one of a host (RFC 8552)."""
_LURES: Final = frozenset(
    """
    access account alert app auth bank billing card center central check client club cloud com confirm connect customer
    direct help home info invoice login logon mail mobile my net office official online order pay payment portal prime
    pro promo protect refund safe secure security service services shop sign signin site store support team update user
    verify wallet web www
    """.split()  # noqa: SIM905  # words are read and sorted more easily so
)
"""Words that stand beside a name where people are to be led to think it is that one."""


class How(Enum):
    """In which way a name looks like another, in words that follow it."""

    ENDING = "it is the same name with another ending"
    LETTERS = "it is written with letters that look the same"
    SPLIT = "it is the same name, with dots or hyphens in it"
    WITHIN = "it has that name within"
    SLIP = "it differs by a letter or two"
    NAME = "it has a name that looks the same"
    LOGO = "its logo looks the same"


def host_likeness(seen: Host, known: Host) -> How | None:
    """How a host looks like a known one; None where it does not, or is of the same party."""
    if seen.registered == known.registered:
        return None
    if seen.name == known.name:
        return How.ENDING
    if _look_the_same(seen.name, known.name):
        return How.LETTERS
    if _is_split(seen, known):
        return How.SPLIT
    if _has_within(seen, known):
        return How.WITHIN
    return How.SLIP if _is_slip(seen.name, known.name, is_same_suffix=seen.suffix == known.suffix) else None


def same_looks(seen: str, known: str) -> bool:
    """Whether the name of a program, which is another one, looks the same: spaces and signs aside."""
    return seen != known and in_passing(_letters(seen)) == in_passing(_letters(known)) != ""


def is_near(seen: str, known: str) -> bool:
    """Whether the name of an Extension is the same, looks the same, or is a slip of the fingers away."""
    looks, real = _letters(seen), _letters(known)
    return looks == real or _look_the_same(looks, real) or _is_slip(looks, real, is_same_suffix=True)


def _look_the_same(seen: str, known: str) -> bool:
    if in_passing(seen) == in_passing(known):
        return True
    return len(known) > _SHORT and at_a_glance(seen) == at_a_glance(known)


def _is_split(seen: Host, known: Host) -> bool:
    if _plain("".join(seen.chosen)) == _plain(known.name):
        return True
    return seen.registered.replace(".", "") == known.registered.replace(".", "")


def _has_within(seen: Host, known: Host) -> bool:
    if f".{known.registered}." in f".{seen}.":
        return True
    plain = _plain(known.name)
    labels = [_plain(label) for label in seen.chosen]
    words = [_plain(word) for label in seen.chosen for word in _BETWEEN.split(label)]
    if len(plain) >= _LEAST and plain in {*labels, *words}:
        return True
    if len(plain) > _SHORT and plain in _runs(labels):
        return True
    lures = {*_LURES, known.suffix.replace(".", "")}
    return any(rest in lures or (rest and len(plain) > _SHORT) for label in labels for rest in _rests(label, plain))


def _runs(labels: Sequence[str]) -> Iterator[str]:
    """What several labels, one behind the other, are together."""
    for first in range(len(labels)):
        for last in range(first + 2, len(labels) + 1):
            yield "".join(labels[first:last])


def _rests(label: str, plain: str) -> Iterator[str]:
    """What a label has before or behind a name."""
    if label.startswith(plain):
        yield label.removeprefix(plain)
    if label.endswith(plain):
        yield label.removesuffix(plain)


def _is_slip(seen: str, known: str, *, is_same_suffix: bool) -> bool:
    looks, real = skeleton(seen), skeleton(known)
    if min(len(looks), len(real)) < _LEAST or (len(real) <= _SHORT and not is_same_suffix):
        return False
    most = 2 if len(real) >= _LONG else 1
    return min(OSA.distance(looks, real), OSA.distance(in_passing(seen), in_passing(known))) <= most


def _plain(name: str) -> str:
    return skeleton(_BETWEEN.sub("", name))


def _letters(name: str) -> str:
    return "".join(character for character in skeleton(name) if character.isalnum())
