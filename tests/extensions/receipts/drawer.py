"""Receipts in a sealed store whose records lie open to the test, and what a test files there."""

from __future__ import annotations

import time
from typing import Any

from etui.extensions.receipts.kept import Keeping, Kept, Remark
from etui.extensions.receipts.looking import Altered, Looked, entry_of, look_at
from etui.interfaces import Request
from etui.interfaces import storage_1 as storage
from etui.sdk import Store
from etui.standards.payments import read_receipt


class Drawer:
    """``records``: as a provider of ``storage/1`` has them."""

    def __init__(self) -> None:
        self.records: dict[str, bytes] = {}
        self.store = Store(bytes(32), self)
        self.keeping = Keeping(self.store)

    def __call__(self, request: Request[Any], *, under: str = "", provider: str = "") -> Any:  # noqa: ANN401, ARG002
        match request:
            case storage.Put():
                for record in request.records:
                    self.records.pop(record.key, None)
                    if record.value is not None:
                        self.records[record.key] = record.value
                return storage.PutResult()
            case storage.Get():
                found = [(key, self.records[key]) for key in request.keys if key in self.records]
                return storage.GetResult(records=[storage.Record(key=key, value=value) for key, value in found])
            case storage.List():
                found = [pair for pair in self.records.items() if pair[0].startswith(request.prefix or "")]
                records = [storage.Record(key=key, value=value) for key, value in sorted(found)]
                return storage.ListResult(records=records, more=False)
            case _:
                raise AssertionError(request)

    def file(
        self, token: str, *, networks: tuple[str, ...] = ("etui-demo",), note: str = "", decision: str = ""
    ) -> str:
        """Files a receipt, as the Extension does; its id."""
        entry = entry_of(token, read_receipt(token))
        kept = Kept(token=token, networks=networks, filed_at=int(time.time()), filed_by="a test", decision=decision)
        self.keeping.add(entry, kept)
        if note:
            self.keeping.note(entry.id, Remark(note, dispute=False, at=1))
        return entry.id

    def look(self, name: str) -> Looked | Altered:
        """What a receipt is now, read anew from the records."""
        self.store.forget()
        return look_at(self.keeping, self.keeping.entry(name))

    def sound(self, token: str, **given: Any) -> Looked:  # noqa: ANN401
        """A receipt that was filed just now."""
        looked = self.look(self.file(token, **given))
        assert isinstance(looked, Looked)
        return looked
