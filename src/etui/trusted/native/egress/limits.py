"""The limits of egress, in one place."""

from __future__ import annotations

from typing import Final

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one request may take.

    ``head_bytes``: the head of a request, and of a response with the informational ones before it. ``body_bytes``: a
    response's body, before and after its coding is undone. ``redirects``: how many are followed. ``total_s``: from
    the request to the answer, redirects included. ``connect_s``: for one address, and again for the TLS handshake.
    """

    head_bytes: int = 64 << 10
    body_bytes: int = 2 << 20
    redirects: int = 5
    total_s: float = 60.0
    connect_s: float = 10.0


LIMITS: Final = Limits()
MAX_URL_CHARACTERS: Final = 8192
