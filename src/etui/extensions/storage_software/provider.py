"""The Extension: each request of ``storage/1``, answered from the table.

The file is opened at the start or, where that failed, with the first request after the fault is gone: a full or
read-only disk is an answer and never the end of the process.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from etui.extensions.storage_software.database import FILE_NAME, open_database
from etui.extensions.storage_software.errors import StorageError
from etui.extensions.storage_software.records import Records
from etui.interfaces import storage_1 as storage
from etui.sdk import Call, ErrorCode, Extension, ProtocolError, provides

if TYPE_CHECKING:
    from pathlib import Path


class StorageSoftware(Extension):
    """Keeps sealed records in ``folder``, of each caller as many bytes (keys and values) as its call says."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._records: Records | None = None

    def begin(self) -> None:
        """Opens the file."""
        try:
            self._opened()
        except StorageError as error:
            sys.stderr.write(f"{error}\n")

    @provides(storage.Get)
    def get(self, request: storage.Get, call: Call) -> storage.GetResult:
        """Answers ``storage/1.get``."""
        return storage.GetResult(records=self._opened().get(_caller(call), request.keys))

    @provides(storage.List)
    def list(self, request: storage.List, call: Call) -> storage.ListResult:
        """Answers ``storage/1.list``; without ``values`` the values are told too."""
        values = request.values is not False
        page = self._opened().page(_caller(call), request.prefix or "", request.after, values=values)
        if page.damaged:
            sys.stderr.write(
                f"{self._folder / FILE_NAME} is damaged, and some records are left out: restore a backup\n"
            )
        return storage.ListResult(records=page.records, more=page.more)

    @provides(storage.Put)
    def put(self, request: storage.Put, call: Call) -> storage.PutResult:
        """Answers ``storage/1.put``."""
        records = self._opened()
        if records.read_only:  # the disk may have become writable since
            records.close()
            self._records = None
            records = self._opened()
        records.put(_caller(call), request.records, call.quota)
        return storage.PutResult()

    @provides(storage.Usage)
    def usage(self, _: storage.Usage, call: Call) -> storage.UsageResult:
        """Answers ``storage/1.usage``."""
        space = self._opened().space(_caller(call))
        return storage.UsageResult(records=space.records, bytes=space.bytes, quota_bytes=call.quota)

    def _opened(self) -> Records:
        if self._records is None:
            self._records = Records(open_database(self._folder))
        return self._records


def _caller(call: Call) -> str:
    if not call.client:
        raise ProtocolError(ErrorCode.INVALID_REQUEST, "the Router did not say whose records these are")
    return call.client
