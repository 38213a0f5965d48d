"""The issuer's side of the web: what devices post, and what they are answered.

Source: ``etui.standards.provisioning``; RFC 9110 section 15.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from etui.counterparts.issuer.devices import Devices
from etui.counterparts.issuer.errors import IssuerError
from etui.standards.provisioning import PATH, ProvisioningError, read_body, seal_answer

_MAX_BYTES: Final = 64 << 10
_BAD: Final = 400
_REFUSED: Final = 403
_TOO_LARGE: Final = 413


def application(devices: Devices, host: str, *, now_s: Callable[[], float] = time.time) -> Starlette:
    """The application that answers devices. ``host``: the name for which they sign."""

    def answered(body: bytes) -> Response:
        try:
            signed = read_body(body, host, int(now_s()))
            answer, box = devices.answer(signed)
            return Response(seal_answer(answer, box), media_type="application/json")
        except ProvisioningError as error:
            return PlainTextResponse(f"{error}\n", _BAD)
        except IssuerError as error:
            return PlainTextResponse(f"{error}\n", _REFUSED)

    async def device(request: Request) -> Response:
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > _MAX_BYTES:
                return PlainTextResponse(f"a request has at most {_MAX_BYTES} bytes\n", _TOO_LARGE)
        return await run_in_threadpool(answered, bytes(body))

    return Starlette(routes=[Route(PATH, device, methods=["POST"])])
