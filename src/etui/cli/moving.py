"""``etui import secret-service · undo``: what another keyring holds, taken over into the wallet, and taken back.

Rules:

1. Every item of the keyring is counted once: taken, already there, differs, refused, or left out with its collection.
2. The keyring is read and nothing else; no secret is printed.
3. What the wallet has answered is durable. A run that is broken off is gone on with by the next, and doubles nothing.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from etui.cli.command import Arguments, Command, connect, name_session_bus
from etui.cli.exits import CommandError, Exit
from etui.cli.keyring import Folder, Held, Keyring
from etui.cli.output import quoted, single_line
from etui.cli.progress import items_done
from etui.interfaces import secret_1 as secret
from etui.interfaces import wallet_1 as wallet
from etui.protocol import ProtocolError
from etui.standards.secretservice.names import GENERIC_SCHEMA, SCHEMA_ATTRIBUTE

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from etui.cli.output import Output
    from etui.sdk import Client

_DOOR: Final = "secret-service"
_OPEN: Final = "open"
_NOTE_SCHEMA: Final = "org.gnome.keyring.Note"
_READ_AT_ONCE: Final = 50
_MAX_PART_BYTES: Final = 2 << 20
_MAX_VALUE_BYTES: Final = 1 << 20
_STAYED_LOCKED: Final = "it is locked, and was not unlocked"
_ITEM_BYTES: Final = 200
"""What an item takes in a request beside its texts and its value."""


class Fate(msgspec.Struct, frozen=True):
    """What became of an item, or would: ``taken``, ``there``, ``differs``, ``refused`` or ``left_out``."""

    collection: str
    label: str
    outcome: str
    why: str | None


class Count(msgspec.Struct, frozen=True):
    """How many items of a collection became what; they come to ``items``. ``why``: what it was left out for."""

    collection: str
    items: int
    taken: int
    there: int
    differs: int
    refused: int
    left_out: int
    why: str | None


class Report(msgspec.Struct, frozen=True):
    """What an import did, or would do. ``name``: what `etui import undo` knows it by; null where nothing was stored."""

    source: str
    dry_run: bool
    name: str | None
    collections: list[Count]
    items: list[Fate]


class Undone(msgspec.Struct, frozen=True):
    """What was taken back. ``kept``: the labels of what was changed since. ``earlier``: the import before."""

    name: str
    removed: int
    kept: list[str]
    earlier: str | None


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="say what would come, and store nothing")
    parser.add_argument(
        "--from",
        dest="name",
        default="",
        metavar="NAME",
        help="the keyring's name on the session bus, if not the usual",
    )


def _import(arguments: Arguments, output: Output) -> Exit:
    name_session_bus()
    with asyncio.Runner() as runner, connect() as client:
        own_door = _is_open(client)
        keyring = runner.run(Keyring.open(arguments.name, own_door=own_door))
        try:
            output.note(f"etui: reading {single_line(str(keyring))}")
            report = _Moving(runner, keyring, client, output).run(dry=arguments.dry_run)
        finally:
            keyring.close()
    output.value(report, _told(report))
    is_whole = not any(count.refused or count.left_out for count in report.collections)
    if not is_whole:
        output.note("etui: not everything there can be taken; what is left is named above, and stays where it is")
    return Exit.OK if is_whole else Exit.FAILED


def _is_open(client: Client) -> bool:
    return any(row.door == _DOOR and row.state == _OPEN for row in client.call(wallet.Doors()).doors)


class _Moving:
    """One run, from a keyring to the wallet."""

    def __init__(self, runner: asyncio.Runner, keyring: Keyring, client: Client, output: Output) -> None:
        self._runner = runner
        self._keyring = keyring
        self._client = client
        self._output = output
        self._fates: list[Fate] = []
        self._left_out: dict[str, str] = {}

    def run(self, *, dry: bool) -> Report:
        """What became of everything; raises ``KeyringError``, ``ProtocolError``, each with what is left as it was."""
        folders = self._unlocked(self._runner.run(self._keyring.folders()))
        usable = [folder for folder in folders if folder.path not in self._left_out]
        total = sum(len(folder.items) for folder in usable)
        source = Path(self._keyring.program).name or "a keyring"
        name = None
        if total:
            told = [single_line(f"{folder.label}: {len(folder.items)}")[:1000] for folder in usable]
            if dry:
                run = self._client.call(secret.Compare(source=source, count=total, collections=told)).run
            else:
                begun = self._client.call(secret.Import(source=source, count=total, collections=told))
                run, name = begun.run, begun.name
            self._bring(run, usable, total, dry=dry)
        return Report(str(self._keyring), dry, name, self._counts(folders), self._fates)

    def _unlocked(self, folders: list[Folder]) -> list[Folder]:
        """The collections, each unlocked by the keyring's own prompt, or among those that are left out."""
        seen = []
        for folder in folders:
            if not folder.is_locked:
                seen.append(folder)
                continue
            self._output.note(f"etui: the collection {quoted(folder.label)} is locked: the keyring asks for it")
            if self._runner.run(self._keyring.unlock(folder)):
                again = self._runner.run(self._keyring.folders())
                seen += [one for one in again if one.path == folder.path]
            else:
                self._left_out[folder.path] = _STAYED_LOCKED
                self._fates += [Fate(folder.label, "", "left_out", _STAYED_LOCKED)] * len(folder.items)
                seen.append(folder)
        return seen

    def _bring(self, run: str, folders: list[Folder], total: int, *, dry: bool) -> None:
        try:
            with items_done("comparing" if dry else "importing", total) as advance:
                for folder in folders:
                    for start in range(0, len(folder.items), _READ_AT_ONCE):
                        paths = folder.items[start : start + _READ_AT_ONCE]
                        for part in _parts(self._sifted(folder, self._runner.run(self._keyring.read(folder, paths)))):
                            self._send(run, folder, part)
                        advance(len(paths))
                self._client.call(secret.ImportPart(run=run, items=[], values=b"", last=True))
        except (CommandError, ProtocolError, KeyboardInterrupt):
            if not dry:
                here = sum(fate.outcome in {"taken", "differs", "there"} for fate in self._fates)
                self._output.note(
                    f"etui: {here} of {total} items are in the wallet, and nothing changed in the keyring; "
                    "`etui import secret-service` goes on with it, and doubles nothing"
                )
            raise

    def _sifted(self, folder: Folder, held: list[Held]) -> Iterator[Held]:
        """What can be sent; the rest is refused here."""
        for one in held:
            why = one.missing
            if not why and len(one.value) > _MAX_VALUE_BYTES:
                why = f"its value has {len(one.value):,} bytes, and an item here may have {_MAX_VALUE_BYTES:,}"
            if why:
                self._fates.append(Fate(folder.label, one.label, "refused", why))
            else:
                yield one

    def _send(self, run: str, folder: Folder, part: list[Held]) -> None:
        request = secret.ImportPart(
            run=run,
            collection=None if folder.is_default or folder.is_session else folder.label[:1000],
            items=[_incoming(folder, held) for held in part],
            values=b"".join(held.value for held in part),
        )
        outcomes = self._client.call(request).outcomes
        for held, outcome in zip(part, outcomes, strict=True):
            self._fates.append(Fate(folder.label, held.label, outcome.outcome, outcome.why))

    def _counts(self, folders: list[Folder]) -> list[Count]:
        counted = Counter((fate.collection, fate.outcome) for fate in self._fates)
        labels = dict.fromkeys(folder.label for folder in folders)
        reasons = {folder.label: self._left_out[folder.path] for folder in folders if folder.path in self._left_out}
        counts = []
        for label in labels:
            count = Count(
                collection=label,
                items=sum(number for (collection, _), number in counted.items() if collection == label),
                taken=counted[label, "taken"],
                there=counted[label, "there"],
                differs=counted[label, "differs"],
                refused=counted[label, "refused"],
                left_out=counted[label, "left_out"],
                why=reasons.get(label),
            )
            counts.append(count)
        return counts


def _incoming(folder: Folder, held: Held) -> secret.Incoming:
    attributes = dict(held.attributes)
    if held.schema not in {"", GENERIC_SCHEMA}:
        attributes.setdefault(SCHEMA_ATTRIBUTE, held.schema)
    return secret.Incoming(
        kind="note" if attributes.get(SCHEMA_ATTRIBUTE) == _NOTE_SCHEMA else "password",
        label=held.label,
        attributes=attributes,
        content_type=held.content_type or None,
        size=len(held.value),
        created=held.created or None,
        modified=held.modified or None,
        session=folder.is_session or None,
    )


def _parts(held: Iterator[Held]) -> Iterator[list[Held]]:
    """The items in lists that each go into one request."""
    part: list[Held] = []
    size = 0
    for one in held:
        texts = sum(len(name) + len(text) for name, text in one.attributes.items()) + len(one.label)
        taken = 4 * len(one.value) // 3 + 6 * texts + _ITEM_BYTES
        if part and size + taken > _MAX_PART_BYTES:
            yield part
            part, size = [], 0
        part.append(one)
        size += taken
    if part:
        yield part


def _told(report: Report) -> str:
    """The report for people: a line for each collection, and one for each item that did not simply come."""
    headings = ("COLLECTION", "ITEMS", "TAKEN", "THERE", "DIFFERS", "REFUSED", "LEFT OUT")
    rows = [
        (quoted(one.collection), *map(str, (one.items, one.taken, one.there, one.differs, one.refused, one.left_out)))
        for one in report.collections
    ]
    widths = [max(len(row[n]) for row in (headings, *rows)) for n in range(len(headings))]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in (headings, *rows)]
    lines += [f"{quoted(one.collection)} is left out: {one.why}" for one in report.collections if one.why]
    lines += [
        single_line(f"{quoted(fate.label)} in {quoted(fate.collection)}, {_FATES[fate.outcome]}: {fate.why}")
        for fate in report.items
        if fate.why and fate.outcome in _FATES
    ]
    if report.dry_run:
        lines.append("Nothing was stored: this was a look. `etui import secret-service` takes it over.")
    elif report.name is None:
        lines.append("There is nothing to take over.")
    else:
        lines.append("The keyring has all that it had. `etui import undo` takes back what came.")
        lines.append("`etui door enable secret-service` has programs find it here; each is asked about once.")
    return "\n".join(lines)


_FATES: Final = {"there": "already there", "differs": "both kept", "refused": "refused"}


def _undo(arguments: Arguments, output: Output) -> Exit:
    del arguments
    with connect() as client:
        undone = client.call(secret.UndoImport())
    lines = [f"Deleted {undone.removed} items that came with {quoted(undone.name)}."]
    lines += [f"{quoted(label)} was changed since, and stays." for label in undone.kept]
    if undone.earlier:
        lines.append(f"There is an import before it, {quoted(undone.earlier)}: once more takes that one back.")
    output.value(Undone(undone.name, undone.removed, undone.kept, undone.earlier), "\n".join(lines))
    return Exit.OK


IMPORT = Command(
    name="import secret-service",
    help="take over what another keyring holds",
    text="Takes over what gnome-keyring, or any other Secret Service on the session bus, holds: collections, items,\n"
    "attributes, types and times. The keyring is read and not changed, over an encrypted session; for what is locked\n"
    "there it asks by its own prompt. Each item is counted once: taken; there already; differs from one with the same\n"
    "attributes here, so that both are kept; refused, with the reason; or left out with its collection. The Trusted\n"
    "Dialog asks once. Broken off, it goes on when it is started again, and doubles nothing. The exit status is 1\n"
    "where something was refused or left out.",
    arguments=_arguments,
    run=_import,
    examples=(
        ("etui import secret-service --dry-run", "what would come, what is there, what cannot be taken"),
        ("etui import secret-service", "takes it over"),
        ("etui import secret-service --from org.gnome.keyring", "from who has this name on the bus"),
    ),
)
UNDO = Command(
    name="import undo",
    help="delete what the latest import brought, and nothing else",
    text="Deletes what the latest import brought. What was changed since, by anybody, stays and is named. The Trusted\n"
    "Dialog asks. Once more, it takes back the import before that.",
    run=_undo,
    examples=(("etui import undo", "the wallet is as it was before the import"),),
)
