"""Why a code is not paid, each with a stable code."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class QrError(Exception):
    """A code is not paid; the message says why, and what to do."""

    code = "qr"


class PictureError(QrError):
    """The picture cannot be had, or not be decoded."""

    code = "picture"


class PortalError(PictureError):
    """The desktop's portal gives no picture of the screen."""

    code = "portal"


class NoCodeError(QrError):
    """There is no code of a merchant in the picture."""

    code = "no_code"


class AmbiguousError(QrError):
    """There are several; ``codes`` says of each what it claims to be."""

    code = "ambiguous"

    def __init__(self, codes: Sequence[str]) -> None:
        listed = "; ".join(f"{number}: {text}" for number, text in enumerate(codes, start=1))
        super().__init__(f"there are {len(codes)} codes in it, and one is paid: say which with --code. {listed}")
        self.codes = tuple(codes)


class ForeignCodeError(QrError):
    """It is for a scheme that no card of the wallet belongs to."""

    code = "foreign"


class UnfitError(QrError):
    """An amount or a tip does not go with the code."""

    code = "unfit"


class ShopError(QrError):
    """The host that the code names does not answer, or with something that is of no use."""

    code = "shop"


class DifferenceError(QrError):
    """What the merchant signed is not what the code says."""

    code = "differs"
