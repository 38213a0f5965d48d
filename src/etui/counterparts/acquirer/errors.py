"""What cannot be done at the acquirer, each with a stable code."""

from __future__ import annotations


class AcquirerError(Exception):
    """The message says what, and what to do."""

    code = "acquirer"


class SettingsError(AcquirerError):
    """A file of issuers or of merchants cannot be used."""

    code = "settings"


class UnknownMerchantError(AcquirerError):
    """There is no merchant of this number."""

    code = "unknown_merchant"


class OpenDayError(AcquirerError):
    """A day that is not over yet cannot be paid out."""

    code = "open_day"
