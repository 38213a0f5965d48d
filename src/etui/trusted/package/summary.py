"""What whoever installs an Extension is told: who made it, what it does and what it asks for, in plain sentences.

Rules:

1. Every permission stands with its consequence; what is not asked for is not mentioned, but that it has no network is:
   of who neither names a host nor uses egress, which may ask the user for hosts that no manifest names.
2. On an update, what the version before could not do is marked ``new`` and comes first. A restriction that is dropped
   is told as such, and so is what is given up.
3. Name and description, the publisher's own words, are values beside the sentences, so that they cannot pose as the
   wallet speaking; the title and the text of an entry stand in quotation marks, without such marks of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from etui.interfaces import Transfer, supplied
from etui.standards.money import full_amount
from etui.trusted.package.accessibility import Assurance, Evidence, Limit, Rule
from etui.trusted.package.manifest import ADVISER, EGRESS, RELATIONSHIP, Link, Manifest, Permissions
from etui.trusted.package.signature import Verified

_MIB: Final = 1 << 20
_INNER_MARKS: Final = str.maketrans(dict.fromkeys('“”„‟«»"', "'"))
_STANDARD: Final = Permissions()
_ASSURANCES: Final = {
    Assurance.CONSENT: "only when you agree",
    Assurance.FINGERPRINT: "only when you agree and confirm with your PIN or passphrase, or a finger if you chose that",
    Assurance.PIN: "only when you agree and confirm with your PIN or passphrase",
}
_EVIDENCES: Final = {
    Evidence.OBSERVED: "only for programs that the wallet can see",
    Evidence.VERIFIED: "only for programs whose identity is verified",
}


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to know: the sentence, what follows from it, and whether it is new with this version."""

    text: str
    consequence: str = ""
    new: bool = False


_OTHER_HOSTS: Final = Line(
    text="It may ask you to reach hosts that it does not name.",
    consequence="What it holds could be sent to those that you allow; the wallet logs each request.",
)
_NO_NETWORK: Final = Line(text="It has no network.", consequence="What it holds cannot leave through it alone.")
_TRANSFERS: Final = {
    Transfer.BOUND: Line(
        text="It says that what it holds is for this device alone.",
        consequence="Backups and exports hold it all the same; what a copy is worth is up to the Extension.",
    ),
    Transfer.TRANSFERABLE: Line(
        text="It says that what it holds can move to another device.",
        consequence="Backups and exports copy it; that it is then gone from this one is up to the Extension.",
    ),
    Transfer.COPYABLE: Line(text="What it holds can be copied.", consequence="Backups and exports hold it too."),
}


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What to show before an installation.

    Args:
        name: of the Extension, in its publisher's words, as ``description`` is.
        id: the Extension's.
        publisher: the publisher's id.
        fingerprint: of the publisher's key, to be compared with what the publisher shows elsewhere.
        version: that would be installed.
        replaces: the version that is installed; empty where none is.
        description: what its publisher says of it.
        provides: what it does for others.
        asks: what it asks for; what is new comes first.
        narrows: how it restricts the use of what it holds.
        loosens: restrictions of the installed version that this one is without.
        gives_up: what the installed version could reach or use and this one does not.

    """

    name: str
    id: str
    publisher: str
    fingerprint: str
    version: str
    replaces: str
    description: str
    provides: tuple[Line, ...]
    asks: tuple[Line, ...]
    narrows: tuple[Line, ...]
    loosens: tuple[Line, ...] = ()
    gives_up: tuple[Line, ...] = ()


def summarise(verified: Verified, installed: Manifest | None = None) -> Summary:
    """What to show before ``verified`` is installed, in the place of ``installed`` where it is an update."""
    manifest = verified.manifest
    provides, asks, narrows = _provided(manifest), _asked(manifest), _narrowed(manifest)
    summary = Summary(
        name=manifest.name,
        id=manifest.id,
        publisher=manifest.publisher,
        fingerprint=verified.fingerprint,
        version=manifest.version,
        replaces="" if installed is None else installed.version,
        description=manifest.description,
        provides=provides,
        asks=asks,
        narrows=narrows,
    )
    if installed is None:
        return summary
    narrowed_before = _narrowed(installed)
    rights_before = (*_reach(installed), *_uses(installed))
    return msgspec.structs.replace(
        summary,
        provides=_marked(provides, _provided(installed)),
        asks=_marked(asks, (*_asked(installed), _NO_NETWORK)),
        loosens=tuple(msgspec.structs.replace(line, new=True) for line in narrowed_before if line not in narrows),
        gives_up=tuple(line for line in rights_before if line not in (*asks, _NO_NETWORK)),
    )


def permission_lines(manifest: Manifest) -> tuple[Line, ...]:
    """What the Extension of this manifest asks for, as an installed one is listed."""
    return _asked(manifest)


def restriction_lines(manifest: Manifest) -> tuple[Line, ...]:
    """How the Extension of this manifest restricts the use of what it holds: its accessibility profile in sentences."""
    return _narrowed(manifest)


def _marked(lines: tuple[Line, ...], before: tuple[Line, ...]) -> tuple[Line, ...]:
    marked = (msgspec.structs.replace(line, new=line not in before) for line in lines)
    return tuple(sorted(marked, key=lambda line: not line.new))


def _provided(manifest: Manifest) -> tuple[Line, ...]:
    lines = [
        Line(
            text=f"It provides {_interface(interface)}.",
            consequence="Programs that you allow to can use it through the wallet.",
        )
        for interface in manifest.provides
    ]
    return (*lines, *map(_link, manifest.links))


def _link(link: Link) -> Line:
    said = f" Its publisher says of it: “{_quoted(link.text)}”" if link.text.strip() else ""
    return Line(
        text=f"It puts the entry “{_quoted(link.title)}” into the wallet.",
        consequence=f"The entry calls the Extension.{said}",
    )


def _quoted(text: str) -> str:
    """The publisher's words as they can stand between quotation marks: nothing in them ends the quotation."""
    return text.translate(_INNER_MARKS)


def _asked(manifest: Manifest) -> tuple[Line, ...]:
    return (*_reach(manifest), *_uses(manifest), *_room(manifest), _TRANSFERS[manifest.transfer])


def _reach(manifest: Manifest) -> Iterator[Line]:
    permissions = manifest.permissions
    for host in permissions.network:
        yield Line(
            text=f"It reaches {host} over the network.",
            consequence=f"What it holds could be sent to {host}; the wallet logs each request.",
        )
    if EGRESS in manifest.uses:
        yield _OTHER_HOSTS
    elif not permissions.network:
        yield _NO_NETWORK
    if ADVISER in manifest.provides:
        yield Line(
            text="It is told of each question before you are: who asks, and whom the question names.",
            consequence="It can stop what is asked, and can allow nothing.",
        )
    if RELATIONSHIP in manifest.provides:
        yield Line(
            text="It says with whom you have dealt.",
            consequence="Whoever looks like one of those can be stopped for it.",
        )
    if permissions.pcsc:
        yield Line(
            text="It uses smart card readers.",
            consequence="It can talk to every card that you put into a reader.",
        )
    if permissions.removable:
        yield Line(
            text="It uses memory cards and sticks.",
            consequence="It can read and change what is on those that you choose for it.",
        )
    if permissions.folder:
        yield Line(
            text="It keeps a folder on this device.",
            consequence="Other Extensions' data can lie there, sealed: it could lose them, and cannot read them.",
        )


def _uses(manifest: Manifest) -> Iterator[Line]:
    for interface in manifest.uses:
        yield Line(
            text=f"It uses {_interface(interface)}.",
            consequence="It asks other Extensions or the wallet for it, and each request is decided like a program's.",
        )


def _room(manifest: Manifest) -> Iterator[Line]:
    permissions = manifest.permissions
    if permissions.processes > _STANDARD.processes:
        yield Line(
            text=f"It runs up to {permissions.processes} processes of up to {permissions.memory_mb} MiB each.",
            consequence="It can slow this device down while it runs.",
        )
    if manifest.quota.bytes:
        yield Line(text=f"It keeps up to {_size(manifest.quota.bytes)} in the wallet's storage.")


def _narrowed(manifest: Manifest) -> tuple[Line, ...]:
    return tuple(line for rule in manifest.accessibility.rules for line in _rule_lines(rule))


def _rule_lines(rule: Rule) -> Iterator[Line]:
    what = _what(rule)
    if rule.least_assurance is not Assurance.NONE:
        yield Line(text=f"{what}: {_ASSURANCES[rule.least_assurance]}.")
    if rule.least_evidence is not Evidence.CLAIMED:
        yield Line(text=f"{what}: {_EVIDENCES[rule.least_evidence]}.")
    if rule.only_clients:
        yield Line(text=f"{what}: for nobody but {', '.join(rule.only_clients)}.")
    if rule.never_clients:
        yield Line(text=f"{what}: never for {', '.join(rule.never_clients)}.")
    if rule.limits:
        yield Line(text=f"{what}: up to {_amounts(rule.limits)} at a time.")


def _what(rule: Rule) -> str:
    methods, kinds = ", ".join(rule.methods), ", ".join(rule.kinds)
    what = f"{methods or 'everything'} with items of the kind {kinds}" if kinds else methods
    return f"{what}, about more than {_amounts(rule.above)}" if rule.above else what


def _amounts(limits: tuple[Limit, ...]) -> str:
    return " or ".join(full_amount(limit.amount_minor, limit.currency) for limit in limits)


def _interface(interface: str) -> str:
    """The interface for people: the wallet's own by title, a stranger's by its id alone."""
    known = supplied().get(interface)
    return interface if known is None else f"{known.document.title} ({interface})"


def _size(count: int) -> str:
    return f"{count // _MIB} MiB" if count % _MIB == 0 else f"{count:,} bytes"
