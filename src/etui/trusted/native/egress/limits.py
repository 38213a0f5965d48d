"""The limits of egress, in one place."""

from __future__ import annotations

from typing import Final

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one request may take.

    ``head_bytes``: the head of a request, and of a response with the informational ones before it. ``body_bytes``: a
    response's body that is given whole, before and after its coding is undone. ``redirects``: how many are followed.
    ``total_s``: from the request to the answer, redirects included. ``connect_s``: for one address, and again for the
    TLS handshake.

    Of an answer that is read as it comes: ``part_bytes``: about as many are given at once. ``linger_s``: how long what
    comes right behind the head is waited for, so that a short body is in the first answer. ``silence_s``: for how long
    a host may send nothing. ``unread_s``: for how long nobody may ask for more. ``streams``: of one caller at once.
    """

    head_bytes: int = 64 << 10
    body_bytes: int = 2 << 20
    redirects: int = 5
    total_s: float = 60.0
    connect_s: float = 10.0
    part_bytes: int = 448 << 10
    linger_s: float = 0.02
    silence_s: float = 300.0
    unread_s: float = 60.0
    streams: int = 16


LIMITS: Final = Limits()
MAX_URL_CHARACTERS: Final = 8192
