"""The Extension: each request of ``secret/1``, answered from the safe."""

from __future__ import annotations

import gc
import hmac
import os
import secrets
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from msgspec import Raw, json
from msgspec.structs import replace

from etui.extensions.secrets import places
from etui.extensions.secrets.attributes import check_attributes
from etui.extensions.secrets.entries import GROUP, Entry, Past
from etui.extensions.secrets.errors import UnfitError, UnreadableItemsError
from etui.extensions.secrets.fetching import Fetching
from etui.extensions.secrets.imports import Imports
from etui.extensions.secrets.passwords import LENGTH, random_password, random_words
from etui.extensions.secrets.safe import Safe
from etui.extensions.secrets.values import given_value, wrapped
from etui.interfaces import Item
from etui.interfaces import dialog_1 as dialog
from etui.interfaces import secret_1 as secret
from etui.sdk import Call, Extension, Prepared, RemoteError, prepares, provides
from etui.standards.otp import OneTimeCode, OtpKeyError, TotpKey, parse_key, totp

if TYPE_CHECKING:
    from collections.abc import Sequence

CODE: Final = "code"
LOGIN: Final = "login"
PROGRAM: Final = "program"
OWN_BYTES: Final = 64
"""How long a program's own secret is: as long as gnome-keyring's, which libsecret and others derive their keys from."""
_ID_BYTES: Final = 16


class Secrets(Extension):
    """Keeps logins, passwords, PINs, notes, small files and keys of one-time codes."""

    _safe: Safe
    _fetching: Fetching
    _imports: Imports

    def begin(self) -> None:
        """Loads every entry; where the storage does not answer, the first request tries again."""
        self._safe = Safe(self.store, os.environ.get("ETUI_SESSION", ""))
        self._fetching = Fetching(self._safe, self.call)
        self._imports = Imports(self._safe, _now_s)
        gc.disable()  # thousands of entries that all stay: no collection needs to walk through them, now or later
        try:
            self._safe.load()
        except RemoteError as error:
            sys.stderr.write(f"the items could not be loaded: {error}\n")
        finally:
            gc.freeze()
            gc.enable()

    def inventory(self) -> Sequence[Item]:
        """Every item."""
        return self._safe.catalogue.items()

    def locate(self, ids: Sequence[str]) -> list[Item]:
        """The entries of these items, as far as they are there; raises ``DamagedRecordError``."""
        entries = (self._safe.look_up(item) for item in ids)
        return [entry.item for entry in entries if entry is not None]

    @provides(secret.Create)
    def create(self, request: secret.Create, call: Call) -> secret.CreateResult:
        """Answers ``secret/1.create``."""
        value = given_value(request) or b""
        _check_value(request.kind, value)
        attributes = request.attributes or {}
        check_attributes(attributes)
        group = self._group(request)
        if request.replace:
            twin = self._safe.catalogue.twin(call.client, group, request.kind, attributes)
            if twin is not None:
                return secret.CreateResult(item=self._replace(twin, request, value), replaced=True)
        item = _new_item(request.kind, request.label, attributes, group)
        self._add(Entry(item, call.client, request.content_type or "", size=len(value)), value, call)
        return secret.CreateResult(item=item)

    @provides(secret.Own)
    def own(self, request: secret.Own, call: Call) -> secret.OwnResult:
        """Answers ``secret/1.own``: the Client's own secret with these attributes, or one that is made now.

        As with ``find``, a new one is made only where every item could be looked at: whoever has another secret than
        before loses all that it has encrypted.
        """
        check_attributes(request.attributes)
        if not request.attributes:
            raise UnfitError("nothing says which secret is meant: give it an attribute")
        there = self._safe.catalogue.twin(call.client, "", PROGRAM, request.attributes)
        if there is not None:
            return secret.OwnResult(item=there.item, value=self._safe.value(there), made=False)
        if self._safe.damaged:
            raise UnreadableItemsError(self._safe.damaged)
        item = _new_item(PROGRAM, request.label, request.attributes)
        value = secrets.token_bytes(OWN_BYTES)
        self._add(Entry(item, call.client, size=len(value)), value, call)
        return secret.OwnResult(item=item, value=value, made=True)

    @provides(secret.Find)
    def find(self, request: secret.Find, _: Call) -> secret.FindResult:
        """Answers ``secret/1.find``.

        Who looks for something by its attributes or words, and is told that there is none, makes a new one: so that is
        said only where every item can be looked at. A list, as of all collections, has what can be looked at.
        """
        catalogue = self._safe.catalogue
        items = catalogue.find(request)
        is_sought = request.attributes or request.text or not catalogue.items()
        if not items and is_sought and self._safe.damaged:
            raise UnreadableItemsError(self._safe.damaged)
        return secret.FindResult(items=items)

    @provides(secret.Describe)
    def describe(self, request: secret.Describe, _: Call) -> secret.DescribeResult:
        """Answers ``secret/1.describe``."""
        entry = self._safe.entry(request.item)
        return secret.DescribeResult(item=entry.item, content_type=entry.content_type or None)

    @provides(secret.Read)
    def read(self, request: secret.Read, _: Call) -> secret.ReadResult:
        """Answers ``secret/1.read``: wrapped where a session's key is given."""
        entry = self._safe.entry(request.item)
        value = self._safe.value(entry)
        content_type = entry.content_type or None
        if request.wrap_key is None:
            return secret.ReadResult(value=value, content_type=content_type)
        answer = wrapped(request.wrap_key, value)
        return secret.ReadResult(wrap_iv=answer.iv, wrap_value=answer.value, content_type=content_type)

    @provides(secret.Code)
    def code(self, request: secret.Code, _: Call) -> secret.CodeResult:
        """Answers ``secret/1.code``."""
        entry = self._safe.entry(request.item)
        if entry.item.kind != CODE:
            raise UnfitError("this item holds no key for one-time codes: name an item of the kind “code”")
        code = self._code(entry)
        return secret.CodeResult(value=code.text.encode("ascii"), valid_s=code.valid_s)

    @prepares(secret.Login)
    def prepare_login(self, request: secret.Login, _: Call) -> Prepared:
        """Says which login it is, or among which the user chooses."""
        return places.prepare(self._safe, request, LOGIN)

    @provides(secret.Login)
    def login(self, request: secret.Login, _: Call) -> secret.LoginResult:
        """Answers ``secret/1.login``."""
        entry = places.entry_for(self._safe, request, LOGIN)
        return secret.LoginResult(item=entry.item, value=self._safe.value(entry))

    @prepares(secret.LoginCode)
    def prepare_login_code(self, request: secret.LoginCode, _: Call) -> Prepared:
        """Says whose code it is, or among which the user chooses."""
        return places.prepare(self._safe, request, CODE)

    @provides(secret.LoginCode)
    def login_code(self, request: secret.LoginCode, _: Call) -> secret.LoginCodeResult:
        """Answers ``secret/1.login_code``."""
        entry = places.entry_for(self._safe, request, CODE)
        code = self._code(entry)
        return secret.LoginCodeResult(item=entry.item, value=code.text.encode("ascii"), valid_s=code.valid_s)

    @provides(secret.Reveal)
    def reveal(self, request: secret.Reveal, call: Call) -> secret.RevealResult:
        """Answers ``secret/1.reveal`` when the user has closed the window."""
        entry = self._safe.entry(request.item)
        value = self._safe.value(entry)
        try:
            value.decode("utf-8")
        except UnicodeDecodeError:
            raise UnfitError("this item's value is no text and cannot be shown: read it with a program") from None
        call.ask(dialog.Reveal(title=entry.item.label or "Secret", secret=value))
        return secret.RevealResult()

    @provides(secret.Fetch)
    def fetch(self, request: secret.Fetch, call: Call) -> secret.FetchResult:
        """Answers ``secret/1.fetch``: the value goes to egress, sealed, and nowhere else."""
        return self._fetching.fetch(request, call)

    @provides(secret.FetchMore)
    def fetch_more(self, request: secret.FetchMore, call: Call) -> secret.FetchMoreResult:
        """Answers ``secret/1.fetch_more``."""
        return self._fetching.more(request, call)

    @provides(secret.FetchDrop)
    def fetch_drop(self, request: secret.FetchDrop, call: Call) -> secret.FetchDropResult:
        """Answers ``secret/1.fetch_drop``."""
        return self._fetching.drop(request, call)

    @provides(secret.Update)
    def update(self, request: secret.Update, _: Call) -> secret.UpdateResult:
        """Answers ``secret/1.update``: what is not given stays, attributes are replaced together."""
        entry = self._safe.entry(request.item)
        value = given_value(request)
        if value is not None:
            _check_value(entry.item.kind, value)
        if request.attributes is not None:
            check_attributes(request.attributes)
        return secret.UpdateResult(item=self._change(entry, request, value))

    @provides(secret.Delete)
    def delete(self, request: secret.Delete, _: Call) -> secret.DeleteResult:
        """Answers ``secret/1.delete``: a collection goes with its items."""
        entry = self._safe.entry(request.item)
        self._safe.remove(entry)
        self.tell("secret/1.deleted", entry.item)
        return secret.DeleteResult()

    @prepares(secret.Delete)
    def prepare_delete(self, request: secret.Delete, _: Call) -> Prepared:
        """Says what goes with the item."""
        entry = self._safe.entry(request.item)
        members = self._safe.catalogue.members(entry.id)
        notes = []
        if members:
            notes.append(f"The {_counted(len(members), 'item')} in this collection will be deleted with it.")
        if entry.past:
            notes.append(f"Its {_counted(len(entry.past), 'earlier value')} will be deleted with it.")
        return Prepared(notes=notes)

    @provides(secret.History)
    def history(self, request: secret.History, _: Call) -> secret.HistoryResult:
        """Answers ``secret/1.history``, the latest first."""
        past = reversed(self._safe.entry(request.item).past)
        versions = [secret.Version(version=p.version, replaced=p.replaced_s, size=p.size) for p in past]
        return secret.HistoryResult(versions=versions)

    @provides(secret.Restore)
    def restore(self, request: secret.Restore, _: Call) -> secret.RestoreResult:
        """Answers ``secret/1.restore``: the earlier value becomes the next version."""
        entry, past = self._earlier(request)
        value = self._safe.earlier(entry, past.version)
        new = replace(entry.valued(len(value), now_s=_now_s()), content_type=past.content_type)
        self._safe.revalue(entry, new, value)
        self.tell("secret/1.changed", new.item)
        return secret.RestoreResult(item=new.item)

    @prepares(secret.Restore)
    def prepare_restore(self, request: secret.Restore, _: Call) -> Prepared:
        """Says which value comes back."""
        _entry, past = self._earlier(request)
        replaced = datetime.fromtimestamp(past.replaced_s, UTC).strftime("%Y-%m-%d %H:%M UTC")
        return Prepared(
            notes=[f"The value that was replaced on {replaced} comes back.", "The present value stays in the history."]
        )

    @provides(secret.Generate)
    def generate(self, request: secret.Generate, _: Call) -> secret.GenerateResult:
        """Answers ``secret/1.generate``: characters unless words are asked for."""
        if request.words is None:
            text = random_password(request.length or LENGTH, symbols=bool(request.symbols))
        elif request.length is None and not request.symbols:
            text = random_words(request.words)
        else:
            raise UnfitError("a password is made of words or of characters: leave out words, or length and symbols")
        return secret.GenerateResult(value=text.encode("ascii"))

    def _add(self, entry: Entry, value: bytes, call: Call) -> None:
        call.makes(entry.item)
        self._safe.add(entry, value)
        self.tell("secret/1.created", entry.item)

    @provides(secret.Compare)
    def compare(self, request: secret.Compare, call: Call) -> secret.CompareResult:
        """Answers ``secret/1.compare``."""
        return secret.CompareResult(run=self._imports.compare(call.client, request.count))

    @provides(secret.Import)
    def begin_import(self, request: secret.Import, call: Call) -> secret.ImportResult:
        """Answers ``secret/1.import``."""
        run, name = self._imports.begin(call.client, request.source, request.count)
        return secret.ImportResult(run=run, name=name)

    @provides(secret.ImportPart)
    def import_part(self, request: secret.ImportPart, call: Call) -> secret.ImportPartResult:
        """Answers ``secret/1.import_part``."""
        outcomes, stored = self._imports.take(call.client, request)
        for item in stored:
            self.tell("secret/1.created", item)
        return secret.ImportPartResult(outcomes=outcomes)

    @provides(secret.UndoImport)
    def undo_import(self, request: secret.UndoImport, _: Call) -> secret.UndoImportResult:
        """Answers ``secret/1.undo_import``."""
        one = self._imports.named(request.name)
        earlier = self._imports.before(one)
        gone, kept = self._imports.undo(one)
        for entry in gone:
            self.tell("secret/1.deleted", entry.item)
        return secret.UndoImportResult(
            name=one.name,
            removed=sum(not entry.is_group for entry in gone),
            kept=[entry.item.label for entry in kept],
            earlier=None if earlier is None else earlier.name,
        )

    @prepares(secret.UndoImport)
    def prepare_undo_import(self, request: secret.UndoImport, _: Call) -> Prepared:
        """Says which import it is, what goes with it and what stays."""
        one = self._imports.named(request.name)
        gone, kept = self._imports.brought(one)
        notes = [f"{_counted(len(gone), 'item')} that came with it will be deleted."]
        if kept:
            notes.append(f"{_counted(len(kept), 'item')} of it, changed since, will stay.")
        settles = {} if request.name is not None else {"name": Raw(json.encode(one.name))}
        return Prepared(notes=notes, settles=settles)

    def _code(self, entry: Entry) -> OneTimeCode:
        return totp(_totp_key(self._safe.value(entry)), _now_s())

    def _replace(self, twin: Entry, request: secret.Create, value: bytes) -> Item:
        entry = replace(twin, item=replace(twin.item, kind=request.kind))
        changed = secret.Update(item=twin.id, label=request.label, content_type=request.content_type or "")
        return self._change(entry, changed, value)

    def _change(self, entry: Entry, request: secret.Update, value: bytes | None) -> Item:
        now_s = _now_s()
        if value is None or entry.is_group or self._holds(entry, value, request.content_type):
            new = entry.described(request, now_s=now_s)
            self._safe.redescribe(new)
        else:
            new = entry.valued(len(value), now_s=now_s).described(request, now_s=now_s)
            self._safe.revalue(entry, new, value)
        self.tell("secret/1.changed", new.item)
        return new.item

    def _holds(self, entry: Entry, value: bytes, content_type: str | None) -> bool:
        """Whether this is the present value: stored again it would push an earlier one out of the history."""
        if entry.size != len(value) or content_type not in {None, entry.content_type}:
            return False
        return hmac.compare_digest(self._safe.value(entry), value)

    def _group(self, request: secret.Create) -> str:
        if not request.group:
            return ""
        if not self._safe.entry(request.group).is_group:
            raise UnfitError("the item named as collection is none: name one of the kind “group”")
        if request.kind == GROUP:
            raise UnfitError("a collection cannot lie in another one: leave out the collection")
        return request.group

    def _earlier(self, request: secret.Restore) -> tuple[Entry, Past]:
        entry = self._safe.entry(request.item)
        past = entry.earlier(request.version)
        if past is None:
            raise UnfitError(f"this item has no earlier value with version {request.version}: ask for its history")
        return entry, past


def _new_item(kind: str, label: str, attributes: dict[str, str], group: str = "") -> Item:
    now_s = _now_s()
    return Item(
        item=secrets.token_hex(_ID_BYTES),
        kind=kind,
        label=label,
        group=group,
        attributes=attributes,
        created=now_s,
        modified=now_s,
    )


def _check_value(kind: str, value: bytes) -> None:
    if kind == GROUP and value:
        raise UnfitError("a collection has no value of its own: leave the value out")
    if kind == CODE:
        _totp_key(value)


def _totp_key(value: bytes) -> TotpKey:
    try:
        return parse_key(value)
    except OtpKeyError as error:
        raise UnfitError(str(error)) from None


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _now_s() -> int:
    return int(time.time())
