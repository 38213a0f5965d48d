"""The interfaces that come with Etui, read from their documents."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from etui.interfaces.compiled import CompiledInterface
from etui.interfaces.rules import InterfaceError, read_document

DOCUMENTS = Path(__file__).with_name("documents")


def file_name(interface: str) -> str:
    """The file in which an interface's document stands: ``secret/1`` in ``secret-1.json``."""
    return interface.replace("/", "-") + ".json"


@cache
def supplied() -> dict[str, CompiledInterface]:
    """Every interface that comes with Etui, by its id."""
    found: dict[str, CompiledInterface] = {}
    for path in sorted(DOCUMENTS.glob("*.json")):
        document = read_document(path.read_bytes())
        if path.name != file_name(document.interface):
            msg = f"{path.name} holds {document.interface}, whose file is {file_name(document.interface)}"
            raise InterfaceError(msg)
        found[document.interface] = CompiledInterface(document)
    return found
