"""What is no message of this dialect, each with a stable code."""

from __future__ import annotations


class Iso8583Error(Exception):
    """Something received, or to be sent, does not fit the dialect."""

    code = "iso8583"


class MalformedError(Iso8583Error):
    """It is not formed as the dialect says."""

    code = "malformed"


class TooLargeError(Iso8583Error):
    """A message is announced, or was made, that is larger than one may be."""

    code = "too_large"


class UnsupportedError(Iso8583Error):
    """A type of message or a field is no part of this dialect."""

    code = "unsupported"
