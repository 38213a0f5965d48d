"""A card without a wallet: one process in the virtual reader's other slot, which answers from memory.

What it answers is what the wallet's card answers; for GENERATE AC it makes the cryptogram by pyemv and signs it with
its RSA key (CDA), as that does. It stores nothing, asks nobody, and gets its keys and records on standard input: first
a line with them, then one for each time that it is to come into the reader anew.
"""

from __future__ import annotations

import secrets
import socket
import sys
import time
from typing import Final

import msgspec

from etui.extensions.issuer_card.application import PDOL
from etui.standards import emv
from etui.standards.emv import Tag
from etui.standards.iso7816 import Command, Response, Selection
from etui.standards.provisioning import Chip
from etui.testkit.readers import OTHER_PORT

_ATR: Final = bytes.fromhex("3B80800101")
_SIGNALS: Final = frozenset((0, 1, 2))
_POWER_OFF: Final = 0
_ATR_WANTED: Final = 4
_ABSENT_S: Final = 0.9
_KEY_INDEX: Final = 1
_TYPE_SHIFT: Final = 6
_NUMBER_BYTES: Final = 8


class Printed(msgspec.Struct, frozen=True):
    """What is on the card. ``key``: its RSA key (PKCS #8, DER); ``master``: 16 bytes, of which session keys come."""

    chip: Chip
    key: bytes
    master: bytes


class BareCard:
    """Answers one terminal after the other; its counter goes on."""

    def __init__(self, printed: Printed) -> None:
        chip = printed.chip
        self._chip = chip
        self._key = emv.PrivateKey.decode(printed.key)
        self._master = printed.master
        self._atc = 0
        self._heard = b""
        self.paid = False
        directory = emv.ProximityDirectory((emv.Application(chip.name, chip.label, chip.priority),))
        information = emv.ApplicationInformation(chip.name, chip.label, chip.priority, pdol=PDOL, languages=("en",))
        options = emv.ProcessingOptions(emv.Aip.decode(chip.aip), emv.read_file_locator(chip.files))
        known = emv.values_by_tag([one for each in chip.records for one in emv.read_record(each.data)])
        self._asks = emv.read_list(known[Tag.CDOL1])
        self._options = Response(options.format_2()).encode()
        self._kept = {
            Selection(emv.PPSE).command().encode(): Response(directory.encode()).encode(),
            Selection(chip.name).command().encode(): Response(information.encode()).encode(),
        }
        for each in chip.records:
            self._kept[emv.ReadRecord(each.sfi, each.number).command().encode()] = Response(each.data).encode()

    def prepare(self) -> None:
        """Derives the session key of the next payment, which the wallet's card was given before."""
        self.paid = False
        self._atc += 1
        self._session = emv.session_key(self._master, self._atc)

    def answer(self, apdu: bytes) -> bytes:
        """The response to a command of a terminal that makes no mistake."""
        kept = self._kept.get(apdu)
        if kept is not None:
            return kept
        match emv.read_request(Command.decode(apdu)):
            case emv.GetProcessingOptions(data):
                self._heard = data
                return self._options
            case emv.GenerateAc() as request:
                return self._cryptogram(request.data)
            case other:
                raise RuntimeError(f"the terminal asks for {other}")

    def _cryptogram(self, data: bytes) -> bytes:
        told = {**emv.list_values(PDOL, self._heard), **emv.list_values(self._asks, data)}
        asks = emv.CryptogramType.ARQC
        results = emv.CardVerificationResults(asks, checks=emv.Checks.CDA_PERFORMED)
        own = emv.IssuerApplicationData(_KEY_INDEX, results).encode()
        made = self._session.cryptogram(emv.cryptogram_data(told, self._chip.aip, self._atc, own))
        answer = emv.CryptogramAnswer(asks << _TYPE_SHIFT, self._atc, made, own)
        heard = (self._heard, data)
        number = told[Tag.UNPREDICTABLE_NUMBER]
        self.paid = True
        signed = emv.sign_cryptogram(self._key, answer, secrets.token_bytes(_NUMBER_BYTES), number, heard)
        return Response(signed.format_2()).encode()


def serve(card: BareCard, reader: socket.socket) -> None:
    """Is in the reader until a payment was made and its power is off, or until the reader is gone."""
    reader.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    card.prepare()
    while frame := _frame(reader):
        if len(frame) == 1 and frame[0] in _SIGNALS:
            if frame[0] == _POWER_OFF and card.paid:
                return
            continue
        answer = _ATR if frame == bytes((_ATR_WANTED,)) else card.answer(frame)
        reader.sendall(len(answer).to_bytes(2, "big") + answer)


def _frame(reader: socket.socket) -> bytes:
    """The next one; empty where the reader is gone."""
    return _bytes(reader, int.from_bytes(_bytes(reader, 2), "big"))


def _bytes(reader: socket.socket, count: int) -> bytes:
    """So many bytes. Delayed acknowledgements would cost 44 ms (tcp(7), TCP_QUICKACK)."""
    data = b""
    while len(data) < count:
        reader.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        data += (more := reader.recv(count - len(data)))
        reader.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        if not more:
            return b""
    return data


def main() -> None:
    """Comes into the reader at each line, after it was away for longer than the reader looks away."""
    card = BareCard(msgspec.json.decode(sys.stdin.readline(), type=Printed))
    for _ in sys.stdin:
        time.sleep(_ABSENT_S)
        with socket.create_connection(("127.0.0.1", OTHER_PORT)) as reader:
            serve(card, reader)


if __name__ == "__main__":
    main()
