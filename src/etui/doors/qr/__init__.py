"""The door for merchants' QR codes: from a picture to a payment, for one run of ``etui pay-qr``.

Rules of this door:

1. A picture is what a stranger made: it is decoded in a process of its own, which can do nothing else (``limits``).
2. A code is signed by nobody. It leads to what the merchant signed, and only that is paid: where its host, order,
   currency or amount is another than the code's, nothing is.
3. It holds no card and no key. What pays is made in the wallet, for the merchant alone, after the user's yes.
"""

from etui.doors.qr.choosing import Payable, payable_among
from etui.doors.qr.claims import Asked, Difference, asked_by, compare, wants_amount, wants_tip
from etui.doors.qr.errors import (
    AmbiguousError,
    DifferenceError,
    ForeignCodeError,
    NoCodeError,
    PictureError,
    QrError,
    ShopError,
    UnfitError,
)
from etui.doors.qr.ordering import request_of
from etui.doors.qr.paying import Paid, order_in, pay
from etui.doors.qr.reading import codes_in, picture_in
from etui.doors.qr.screen import picture_of_screen

__all__ = [
    "AmbiguousError",
    "Asked",
    "Difference",
    "DifferenceError",
    "ForeignCodeError",
    "NoCodeError",
    "Paid",
    "Payable",
    "PictureError",
    "QrError",
    "ShopError",
    "UnfitError",
    "asked_by",
    "codes_in",
    "compare",
    "order_in",
    "pay",
    "payable_among",
    "picture_in",
    "picture_of_screen",
    "request_of",
    "wants_amount",
    "wants_tip",
]
