"""The sets that the guard is measured on, fixed before it was tuned.

Each is in two halves, by the SHA-256 of the name: ``TUNED`` was looked at while the rules were made, and the figures
are of the other one. Look-alikes of a domain are what dnstwist makes of it, at most ``_MOST`` of each of its
techniques, by the lowest SHA-256; what is registered by the same party is none. dnstwist knows none that has the whole
name within another's domain: these are made here. ``FIXED`` is a digest over all of it. Three honest hosts, of
registries of packages, were taken out afterwards.
"""

from __future__ import annotations

import hashlib
import socket
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Final

import dnstwist
import simple_icons_pack
from publicsuffixlist import PublicSuffixList

socket.setdefaulttimeout(None)  # dnstwist sets one for the whole process as it is imported

FIXED: Final = "7e8c6919db33a524cd87e87a310af6e7c0129fdfa448e1775365494ca5ca0ff1"
"""So that a later dnstwist, which makes others, is found out."""
_FOLDER: Final = Path(__file__).parent
_MOST: Final = 20
_WORDS: Final = (
    "account",
    "app",
    "bank",
    "login",
    "mail",
    "my",
    "online",
    "pay",
    "secure",
    "service",
    "shop",
    "support",
)
_ENDINGS: Final = ("app", "co", "com", "de", "eu", "info", "io", "live", "net", "online", "org", "shop", "site", "xyz")
_WITHIN: Final = ("{domain}.check-id.net", "{name}.account-check.eu", "www.{domain}.session7.info", "{name}.web.app")
_LOGOS: Final = 120
_HONEST_LOGOS: Final = 2_400
TUNED, REPORTED = 0, 1


def half_of(name: str) -> int:
    """In which half a name is."""
    return _digest(name)[0] & 1


@cache
def relationships(half: int) -> tuple[str, ...]:
    """The domains that the user knows."""
    return _read("relationships.txt", half)


@cache
def honest_hosts(half: int) -> tuple[str, ...]:
    """Hosts of which none is made to look like another."""
    return _read("honest_hosts.txt", half)


@cache
def honest_names(half: int) -> tuple[str, ...]:
    """Names of programs of which none is made to look like another."""
    return _read("honest_names.txt", half)


@cache
def look_alikes(domain: str) -> dict[str, tuple[str, ...]]:
    """Names that look like a domain, by the technique that made them."""
    fuzzer = dnstwist.Fuzzer(domain, dictionary=_WORDS, tld_dictionary=_ENDINGS)
    fuzzer.generate()
    found: defaultdict[str, set[str]] = defaultdict(set)
    for made in fuzzer.domains:
        found[made["fuzzer"]].add(made["domain"])
    found.pop("*original")
    name = domain.partition(".")[0]
    found["within"] = {pattern.format(domain=domain, name=name) for pattern in _WITHIN}
    suffixes = PublicSuffixList()
    of_others = {
        technique: sorted((n for n in names if suffixes.privatesuffix(n) not in {None, domain}), key=_digest)[:_MOST]
        for technique, names in found.items()
    }
    return {technique: tuple(names) for technique, names in of_others.items() if names}


@cache
def logos(half: int) -> dict[str, str]:
    """Logos of whom the user knows, as SVG by name."""
    return _icons(half, 0, _LOGOS)


@cache
def honest_logos(half: int) -> dict[str, str]:
    """Logos of others, as SVG by name."""
    return _icons(half, _LOGOS, _LOGOS + _HONEST_LOGOS)


def fixed() -> str:
    """The digest over all that stands here."""
    parts = []
    for half in (TUNED, REPORTED):
        for domain in relationships(half):
            parts += [f"{domain} {technique} {names}" for technique, names in sorted(look_alikes(domain).items())]
        parts += [*honest_hosts(half), *honest_names(half), *logos(half).values(), *honest_logos(half).values()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _icons(half: int, first: int, last: int) -> dict[str, str]:
    """Icons of Simple Icons under CC0, in the order of their SHA-256."""
    icons = [icon for name, icon in vars(simple_icons_pack).items() if name.startswith("SI_") and icon.license is None]
    chosen = sorted(icons, key=lambda icon: _digest(icon.slug))[first:last]
    return {icon.slug: icon.svg for icon in chosen if half_of(icon.slug) == half}


def _read(file: str, half: int) -> tuple[str, ...]:
    lines = (_FOLDER / file).read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if not line.startswith("#") and half_of(line) == half)


def _digest(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()
