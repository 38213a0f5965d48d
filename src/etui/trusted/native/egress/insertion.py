"""Puts a secret into a request in place of a placeholder, so that it is used and not read.

What is sealed to egress, for ``egress/1.fetch.insert``, is the JSON object ``{"secret": base64, "hosts": [...],
"where": "header" | "body" | "url", "name": "authorization"}``: the secret (4 to 4,096 bytes of UTF-8 without control
characters), the hosts that may get it (exact names), and the one part of the request that it may stand in; of the
headers ``name`` alone, where it is given. A placeholder anywhere else has the request refused. A URL takes the secret
percent-encoded in path or query; a body encoded as its media type asks: JSON within a string, a form percent-encoded,
any other as it is; a header within the base64 of ``Basic`` (RFC 7617) too. Without a placeholder nothing is put in, and
an echo of what an earlier request brought is masked.

What is said of a value that does not fit shows nothing of it.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from enum import Enum
from typing import Annotated, Final
from urllib.parse import quote

import msgspec
from msgspec import Meta

from etui.sealing import Secret
from etui.trusted.native.egress.errors import MalformedError, RefusedError
from etui.trusted.native.egress.limits import MAX_URL_CHARACTERS
from etui.trusted.native.egress.requests import Outgoing
from etui.trusted.native.egress.targets import is_host

FIELD: Final = "egress/1.fetch.insert"
MIN_SECRET_BYTES: Final = 4
_PLACEHOLDER: Final = re.compile(r"[A-Za-z0-9_.-]{4,64}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_BASIC: Final = re.compile(rb"(basic +)([A-Za-z0-9+/]+={0,2})", re.IGNORECASE)


class Where(Enum):
    """The part of a request that a secret may stand in."""

    HEADER = "header"
    BODY = "body"
    URL = "url"


class _Sealed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    secret: Annotated[bytes, Meta(min_length=MIN_SECRET_BYTES, max_length=4096)]
    hosts: Annotated[tuple[str, ...], Meta(min_length=1, max_length=64)]
    where: Where
    name: Annotated[str, Meta(max_length=200)] = ""

    def __repr__(self) -> str:
        return "_Sealed(…)"


class Insertion(msgspec.Struct, frozen=True):
    """A secret, where it may go, and what stands in its place until then.

    ``placeholder``: empty where nothing is put in. ``name``: the one header that it may stand in, in lower case; empty
    for any.
    """

    secret: Secret
    hosts: frozenset[str]
    where: Where
    placeholder: str
    name: str = ""

    @property
    def place(self) -> str:
        """Where the item says that it may stand, for people."""
        return f"the header {self.name}" if self.name else f"the request's {self.where.value}"


def read_insertion(plain: bytes, placeholder: str | None) -> Insertion:
    """What was sealed; raises ``MalformedError``."""
    if placeholder is not None and not _PLACEHOLDER.fullmatch(placeholder):
        raise MalformedError("a placeholder is 4 to 64 letters, digits, dots, hyphens and underscores: choose another")
    try:
        sealed = msgspec.json.decode(plain, type=_Sealed)
        text = sealed.secret.decode()
    except (msgspec.DecodeError, ValueError):  # the error would show what is in it
        raise MalformedError(
            "what is sealed in `insert` is not {secret, hosts, where} with a secret of 4 to 4096 bytes of UTF-8"
        ) from None
    if _CONTROL.search(text):
        raise MalformedError("the secret in `insert` holds a control character: encode it before it is sealed")
    if not all(is_host(host) for host in sealed.hosts):
        raise MalformedError("a host in `insert` is no name as `api.example.org` in lower case")
    return Insertion(
        Secret(sealed.secret), frozenset(sealed.hosts), sealed.where, placeholder or "", name=sealed.name.lower()
    )


def insert(outgoing: Outgoing, insertion: Insertion) -> Outgoing:
    """The request with the secret in it.

    Raises ``RefusedError`` for a host that the item does not name and for a placeholder elsewhere than the item says,
    ``MalformedError`` where it is missing from there, or the secret does not fit.
    """
    host = outgoing.target.host
    if host not in insertion.hosts:
        raise RefusedError(f"the inserted value may not go to {host}: its item does not name that host")
    if not insertion.placeholder:
        return outgoing
    if stray := next(_elsewhere(outgoing, insertion), ""):
        raise RefusedError(f"the placeholder stands in {stray}, and its item names {insertion.place} alone")
    if not holds_placeholder(outgoing, insertion):
        raise MalformedError(f"the placeholder does not stand in {insertion.place}: put it there")
    match insertion.where:
        case Where.HEADER:
            return _into_fields(outgoing, insertion)
        case Where.BODY:
            secret = _encoded_for(outgoing.content_type, insertion.secret.reveal_text())
            body = outgoing.body.replace(insertion.placeholder.encode(), secret)
            return msgspec.structs.replace(outgoing, body=body)
        case Where.URL:
            return _into_path(outgoing, insertion)


def holds_placeholder(outgoing: Outgoing, insertion: Insertion) -> bool:
    """Whether the placeholder stands in the part of this request that the item names."""
    placeholder = insertion.placeholder.encode()
    match insertion.where:
        case Where.HEADER:
            return any(_takes(insertion, name) and placeholder in _readable(value) for name, value in outgoing.fields)
        case Where.BODY:
            return placeholder in outgoing.body
        case Where.URL:
            return insertion.placeholder in outgoing.target.path


def _elsewhere(outgoing: Outgoing, insertion: Insertion) -> Iterator[str]:
    """Where the placeholder stands and may not."""
    placeholder = insertion.placeholder.encode()
    for name, value in outgoing.fields:
        if not _takes(insertion, name) and placeholder in _readable(value):
            yield f"the header {name.decode('ascii').lower()}"
    if insertion.where is not Where.BODY and placeholder in outgoing.body:
        yield "the request's body"
    if insertion.where is not Where.URL and insertion.placeholder in outgoing.target.path:
        yield "the request's url"


def _takes(insertion: Insertion, name: bytes) -> bool:
    return insertion.where is Where.HEADER and insertion.name in {"", name.decode("ascii").lower()}


def _readable(value: bytes) -> bytes:
    """A field's value, with the credentials of ``Basic`` behind it as they read without base64."""
    return value + b" " + _credentials(value)


def _credentials(value: bytes) -> bytes:
    """The user's name and password of a field's value, as RFC 7617 writes them; empty where there are none."""
    basic = _BASIC.fullmatch(value)
    try:
        return b"" if basic is None else base64.b64decode(basic[2], validate=True)
    except binascii.Error:
        return b""


def _filled(value: bytes, placeholder: bytes, secret: bytes) -> bytes:
    credentials = _credentials(value)
    if placeholder in credentials:
        return value.split(b" ")[0] + b" " + base64.b64encode(credentials.replace(placeholder, secret))
    return value.replace(placeholder, secret)


def _into_fields(outgoing: Outgoing, insertion: Insertion) -> Outgoing:
    secret, placeholder = insertion.secret.reveal(), insertion.placeholder.encode()
    fields = tuple((name, _filled(value, placeholder, secret)) for name, value in outgoing.fields)
    if any(value != value.strip(b" ") for _, value in fields):
        raise MalformedError("the inserted value begins or ends with a space, which no header keeps")
    return msgspec.structs.replace(outgoing, fields=fields)


def _into_path(outgoing: Outgoing, insertion: Insertion) -> Outgoing:
    secret = quote(insertion.secret.reveal(), safe="")
    path = outgoing.target.path.replace(insertion.placeholder, secret)
    filled = msgspec.structs.replace(outgoing, target=msgspec.structs.replace(outgoing.target, path=path))
    if len(filled.target.url) > MAX_URL_CHARACTERS:
        raise MalformedError(f"with the inserted value the URL passes {MAX_URL_CHARACTERS} characters: shorten it")
    return filled


def _encoded_for(content_type: str, secret: str) -> bytes:
    if content_type == "application/json" or content_type.endswith("+json"):
        return json.dumps(secret, ensure_ascii=False)[1:-1].encode()
    if content_type == "application/x-www-form-urlencoded":
        return quote(secret, safe="").encode()
    return secret.encode()
