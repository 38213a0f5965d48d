"""What does not fit EMV's specifications, each with a stable code; no message shows a key or a whole PAN."""

from __future__ import annotations

from etui.standards.iso7816 import StatusWord


class EmvError(Exception):
    """Something received does not fit the specifications."""

    code = "emv"


class MalformedError(EmvError):
    """It is not formed as its specification says."""

    code = "malformed"


class MissingError(EmvError):
    """A data element is not there that has to be."""

    code = "missing"


class UnsupportedError(EmvError):
    """An algorithm, a format or a size is not supported here."""

    code = "unsupported"


class AuthenticationError(EmvError):
    """A certificate, a signature or a cryptogram is not that of its key over these data."""

    code = "authentication"


class FaultError(EmvError):
    """A signature of one's own came out wrong, and is withheld."""

    code = "fault"


class CommandError(EmvError):
    """A command is none that a card takes.

    ``status``: what the card answers.
    """

    code = "command"

    def __init__(self, message: str, status: StatusWord) -> None:
        super().__init__(message)
        self.status = status
