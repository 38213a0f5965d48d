"""Params that somebody else wrote, before they stand in a line of the door's own."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from etui.protocol import ErrorCode, ProtocolError
from etui.protocol.limits import LIMITS
from etui.protocol.strict import check_strict

_object: Final = msgspec.json.Decoder(dict[str, Any])


def params_of(text: bytes) -> bytes:
    """The same params as one object on one line, which the Router takes as it stands.

    A line that it refuses costs the door what else waits on its connection, and one with a line feed is two: so nothing
    is passed on that was not read. Raises ``ProtocolError`` (``invalid_params``) for what the protocol does not allow.
    """
    try:
        check_strict(text, LIMITS.depth - 1)
        return msgspec.json.encode(_object.decode(text))
    except ProtocolError as error:
        raise ProtocolError(ErrorCode.INVALID_PARAMS, f"the params are not taken: {error.message}") from None
    except msgspec.DecodeError as error:
        raise ProtocolError(ErrorCode.INVALID_PARAMS, f"the params are no object: {error}") from None
