"""What a manifest says of its files, held against the files: pure.

Rules:

1. What starts the Extension is in the package, and so is every interface that it provides and that is not the
   wallet's own.
2. An interface that comes in a package is named in reverse-DNS form: plain names are those of the wallet's own, and
   none of these is provided by a stranger where only the Router may call or serve it.
3. Every method and kind that the manifest names exists: a misspelt one in the accessibility profile would narrow
   nothing.
4. A logo is a PNG whose size is read from its header; it is decoded in the dialog, never here.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Final

from etui.interfaces import CompiledInterface, InterfaceError, read_document, supplied
from etui.trusted.package.accessibility import split_method
from etui.trusted.package.archive import File
from etui.trusted.package.errors import ContentError, ReservedError
from etui.trusted.package.manifest import ETUI, Manifest

MAX_LOGO_BYTES: Final = 64 << 10
MAX_LOGO_PIXELS: Final = 512

SERVED_BY_THE_WALLET: Final = frozenset({"coverage/1", "dialog/1", "egress/1", "extension/1", "shell/1", "wallet/1"})
"""Interfaces whose provider is the wallet itself: an Extension that served one would stand between it and others."""

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_HEADER: Final = struct.Struct(">8sI4sII")


def check_contents(manifest: Manifest, files: Mapping[str, File]) -> tuple[CompiledInterface, ...]:
    """The interfaces that come in the package whose manifest and files these are.

    ``files``: by path. Raises ``ContentError`` that names file and remedy, ``ReservedError`` where the package takes a
    name of the wallet's own.
    """
    _check_reserved(manifest)
    _check_entry(manifest, files)
    if manifest.logo is not None:
        _check_logo(manifest.logo, _named(manifest.logo, "logo", files).content)
    documents = _documents(manifest, files)
    known = {**supplied(), **{document.id: document for document in documents}}
    for interface in manifest.provides:
        if interface not in known:
            raise ContentError(
                f"the package provides {interface} without its document; add that and name it under `interfaces`"
            )
    _check_names({interface: known[interface] for interface in manifest.provides}, manifest)
    return documents


def _check_reserved(manifest: Manifest) -> None:
    for interface in manifest.provides:
        if interface in SERVED_BY_THE_WALLET:
            raise ReservedError(f"{interface} is served by the wallet itself; take it out of `provides`")


def _check_entry(manifest: Manifest, files: Mapping[str, File]) -> None:
    if manifest.executable is not None:
        if not _named(manifest.executable, "executable", files).executable:
            raise ContentError(f"{manifest.executable} may not be executed; give it the mode 0755")
    elif manifest.entry is not None:
        _named(manifest.entry, "python", files)
    elif manifest.python is not None and manifest.publisher != ETUI:
        top = manifest.python[1].partition(".")[0]
        if f"{top}.py" not in files and not any(path.startswith(f"{top}/") for path in files):
            raise ContentError(f"the module {top} that `python` starts is not in the package; add it")


def _check_logo(path: str, content: bytes) -> None:
    if len(content) > MAX_LOGO_BYTES:
        raise ContentError(f"the logo {path} has {len(content)} bytes; make it {MAX_LOGO_BYTES} at most")
    if len(content) < _HEADER.size:
        raise ContentError(f"the logo {path} is no PNG; save it as one")
    magic, length, chunk, width, height = _HEADER.unpack_from(content)
    if (magic, length, chunk) != (_PNG, 13, b"IHDR"):  # PNG, third edition, section 11.2.1
        raise ContentError(f"the logo {path} is no PNG; save it as one")
    if not (1 <= width <= MAX_LOGO_PIXELS and 1 <= height <= MAX_LOGO_PIXELS):
        raise ContentError(
            f"the logo {path} is {width} by {height} pixels; make it {MAX_LOGO_PIXELS} by {MAX_LOGO_PIXELS} at most"
        )


def _documents(manifest: Manifest, files: Mapping[str, File]) -> tuple[CompiledInterface, ...]:
    found: dict[str, CompiledInterface] = {}
    for path in manifest.interfaces:
        try:
            document = read_document(_named(path, "interfaces", files).content)
            compiled = CompiledInterface(document)
        except InterfaceError as error:
            raise ContentError(f"{path}: {error}") from None
        if "." not in document.interface and manifest.publisher != ETUI:
            raise ReservedError(f"{path} defines {document.interface}; name it in reverse-DNS form, as one of yours")
        if document.interface in found:
            raise ContentError(f"{path} defines {document.interface} a second time; drop one of the two")
        found[document.interface] = compiled
    return tuple(found.values())


def _check_names(provided: Mapping[str, CompiledInterface], manifest: Manifest) -> None:
    kinds = {kind for interface in provided.values() for kind in interface.document.kinds}
    named = [link.method for link in manifest.links]
    for rule in manifest.accessibility.rules:
        named += rule.methods
        for kind in rule.kinds:
            if kind not in kinds:
                raise ContentError(f"the accessibility profile names the kind {kind}, which no provided interface has")
    for method in named:
        interface, name = split_method(method)
        if name is not None and name not in provided[interface].methods:
            raise ContentError(f"the manifest names {method}, and {interface} has no such method; correct it")


def _named(path: str, key: str, files: Mapping[str, File]) -> File:
    file = files.get(path)
    if file is None:
        raise ContentError(f"{path}, which `{key}` names, is not in the package; add it or correct the manifest")
    return file
