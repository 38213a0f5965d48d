"""The applications of all Extensions in one directory, as contactless readers (PPSE) and others (PSE) look for them.

Source: EMV Book 1, sections 12.2 and 12.3; EMV Contactless Book B, section 3.3.1.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from etui.interfaces.apdu_1 import Application
from etui.standards import emv
from etui.standards.iso7816 import Response, StatusWord

SFI: Final = 1
"""The file of the PSE's directory."""
_MOST: Final = 15
"""As many as there are priorities."""
_MIN_NAME: Final = 5
_LABEL: Final = 16
_NOT_FOUND: Final = StatusWord.FILE_OR_APPLICATION_NOT_FOUND


class Listed(msgspec.Struct, frozen=True):
    """An application, and the Extension that answers for it."""

    name: bytes
    label: str
    priority: int
    provider: str


class Directory:
    """What is armed, the highest priority first; of two of one name the first that was found."""

    def __init__(self, found: Iterable[tuple[str, Application]] = ()) -> None:
        listed: dict[bytes, Listed] = {}
        for provider, one in found:
            if _MIN_NAME <= len(one.name) <= emv.ELEMENTS[emv.Tag.DF_NAME].max_bytes:
                label = "".join(c for c in one.label if c.isascii() and c.isprintable())[:_LABEL]
                listed.setdefault(one.name, Listed(one.name, label, one.priority, provider))
        ordered = sorted(listed.values(), key=lambda each: each.priority)
        self.applications = tuple(ordered[:_MOST])

    def named(self, name: bytes) -> Listed | None:
        """The first application whose identifier is this, or begins so."""
        exact = next((one for one in self.applications if one.name == name), None)
        return exact or next((one for one in self.applications if one.name.startswith(name)), None)

    def proximity(self) -> Response:
        """The answer to SELECT of the PPSE."""
        return Response(emv.ProximityDirectory(self._entries()).encode()) if self.applications else _nothing()

    def payment(self) -> Response:
        """The answer to SELECT of the PSE."""
        return Response(emv.PaymentDirectory(SFI, ("en",)).encode()) if self.applications else _nothing()

    def record(self, number: int) -> Response:
        """The record of the PSE's directory with this number: one for each application."""
        entries = self._entries()
        if not 1 <= number <= len(entries):
            return Response(status=StatusWord.RECORD_NOT_FOUND)
        return Response(emv.write_directory_record((entries[number - 1],)))

    def _entries(self) -> tuple[emv.Application, ...]:
        return tuple(emv.Application(one.name, one.label, at) for at, one in enumerate(self.applications, 1))


def _nothing() -> Response:
    return Response(status=_NOT_FOUND)
