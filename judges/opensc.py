"""``opensc-tool`` of Debian's OpenSC: it names readers and cards by its own drivers, and sends commands as it is told.

Its drivers send what each needs to know its own cards by, much of it nothing that our card knows; behind all that it
still pays. A whole payment goes by T=1 in one session, and pyemv verifies what comes of it.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final

from bench.acquirer import KEYS

from etui.counterparts.demo.chips import AID
from etui.counterparts.issuer.chip import read_chip
from etui.extensions.issuer_card.application import PDOL
from etui.standards import emv
from etui.standards.emv import CryptogramType, Tag
from etui.standards.iso7816 import Command, Selection
from judges.expected import Verdict
from judges.steps import taken

if TYPE_CHECKING:
    from collections.abc import Callable

    from judges.stage import TerminalStage

PACKAGES: Final = ("opensc", "opensc-pkcs11")
_ATR: Final = "3b:80:80:01:01"
_AMOUNT: Final = 12_34
_LIMIT: Final = 50_00
_PRESENT_S, _LOOK_S = 20.0, 0.2
_DONE, _NOT_FOUND = "9000", "6A82"
_RECORDS: Final = ((1, 1), (2, 1), (2, 2), (2, 3))
_FIRST: Final = emv.ReadRecord(1, 1).command()
_READER: Final = re.compile(r"^0 +Yes +Virtual PCD 00 00$", re.MULTILINE)
_RECEIVED: Final = re.compile(r"^Received \(SW1=0x(..), SW2=0x(..)\):?\n?((?:(?:[0-9A-F]{2} )+.*\n)*)", re.MULTILINE)
_HEX: Final = re.compile(r"^((?:[0-9A-F]{2} ){1,16})", re.MULTILINE)
_CDOL1: Final = tuple(emv.Entry(tag, emv.ELEMENTS[tag].max_bytes) for tag in emv.TERMINAL_TAGS)
_TOLD: Final[dict[int, bytes]] = {
    Tag.AMOUNT_AUTHORISED: emv.write_numeric(_AMOUNT, 6),
    Tag.TERMINAL_COUNTRY_CODE: emv.write_numeric(276, 2),
    Tag.TRANSACTION_CURRENCY_CODE: emv.write_numeric(978, 2),
    Tag.TRANSACTION_DATE: bytes.fromhex("261126"),
    Tag.UNPREDICTABLE_NUMBER: bytes.fromhex("DEADBEEF"),
}


def judge(stage: TerminalStage) -> Verdict:
    """Its verdict."""
    root = stage.package / "usr"
    (libraries,) = root.glob("lib/*/libopensc.so.8")
    environ = {"LD_LIBRARY_PATH": str(libraries.parent)}

    def tool(*arguments: str) -> str:
        ran = stage.run(str(root / "bin" / "opensc-tool"), *arguments, environ=environ)
        return ran.stdout + ran.stderr

    def sent(*commands: Command) -> list[tuple[str, bytes]]:
        words = [word for one in commands for word in ("--send-apdu", one.encode().hex())]
        said = tool("--reader", "0", "--card-driver", "default", *words)
        return [(first + second, _bytes(dump)) for first, second, dump in _RECEIVED.findall(said)]

    def named() -> str:
        return tool("--reader", "0", "--name")

    def armed() -> bool:
        stage.arm(_LIMIT)
        return True

    def statuses(*commands: Command) -> list[str]:
        return [status for status, _ in sent(*commands)]

    def pays() -> bool:
        """Whether a payment of one session ends with the card's cryptogram, over what was asked."""
        told = emv.list_data(PDOL, _TOLD)
        asked = emv.list_data(_CDOL1, _TOLD)
        answers = sent(
            Selection(emv.PPSE).command(),
            Selection(AID).command(),
            emv.GetProcessingOptions(told).command(),
            *(emv.ReadRecord(*record).command() for record in _RECORDS),
            emv.GenerateAc(CryptogramType.ARQC, asked).command(),
        )
        if {status for status, _ in answers} != {_DONE}:
            return False
        _, _, options, *records, made = (data for _, data in answers)
        known = emv.values_by_tag([one for record in records for one in emv.read_record(record)])
        answer = emv.CryptogramAnswer.decode(made)
        objects: dict[int, bytes] = {
            Tag.APPLICATION_CRYPTOGRAM: answer.cryptogram,
            Tag.CRYPTOGRAM_INFORMATION_DATA: bytes((answer.information,)),
            Tag.ATC: answer.atc.to_bytes(2, "big"),
            Tag.ISSUER_APPLICATION_DATA: answer.application_data,
            Tag.AIP: emv.ProcessingOptions.decode(options).aip.encode(),
            **emv.list_values(_CDOL1, asked),
        }
        chip = read_chip(emv.encode_objects(emv.primitive(tag, value) for tag, value in objects.items()))
        session = KEYS.session(emv.read_compressed(known[Tag.PAN]), 1, chip.atc)
        return session.cryptogram(chip.signed) == chip.cryptogram

    steps = {
        "the reader": lambda: _comes(lambda: tool("--list-readers")),
        "the ATR": lambda: tool("--reader", "0", "--atr").strip() == _ATR,
        "a card that is not armed": lambda: statuses(Selection(emv.PPSE).command()) == [_NOT_FOUND],
        "an armed card is none that its drivers know": lambda: armed() and "Unsupported card" in named(),
        "the directory for contactless readers": lambda: statuses(Selection(emv.PPSE).command()) == [_DONE],
        "the directory for contacts": lambda: statuses(Selection(emv.PSE).command(), _FIRST) == [_DONE, _DONE],
        "a payment": pays,
        "what the wallet says": lambda: stage.armed() == ("online", _AMOUNT),
        "a card that was tapped": lambda: statuses(Selection(emv.PPSE).command()) == [_NOT_FOUND],
    }
    return taken(steps)


def _comes(listed: Callable[[], str]) -> bool:
    """Whether the reader is there with the card in it, once pcscd has looked for one."""
    ends = time.monotonic() + _PRESENT_S
    while not _READER.search(listed()):
        if time.monotonic() > ends:
            return False
        time.sleep(_LOOK_S)
    return True


def _bytes(dump: str) -> bytes:
    return bytes.fromhex("".join(_HEX.findall(dump)))
