"""Codes that others published."""

from __future__ import annotations

import pytest

from etui.standards.emvqr import (
    AdditionalData,
    Code,
    Initiation,
    Language,
    MalformedError,
    Template,
    Tip,
    claimed_amount,
    claimed_currency,
    decode,
    encode,
)

# EMV QRCPS Merchant-Presented Mode, annex A.2, "Sample QR code".
EMVCO = (
    "00020101021229300012D156000000000510A93FO3230Q31280012D15600000001030812345678520441115802CN5914BEST TRANSPORT"
    "6007BEIJING64200002ZH0104最佳运输0202北京540523.7253031565502016233030412340603***0708A60086670902ME91320016"
    "A0112233449988770708123456786304A13A"
)
# Banco Central do Brasil, Manual de Padrões para Iniciação do Pix, "Exemplo de BR Code estático".
PIX = (
    "00020126580014br.gov.bcb.pix0136123e4567-e12b-12d1-a456-4266554400005204000053039865802BR5913Fulano de Tal"
    "6008BRASILIA62070503***63041D3D"
)
# https://github.com/dongri/emv-qrcode, README.md
OF_A_LIBRARY = (
    "0002010102121516ABCDEF123456789052045311530339254039995802JP5906DONGRI6005TOKYO62240104hoge0504fuga0704piyo"
    "63043FE6"
)
# https://github.com/phannaly/emv-qr-code, README.md: its city has a character too many
TOO_LONG = (
    "00020101021252044131153137210116372101160123456789ABCDE6016Banteay Meanchey5913Kuntheas Shop5802KH540510.00"
    "5303840621201081234567863041FF2"
)


def test_the_code_of_the_specification_is_read() -> None:
    code = decode(EMVCO.encode())
    assert code == Code(
        initiation=Initiation.DYNAMIC,
        templates=(
            Template(id="29", identifier="D15600000000", values={"05": "A93FO3230Q"}),
            Template(id="31", identifier="D15600000001", values={"03": "12345678"}),
        ),
        category="4111",
        currency="156",
        amount="23.72",
        tip=Tip.ASKED,
        country="CN",
        name="BEST TRANSPORT",
        city="BEIJING",
        additional=AdditionalData(
            store_label="1234", customer_label="***", terminal_label="A6008667", consumer_data="ME"
        ),
        language=Language(preference="ZH", name="最佳运输", city="北京"),
        unreserved=(Template(id="91", identifier="A011223344998877", values={"07": "12345678"}),),
    )
    assert (claimed_amount(code), claimed_currency(code)) == (2372, "CNY")
    assert decode(encode(code)) == code


@pytest.mark.parametrize("text", [PIX, OF_A_LIBRARY])
def test_codes_whose_objects_are_in_order_are_written_as_they_stand(text: str) -> None:
    assert encode(decode(text.encode())).decode() == text


def test_a_static_code_leaves_the_amount_open_and_names_its_scheme() -> None:
    code = decode(PIX.encode())
    assert (claimed_amount(code), claimed_currency(code), code.schemes) == (None, "BRL", ["br.gov.bcb.pix"])
    assert decode(OF_A_LIBRARY.encode()).schemes == ["UnionPay"]


def test_a_city_that_is_longer_than_the_specification_has_it_is_refused() -> None:
    with pytest.raises(MalformedError, match=r"15 printable") as refused:
        decode(TOO_LONG.encode())
    assert refused.value.where == "60"
