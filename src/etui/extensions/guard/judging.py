"""Who of those whom a question is about looks like somebody known, and is not. Values in, values out.

Rules:

1. Who is known is no look-alike: a principal that has rights or is installed, and every host of a registered domain
   that is known. Whom an Extension's word alone makes known, by receipts or as a host that its manifest names beside
   its publisher's own, is one of somebody known otherwise or longer: such a word takes no yes of the user's.
2. A host is held against every known host. The name of a program is held against every known name, and stops only where
   it is another one that looks the same: programs are named alike by chance and custom.
3. An Extension that is to be installed is held against those of other publishers: its name, its publisher's domain as a
   host, and its logo; one that is installed, for what an update changes of these. The names of Extensions that come
   with the wallet are plain words, and a name near one is no likeness.
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
    """A host that is known, and since when. ``is_sure``: by more than the word of an Extension.

    ``by``: the registered domain of the publisher whose Extension names it, if one does.
    """

    host: Host
    since: int
    is_sure: bool = True
    by: str = ""


def acquainted(
    known: Iterable[Known], met: Iterable[tuple[str, int]], dealt: Iterable[tuple[str, int]] = ()
) -> list[Acquainted]:
    """The hosts of whom the wallet knows, of whom the user said yes to and of whom Extensions say so.

    The longest known first. ``met``: registered domains, each with its time; ``dealt``: hosts, each with its time.
    """
    said = [(host, since, True, "") for host, since in met] + [(host, since, False, "") for host, since in dealt]
    said += [(host, one.since, sure, by) for one in known for host, sure, by in _hosts_of(one)]
    found: dict[str, Acquainted] = {}
    for text, since, is_sure, by in said:
        host = read_host(text)
        if host is None:
            continue
        new = Acquainted(host, since, is_sure, by)
        one = found.get(host.registered, new)
        earlier = new if since < one.since else one
        found[host.registered] = msgspec.structs.replace(earlier, is_sure=is_sure or one.is_sure)
    return sorted(found.values(), key=lambda one: one.since)


def _hosts_of(known: Known) -> Iterator[tuple[str, bool, str]]:
    """The hosts of one who is known: each, whether it is sure, and of which publisher's Extension it is the word."""
    publisher = read_host(known.hosts[0]) if known.hosts and known.by == "extension" else None
    is_own = known.by != "extension" or known.principal.startswith(_WITH_THE_WALLET)
    for text in known.hosts:
        host = read_host(text)
        by = publisher.registered if publisher is not None else ""
        yield text, is_own or (host is not None and host.registered == by), by


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
    itself = next((one for one in known if one.principal == party.principal), None)
    if itself is not None and party.role != "extension":
        return
    registered = {one.host.registered: one for one in hosts}
    for host in (read for text in party.hosts if (read := read_host(text)) is not None):
        met = registered.get(host.registered)
        if met is None:
            yield from _of_host(host, hosts)
        elif not met.is_sure:
            yield from _of_host(host, (one for one in hosts if _counts_more(one, met)))
    if party.role == "extension":
        yield from _of_extension(party, known, itself)
    elif party.role == "asker" and not party.hosts:
        for one in known:
            if same_looks(party.name, one.name):
                yield Likeness(party.name, one.name, How.NAME, one.since)


def _of_host(host: Host, hosts: Iterable[Acquainted]) -> Iterator[Likeness]:
    for one in hosts:
        if (how := host_likeness(host, one.host)) is not None:
            yield Likeness(host.registered, one.host.registered, how, one.since)


def _counts_more(one: Acquainted, met: Acquainted) -> bool:
    """Whether who is known so is known better than by that word of an Extension, which is no word against itself."""
    return (one.is_sure or one.since <= met.since) and one.host.registered != met.by


def _of_extension(party: Party, known: Iterable[Known], itself: Known | None) -> Iterator[Likeness]:
    """``itself``: as it is installed, where this is an update: what stays as it is was looked at before."""
    publisher = (party.principal or "").partition("/")[0]
    is_new_name = itself is None or party.name != itself.name
    is_new_logo = itself is None or party.logo != itself.logo
    for one in known:
        if one.by != "extension" or one.principal.partition("/")[0] == publisher:
            continue
        plain = one.principal.startswith(_WITH_THE_WALLET)
        near = same_looks(party.name, one.name) or (not plain and is_near(party.name, one.name))
        if is_new_name and (near or party.name == one.name):
            yield Likeness(party.name, one.name, How.NAME, one.since)
        if is_new_logo and party.logo and one.logo and _have_one_logo(party.logo, one.logo):
            yield Likeness(party.name, one.name, How.LOGO, one.since)


def _have_one_logo(seen: bytes, known: bytes) -> bool:
    try:
        return look_the_same(seen, known)
    except LogoError:  # the package's logo is a PNG by its header; whoever cannot draw it shows none
        return False
