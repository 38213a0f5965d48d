"""What cards and terminals send each other: APDUs, data objects, certificates and signatures."""

from __future__ import annotations

import contextlib
import datetime as dt

from etui.standards import emv, iso7816

_KEY = emv.PrivateKey.from_primes(2**607 - 1, 2**521 - 1, 65_537)
"""Of two primes that everybody knows; 1,128 bits."""
_PAN = "5413330089020011"
_TODAY = dt.date(2026, 11, 26)
_NUMBER = bytes(4)


def take_apdu(data: bytes) -> None:
    """A command as a card reads it, and a response as a terminal does."""
    with contextlib.suppress(iso7816.Iso7816Error, emv.CommandError):
        command = iso7816.Command.decode(data)
        assert command.encode() == data
        iso7816.joined(iso7816.joined(None, command), command)
        emv.read_request(command)
    with contextlib.suppress(iso7816.Iso7816Error):
        response = iso7816.Response.decode(data)
        assert response.encode() == data
        iso7816.next_command(iso7816.Command(0, 0xA4, 4, 0), response)


def good_apdu() -> list[bytes]:
    """Commands of a transaction, and a response."""
    requests: tuple[emv.Request, ...] = (
        iso7816.Selection(emv.PPSE),
        emv.GetProcessingOptions(bytes(10)),
        emv.ReadRecord(1, 1),
        emv.GenerateAc(emv.CryptogramType.ARQC, bytes(40), cda=True),
        emv.GetData(emv.Tag.ATC),
        emv.InternalAuthenticate(bytes(4)),
    )
    extended = iso7816.Command(0x10, 0xDA, 1, 2, bytes(300), 65_536, extended=True)
    return [
        *(one.command().encode() for one in requests),
        extended.encode(),
        iso7816.Response(b"data", 0x6105).encode(),
    ]


def take_emv(data: bytes) -> None:
    """Everything that a terminal reads of what a card answers."""
    for read in (
        emv.decode_objects,
        emv.read_list,
        emv.read_file_locator,
        emv.read_directory_record,
        emv.ProximityDirectory.decode,
        emv.PaymentDirectory.decode,
        emv.ApplicationInformation.decode,
        emv.ProcessingOptions.decode,
        emv.CryptogramAnswer.decode,
        emv.CvmList.decode,
        emv.IssuerApplicationData.decode,
        emv.CardStatusUpdate.decode,
        lambda value: emv.values_by_tag(emv.decode_objects(value)),
        lambda value: emv.verify_cryptogram(_KEY.public, value, _NUMBER, ()),
        lambda value: emv.card_key(_KEY.public, emv.SignedKey(value[:141], value[141:], b"\3"), _PAN, b"", _TODAY),
        lambda value: emv.issuer_key(_KEY.public, emv.SignedKey(value[:141], value[141:], b"\3"), _PAN, _TODAY),
    ):
        with contextlib.suppress(emv.EmvError):
            read(data)


def good_emv() -> list[bytes]:
    """One of each."""
    application = emv.Application(b"12345", "Demo", 1)
    ranges = (emv.RecordRange(1, 1, 2, 1),)
    unsigned = emv.CryptogramAnswer(0x80, 1, bytes(8), bytes(32))
    certified = emv.CertifiedKey(_PAN, _TODAY, b"\1\2\3", _KEY.public)
    card = emv.certify_card(_KEY, certified, b"")
    rules = emv.CvmList((emv.CvmRule(emv.CvmMethod.NO_CVM, emv.CvmCondition.ALWAYS),))
    results = emv.CardVerificationResults(emv.CryptogramType.ARQC)
    return [
        emv.ProximityDirectory((application,)).encode(),
        emv.PaymentDirectory(1, ("en",), 1).encode(),
        emv.write_directory_record((application,)),
        emv.ApplicationInformation(b"12345", "Demo", pdol=(emv.Entry(emv.Tag.AMOUNT_AUTHORISED, 6),)).encode(),
        emv.ProcessingOptions(emv.Aip.CDA_SUPPORTED, ranges).format_1(),
        emv.ProcessingOptions(emv.Aip.CDA_SUPPORTED, ranges).format_2(),
        unsigned.format_1(),
        unsigned.format_2(),
        emv.sign_cryptogram(_KEY, unsigned, bytes(8), _NUMBER, ()).format_2(),
        card.certificate + card.remainder,
        rules.encode(),
        emv.IssuerApplicationData(1, results).encode(),
        emv.CardStatusUpdate(emv.Update.APPROVED).encode(),
    ]
