"""Which code is paid."""

from __future__ import annotations

import pytest
from tests.standards.emvqr.codes import SHOP, with_changes
from tests.standards.emvqr.test_vectors import EMVCO, PIX

from etui.doors.qr import AmbiguousError, ForeignCodeError, NoCodeError, QrError, payable_among
from etui.doors.qr.found import Found
from etui.standards.emvqr import Tip, encode

CODE = encode(SHOP)
OTHER = encode(with_changes(name="Other Shop", amount=""))


def test_the_only_code_of_a_merchant_is_taken_whatever_else_is_in_the_picture() -> None:
    found = [Found(b"https://etui.test/", 0, 0), Found(CODE, 50, 0), Found(CODE, 200, 0)]
    assert payable_among(found).code == SHOP


def test_of_several_the_user_says_which() -> None:
    found = [Found(OTHER, 10, 200), Found(CODE, 200, 10)]
    with pytest.raises(AmbiguousError) as refused:
        payable_among(found)
    assert refused.value.codes == (
        "“Demo Shop”, 12.50 EUR, shop.etui.test",
        "“Other Shop”, in EUR, the amount left open, shop.etui.test",
    )
    assert "--code" in str(refused.value)
    assert payable_among(found, 1).code.name == "Demo Shop"
    assert payable_among(found, 2).code.name == "Other Shop"
    for number in (0, 3, -1):
        with pytest.raises(NoCodeError):
            payable_among(found, number)


def test_a_malformed_code_beside_another_is_listed_as_one() -> None:
    with pytest.raises(AmbiguousError) as refused:
        payable_among([Found(CODE, 0, 0), Found(CODE[:-1] + b"!", 0, 50), Found(PIX.encode(), 0, 99)])
    assert "malformed" in refused.value.codes[1]
    assert "br.gov.bcb.pix" in refused.value.codes[2]


@pytest.mark.parametrize(("text", "scheme"), [(PIX, "br.gov.bcb.pix"), (EMVCO, "D15600000000")])
def test_a_code_of_another_scheme_is_named_and_not_paid(text: str, scheme: str) -> None:
    with pytest.raises(ForeignCodeError, match=scheme) as refused:
        payable_among([Found(text.encode(), 0, 0)])
    assert "no card of this wallet pays that" in str(refused.value)


def test_what_is_no_code_of_a_merchant_is_said_to_be_none() -> None:
    with pytest.raises(NoCodeError, match="no QR code"):
        payable_among([])
    with pytest.raises(NoCodeError, match=r"WIFI:S:net"):
        payable_among([Found(b"WIFI:S:net;;", 0, 0)])
    for unfit in ({"currency": "999", "amount": ""}, {"amount": "1.005"}, {"tip": Tip.FIXED, "fee_fixed": "0.001"}):
        with pytest.raises(QrError, match="malformed"):
            payable_among([Found(encode(with_changes(**unfit)), 0, 0)])
    with pytest.raises(QrError, match="checksum"):
        payable_among([Found(CODE[:-4] + b"0000", 0, 0)])
