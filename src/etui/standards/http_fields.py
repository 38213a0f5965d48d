"""Header fields of HTTP that are not a request's own, by name in lower case."""

from __future__ import annotations

from typing import Final

OF_THE_SENDER: Final = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "http2-settings",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""What frames a message or manages its connection (RFC 9110, section 7.6.1; RFC 9112): whoever sends it says these."""
PARTIAL: Final = frozenset({"range", "if-range"})
"""What asks for an answer in pieces (RFC 9110, section 14), in which nobody would recognise an echo."""
