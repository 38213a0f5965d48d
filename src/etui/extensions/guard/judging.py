"""Who of those whom a question is about looks like somebody known, and is not. Values in, values out.

Rules:

1. Who is known is no look-alike: a principal that has rights or is installed, and every host of a registered domain
   that is known. Whom an Extension's word alone makes known, as by receipts, is one of somebody known otherwise or
   longer: such a word takes no yes of the user's.
2. A host is held against every known host. The name of a program is held against every known name, and stops only where
   it is another one that looks the same: programs are named alike by chance and custom.
3. An Extension that is to be installed is held against those of other publishers: its name, its publisher's domain as a
   host, and its logo. The names of Extensions that come with the wallet are plain words, and a name near one is no
   likeness.
4. Whoever is known longest counts, since the user learned to trust that one first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from etui.extensions.guard.hosts import Host, read_host
from etui.extensions.guard.likeness import How, host_likeness, is_near, same_looks
from etui.extensions.guard.logos import LogoError, look_the_same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from etui.interfaces.adviser_1 import Known, Party

_WITH_THE_WALLET: Final = "ext:etui/"


class Likeness(msgspec.Struct, frozen=True):
    """``name`` looks like ``like``, which is known since then (seconds since 1970 UTC, 0 where nobody noted when)."""

    name: str
    like: str
    how: How
    since: int


class Acquainted(msgspec.Struct, frozen=True):
    """A host that is known, and since when. ``is_sure``: by more than the word of an Extension."""

    host: Host
    since: int
    is_sure: bool = True


def acquainted(
    known: Iterable[Known], met: Iterable[tuple[str, int]], dealt: Iterable[tuple[str, int]] = ()
) -> list[Acquainted]:
    """The hosts of whom the wallet knows, of whom the user said yes to and of whom Extensions say so.

    The longest known first. ``met``: registered domains, each with its time; ``dealt``: hosts, each with its time.
    """
    sure = [*((host, one.since) for one in known for host in one.hosts), *met]
    said = [*((host, since, True) for host, since in sure), *((host, since, False) for host, since in dealt)]
    found: dict[str, Acquainted] = {}
    for text, since, is_sure in said:
        host = read_host(text)
        if host is None:
            continue
        one = found.setdefault(host.registered, Acquainted(host, since, is_sure))
        if since < one.since or (is_sure and not one.is_sure):
            earlier = host if since < one.since else one.host
            found[host.registered] = Acquainted(earlier, min(since, one.since), is_sure or one.is_sure)
    return sorted(found.values(), key=lambda one: one.since)


def judge(
    parties: Iterable[Party],
    known: Sequence[Known],
    hosts: Sequence[Acquainted],
    is_trusted: Callable[[str, str], bool],
) -> Likeness | None:
    """The first likeness there is, but for those that the user trusts."""
    found = (likeness for party in parties for likeness in _of_party(party, known, hosts))
    return next((one for one in found if not is_trusted(one.name, one.like)), None)


def key_of(name: str) -> str:
    """How a name is kept and compared: a host by its registered domain, any other as it is."""
    host = read_host(name)
    return name if host is None else host.registered


def _of_party(party: Party, known: Sequence[Known], hosts: Sequence[Acquainted]) -> Iterator[Likeness]:
    if party.principal is not None and party.principal in {one.principal for one in known}:
        return
    registered = {one.host.registered: one for one in hosts}
    for host in (read for text in party.hosts if (read := read_host(text)) is not None):
        itself = registered.get(host.registered)
        if itself is None:
            yield from _of_host(host, hosts)
        elif not itself.is_sure:
            yield from _of_host(host, (one for one in hosts if one.is_sure or one.since <= itself.since))
    if party.role == "extension":
        yield from _of_extension(party, known)
    elif party.role == "asker" and not party.hosts:
        for one in known:
            if same_looks(party.name, one.name):
                yield Likeness(party.name, one.name, How.NAME, one.since)


def _of_host(host: Host, hosts: Iterable[Acquainted]) -> Iterator[Likeness]:
    for one in hosts:
        if (how := host_likeness(host, one.host)) is not None:
            yield Likeness(host.registered, one.host.registered, how, one.since)


def _of_extension(party: Party, known: Iterable[Known]) -> Iterator[Likeness]:
    publisher = (party.principal or "").partition("/")[0]
    for one in known:
        if one.by != "extension" or one.principal.partition("/")[0] == publisher:
            continue
        plain = one.principal.startswith(_WITH_THE_WALLET)
        if same_looks(party.name, one.name) or party.name == one.name or (not plain and is_near(party.name, one.name)):
            yield Likeness(party.name, one.name, How.NAME, one.since)
        if party.logo and one.logo and _have_one_logo(party.logo, one.logo):
            yield Likeness(party.name, one.name, How.LOGO, one.since)


def _have_one_logo(seen: bytes, known: bytes) -> bool:
    try:
        return look_the_same(seen, known)
    except LogoError:  # the package's logo is a PNG by its header; whoever cannot draw it shows none
        return False
