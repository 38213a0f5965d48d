"""A request to a web service in which a secret is used and not read.

::

    request = WebRequest("GET", "https://api.example.org/v1/me", {"Authorization": f"Bearer {HERE}"})
    answer = wallet.fetch(request, use=token.item)

``HERE`` stands where the wallet puts the value, on its way out and towards the hosts alone that the item names. The
answer comes back with every echo of the value masked. It is another in each process: who could guess it would have the
value put into what they have a program send on.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

import msgspec

from etui.interfaces import secret_1 as secret
from etui.protocol import ErrorCode, ProtocolError

HERE: Final = f"etui-{secrets.token_hex(18)}"
"""What stands in a request in place of the value."""
_BASIC: Final = re.compile(r"basic +([A-Za-z0-9+/]+={0,2})", re.IGNORECASE)


class WebRequest(msgspec.Struct, frozen=True):
    """One request: its method, its whole address, header fields by name, and a body of at most 1 MiB."""

    method: str
    url: str
    headers: Mapping[str, str] = {}
    body: bytes | None = None

    def __repr__(self) -> str:
        return f"WebRequest({self.method}, {len(self.headers)} headers, {len(self.body or b'')} bytes)"


def fetch_of(request: WebRequest, item: str) -> secret.Fetch:
    """The call that has a request made with the value of ``item``; raises ``ProtocolError`` for what is no request."""
    fields = [secret.Header(name=name, value=value) for name, value in request.headers.items()]
    members = {
        "item": item,
        "method": request.method,
        "host": (urlsplit(request.url).hostname or "").lower(),
        "url": request.url,
        "headers": msgspec.to_builtins(fields),
        "body": request.body,
        "placeholder": HERE if holds(HERE, request.url, request.headers.items(), request.body or b"") else None,
    }
    try:
        return msgspec.convert(members, secret.Fetch, builtin_types=(bytes,))
    except msgspec.ValidationError as error:
        raise ProtocolError(ErrorCode.INVALID_PARAMS, f"no request that can be made: {error}") from None


def holds(placeholder: str, url: str, fields: Iterable[tuple[str, str]], body: bytes) -> bool:
    """Whether a placeholder stands anywhere in a request, the credentials of ``Basic`` (RFC 7617) among it.

    ``fields``: pairs of a name and a value.
    """
    return (
        placeholder in url
        or placeholder.encode() in body
        or any(placeholder in f"{name} {value} {_credentials(value)}" for name, value in fields)
    )


def _credentials(value: str) -> str:
    """The user's name and password in a field's value; empty where there are none."""
    basic = _BASIC.fullmatch(value)
    try:
        return "" if basic is None else base64.b64decode(basic[1], validate=True).decode("utf-8", "replace")
    except binascii.Error:
        return ""
