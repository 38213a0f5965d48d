"""What a request to the Shell says: whom its path names, a number of its query, the fields of a form."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

Page = Callable[[Request], Awaitable[Response]]
"""What answers a request."""

_DIGITS: Final = 10


def principal_of(request: Request) -> str:
    """The Extension whose page it is."""
    return f"ext:{request.path_params['publisher']}/{request.path_params['name']}"


def number_in(request: Request, name: str) -> int:
    """A whole number of the query; 0 for what is none, or has ten digits or more."""
    given = request.query_params.get(name, "")
    return int(given) if given.isdecimal() and len(given) < _DIGITS else 0


async def form_in(request: Request) -> dict[str, str]:
    """The fields of a posted form; of two of one name the last. Nothing is uploaded."""
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
