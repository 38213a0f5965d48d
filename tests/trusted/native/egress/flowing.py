"""Answers that come bit by bit, and who reads them."""

import gzip
import zlib
from collections.abc import AsyncIterator
from typing import Any

from tests.trusted.native.egress.world import API, OTHER, Host, get

from etui.interfaces.egress_1 import Fetch, FetchResult, Read
from etui.trusted.native.egress.fetching import Asking, Fetcher
from etui.trusted.native.egress.insertion import Insertion

ADA = Asking("ada", "Fares", hosts=(API, OTHER))
BOB = Asking("bob", "Tolls", hosts=(API,))
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
LONG = bytes(range(256)) * (20 << 10)
WAIT_S = 60


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def gzipped_in_members(data: bytes) -> bytes:
    return b"".join(gzip.compress(data[at : at + 5]) for at in range(0, len(data), 5))


def coded(coding: str, data: bytes) -> bytes:
    match coding:
        case "gzip":
            return gzip.compress(data)
        case "members":
            return gzipped_in_members(data)
        case "deflate":
            return zlib.compress(data)
        case "raw":
            return zlib.compress(data, wbits=-15)
    return data


def streamed(**more: Any) -> Fetch:  # noqa: ANN401  # Fetch's fields
    return get(stream=True, **more)


def handle(result: FetchResult) -> Read:
    assert result.rest
    return Read(rest=result.rest)


async def parts_of(fetcher: Fetcher, request: Fetch, insertion: Insertion | None = None) -> AsyncIterator[bytes]:
    answer = await fetcher.fetch(request, insertion, ADA)
    yield answer.body
    rest = answer.rest
    while rest:
        part = await fetcher.read(Read(rest=rest), ADA)
        rest = part.rest
        yield part.body


async def all_of(fetcher: Fetcher, request: Fetch, insertion: Insertion | None = None) -> list[bytes]:
    return [part async for part in parts_of(fetcher, request, insertion)]


def wait_for(host: Host) -> None:
    """Waits until no connection to a host is open."""
    for thread in host._threads[1:]:
        thread.join(WAIT_S)
        assert not thread.is_alive()
