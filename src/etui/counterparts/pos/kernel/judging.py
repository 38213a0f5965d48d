"""A card's cryptogram, and whether it is what was asked for: signed where it has to be, and no more than that.

Source: EMV Book 3, sections 6.5.5 and 9.3; Book 2, section 6.6.2.
"""

from __future__ import annotations

from collections.abc import Sequence

from etui.counterparts.pos.kernel.actions import may_answer
from etui.standards.emv import CryptogramAnswer, CryptogramType, MalformedError, PublicKey, verify_cryptogram


def judged(
    data: bytes, asked: CryptogramType, signer: PublicKey | None, number: bytes, told: Sequence[bytes]
) -> tuple[CryptogramAnswer, bytes]:
    """The answer, and the cryptogram in it.

    ``signer``: whose signature was asked for; none for none. ``number``, ``told``: as the terminal sent them. Raises
    ``AuthenticationError`` where a signature should be there and is not right, and ``EmvError`` for what is no answer.
    """
    answer = CryptogramAnswer.decode(data)
    if not may_answer(asked, answer.type):
        raise MalformedError("the card answers more than it was asked for")
    if signer is not None and answer.type is not CryptogramType.AAC:
        return answer, verify_cryptogram(signer, data, number, told).cryptogram
    if not answer.cryptogram:
        raise MalformedError("a cryptogram comes in a signature that was not asked for")
    return answer, answer.cryptogram
