"""What is fuzzed by coverage: each decoder that a stranger's bytes reach, and the errors that it may answer with."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, Final

import msgspec
from tests.fuzz import cards, encryption, merchant_codes, payments, signed_texts, ssh_agent
from tests.fuzz.corpus import recorded
from tests.trusted.package.packages import files_of, manifest, tree

from etui.doors.secret_service.paths import read_path
from etui.interfaces import InterfaceError, read_document, supplied
from etui.interfaces.egress_1 import Fetch
from etui.protocol import FrameReader, ProtocolError, Reassembler, decode_message, encode_request, split_request
from etui.trusted.control import FromRouter, Link, LinkClosed, ToRouter, ToVault
from etui.trusted.dialog.content import content_of
from etui.trusted.dialog.requests import Answer, Showing
from etui.trusted.native.egress.requests import read_request
from etui.trusted.native.egress.targets import read_target, redirected
from etui.trusted.package import PackageError, PublisherKey
from etui.trusted.package.archive import read_archive, write_archive
from etui.trusted.package.manifest import read_manifest
from etui.trusted.package.signature import sign, verify


class Target(msgspec.Struct, frozen=True):
    """``take`` raises nothing for bytes of any kind."""

    take: Callable[[bytes], None]
    corpus: Callable[[], list[bytes]]


def _frames(data: bytes) -> None:
    """A stream in two writes, as the Router reads it."""
    frames, chunks = FrameReader(), Reassembler()
    half = len(data) // 2
    try:
        for line in (*frames.feed(data[:half]), *frames.feed(data[half:])):
            split_request(line)
            message = decode_message(line)
            message.kind  # noqa: B018  # which raises
            if message.method == "chunk" and (whole := chunks.feed(message)) is not None:
                decode_message(whole)
    except ProtocolError as error:
        encode_request(1, "a", msgspec.json.encode({"said": error.message}))


_LARGEST: Final = 100 << 10
"""What fits a datagram."""
_METHODS: Final = [method for interface in supplied().values() for method in interface.methods.values()]


def _methods(data: bytes) -> None:
    """Params and results of a method of some interface."""
    method = _METHODS[data[0] % len(_METHODS)] if data else _METHODS[0]
    try:
        method.see(data[1:])
        members, items = method.read_items(data[1:])
    except msgspec.DecodeError:
        return
    method.write_items(members, list(items))


def _control(data: bytes) -> None:
    for union in (ToRouter, FromRouter, ToVault):
        ours, theirs = Link.pair()
        with ours, theirs:
            theirs.send(data[:_LARGEST] or b"{")
            link: Link[Any, Any] = Link(ours, union)
            try:
                link.receive()
            except LinkClosed:
                continue


_showing: Final = msgspec.json.Decoder(Showing)
_answer: Final = msgspec.json.Decoder(Answer)
_fetch: Final = msgspec.json.Decoder(Fetch)


def _dialog(data: bytes) -> None:
    """What the dialog shows, and what it answers."""
    with contextlib.suppress(ValueError, RecursionError):
        content_of(_showing.decode(data).request)
    with contextlib.suppress(ValueError, RecursionError):
        _answer.decode(data)


def _egress(data: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        redirected(read_target("https://api.etui.test/a/b?c"), data)
    with contextlib.suppress(ProtocolError, ValueError, RecursionError):
        read_request(_fetch.decode(data))


def _package(data: bytes) -> None:
    try:
        assert write_archive(read_archive(data)) == data
        verify(data)
    except PackageError:
        pass


def _manifest(data: bytes) -> None:
    with contextlib.suppress(PackageError):
        read_manifest(data)


def _document(data: bytes) -> None:
    with contextlib.suppress(InterfaceError):
        read_document(data)


def _bus(data: bytes) -> None:
    read_path(data.decode("utf-8", "replace"))


def _packed() -> list[bytes]:
    archive = write_archive(files_of(tree()))
    return [archive, sign(archive, PublisherKey.generate())]


def _lines() -> list[bytes]:
    return [line + b"\n" for name in ("client", "extension", "call") for line in recorded(name)]


def _params() -> list[bytes]:
    lines = [msgspec.json.decode(line) for name in ("client", "extension") for line in recorded(name)]
    return [b"\0" + msgspec.json.encode(line.get("params", line.get("result"))) for line in lines]


def _shown() -> list[bytes]:
    shown = [msgspec.json.decode(line)["params"] for line in recorded("dialog")]
    return [*map(msgspec.json.encode, shown), *recorded("answer")]


def _fetches() -> list[bytes]:
    return [b"/a?b#c", b'{"method":"GET","host":"api.etui.test","url":"https://api.etui.test/"}']


TARGETS: Final = {
    "frames": Target(_frames, _lines),
    "methods": Target(_methods, _params),
    "control": Target(_control, lambda: list(recorded("control"))),
    "dialog": Target(_dialog, _shown),
    "egress": Target(_egress, _fetches),
    "iso8583": Target(payments.lines, payments.recorded_lines),
    "chip": Target(payments.chip, payments.recorded_chip),
    "package": Target(_package, _packed),
    "manifest": Target(_manifest, lambda: [manifest()]),
    "document": Target(_document, lambda: [msgspec.json.encode(one.document) for one in supplied().values()]),
    "bus": Target(_bus, lambda: [b"/org/freedesktop/secrets/collection/login", b"/a/b"]),
    "ssh_agent": Target(ssh_agent.take, ssh_agent.good),
    "age": Target(encryption.take_age, encryption.good_age),
    "jwe": Target(encryption.take_jwe, encryption.good_jwe),
    "pkcs8": Target(encryption.take_pkcs8, encryption.good_pkcs8),
    "signed_texts": Target(signed_texts.take, signed_texts.good),
    "apdu": Target(cards.take_apdu, cards.good_apdu),
    "emv": Target(cards.take_emv, cards.good_emv),
    "merchant_codes": Target(merchant_codes.take, merchant_codes.good),
}
"""By the name that ``python -m tests.fuzz`` takes."""
