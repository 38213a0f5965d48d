"""What is no code of a merchant, with the data object in which that shows."""

from __future__ import annotations


class EmvQrError(Exception):
    """Something read, or to be written, does not fit the specification.

    ``where``: the ids down to the data object, as ``62.05``; empty where it is the code as a whole.
    """

    code = "emvqr"

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"data object {where}: {what}" if where else what)
        self.where = where


class ForeignError(EmvQrError):
    """It is no code of this specification at all."""

    code = "foreign"


class MalformedError(EmvQrError):
    """It is not formed as the specification says."""

    code = "malformed"


class ChecksumError(EmvQrError):
    """Its checksum is that of another code: it was misread, or altered by somebody who did not mind."""

    code = "checksum"
