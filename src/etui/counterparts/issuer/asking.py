"""What a message asks of a card, with everything that can be found out before the books are opened.

Here is what takes time: reading the chip's data, deriving keys and checking the cryptogram. It concerns one message
alone, so that it is done outside of any transaction.
"""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

from etui.counterparts.issuer.chip import ChipData, read_chip
from etui.counterparts.issuer.cryptograms import MasterKey
from etui.counterparts.issuer.records import Key
from etui.standards import emv
from etui.standards.emv import Tag
from etui.standards.iso8583 import (
    CardRequest,
    FinancialAdvice,
    OriginalData,
    ReversalAdvice,
    ReversalRequest,
    TransactionRequest,
    TransactionResponse,
    answer_to,
    institution,
)

_DIGEST_CHARACTERS: Final = 32
_NO_SEQUENCE: Final = "000"
_HIGHEST_SEQUENCE: Final = 99


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request, which transaction it is, and what was found of its cryptogram.

    ``original``: the transaction that it names, if any. ``digest``: of all that a repetition has to have in common with
    it. ``chip``: None where there is none that can be read. ``session``: the key of the chip's transaction;
    ``verified``: whether its cryptogram is right, for the card and sequence number of the request.
    """

    request: TransactionRequest
    key: Key
    digest: str
    original: Key | None = None
    sequence: int = 0
    chip: ChipData | None = None
    session: emv.SessionKey | None = None
    verified: bool = False

    def __repr__(self) -> str:
        return f"Asked({self.request!r}, verified={self.verified})"

    def answer(self, response_code: str, approval: str) -> TransactionResponse:
        """The response; with the issuer's proof for the chip where its cryptogram was right."""
        icc = b""
        if self.verified and self.chip is not None and self.session is not None:
            icc = _proof(self.session, self.chip, response_code)
        return answer_to(self.request, response_code, approval=approval, icc=icc)


def examine(request: TransactionRequest, keys: MasterKey) -> Asked:
    """What ``request`` asks, examined with the keys of the issuer's cards."""
    key = Key(request.pan, institution(request.acquirer), request.transmitted, request.stan)
    original = _original(request)
    asked = Asked(request=request, key=key, digest=_digest(request), original=original)
    if not isinstance(request, CardRequest) or not request.icc or original is not None:
        return asked
    sequence = int(request.card_sequence or _NO_SEQUENCE)
    try:
        chip = read_chip(request.icc)
    except emv.EmvError:
        return asked
    if sequence > _HIGHEST_SEQUENCE:
        return asked
    session = keys.session(request.pan, sequence, chip.atc)
    return msgspec.structs.replace(
        asked, sequence=sequence, chip=chip, session=session, verified=_is_made_by(session, chip)
    )


def _is_made_by(session: emv.SessionKey, chip: ChipData) -> bool:
    try:
        session.verify(chip.signed, chip.cryptogram)
    except emv.AuthenticationError:
        return False
    return True


def _proof(session: emv.SessionKey, chip: ChipData, response_code: str) -> bytes:
    """What the chip gets back: the response code (8A), and the issuer's proof by method 1 (91)."""
    code = response_code.encode("ascii")
    proof = session.issuer_authentication_1(chip.cryptogram, code)
    return emv.encode_objects(
        (
            emv.primitive(Tag.AUTHORISATION_RESPONSE_CODE, code),
            emv.primitive(Tag.ISSUER_AUTHENTICATION_DATA, proof),
        )
    )


def _original(request: TransactionRequest) -> Key | None:
    match request:
        case ReversalRequest(original=named) | ReversalAdvice(original=named):
            return _named(request.pan, named)
        case FinancialAdvice(original=OriginalData() as named):
            return _named(request.pan, named)
        case _:
            return None


def _named(pan: str, named: OriginalData) -> Key:
    return Key(pan, named.acquirer, named.transmitted, named.stan)


def _digest(request: TransactionRequest) -> str:
    parts = (
        request.MTI,
        request.processing_code,
        request.amount_minor,
        request.currency,
        request.rrn,
        request.terminal,
        request.merchant,
        getattr(request, "icc", b"").hex(),
        getattr(request, "original", None),
    )
    text = "\x1f".join(map(str, parts))
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:_DIGEST_CHARACTERS]
