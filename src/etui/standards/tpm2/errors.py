"""What can go wrong with a TPM's messages, and what its response codes mean.

Source: TCG TPM 2.0 Library, Part 2 (Structures), section 6.6 "TPM_RC".
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

_FORMAT_ONE: Final = 0x80
_FORMAT_ONE_CODE: Final = 0xBF
"""A code of format one without the number of the handle, parameter or session that it is about."""


class Code(IntEnum):
    """The response codes that are told apart here, without the number of what they are about."""

    SUCCESS = 0x000
    BAD_AUTH = 0x0A2
    AUTH_FAIL = 0x08E
    INTEGRITY = 0x09F
    HANDLE = 0x08B
    NV_LOCKED = 0x148
    NV_AUTHORIZATION = 0x149
    NV_UNINITIALIZED = 0x14A
    NV_SPACE = 0x14B
    NV_DEFINED = 0x14C
    YIELDED = 0x908
    TESTING = 0x90A
    LOCKOUT = 0x921
    RETRY = 0x922


AGAIN: Final = frozenset({Code.YIELDED, Code.TESTING, Code.RETRY})
"""Nothing was done: the same command may be sent again."""


class TpmMessageError(Exception):
    """What came back is no answer of a TPM to what was sent, or was altered on the way."""

    code = "tpm_message"


class TpmRefusedError(Exception):
    """The TPM answered with another code than success; ``response`` is the whole of it, ``what`` without numbers."""

    code = "tpm_refused"

    def __init__(self, response: int) -> None:
        super().__init__(f"the TPM refused with code 0x{response:03X}")
        self.response = response
        self.what = response & _FORMAT_ONE_CODE if response & _FORMAT_ONE else response
