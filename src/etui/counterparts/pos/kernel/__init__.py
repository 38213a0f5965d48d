"""The terminal side of an EMV transaction: values in, commands and verdicts out, and no card reader, line or clock.

    states                 where a transaction stands, and what may follow
    kernel                 goes from state to state
    settings               what the terminal is, takes and has keys for; what is bought
    selecting, candidates  which of a card's applications is tried
    reading, card_data     what the card's records say
    authentication         that the card is its issuer's
    findings, actions      what the terminal makes of it, and which cryptogram it asks for
    judging                what the card answers to that
    terminal_data          what the terminal tells card and issuer
    responses              what stands in single answers
    outcomes               what the kernel says next

Sources: EMV 4.3 and 4.4, Books 1 to 4; EMV Contactless Books A, B and C-2.
"""

from etui.counterparts.pos.kernel.kernel import Kernel
from etui.counterparts.pos.kernel.outcomes import (
    AskIssuer,
    Outcome,
    Presented,
    Send,
    Step,
    Verdict,
    Verification,
)
from etui.counterparts.pos.kernel.settings import ATTENDED, UNATTENDED, Accepted, Purchase, Terminal
from etui.counterparts.pos.kernel.states import State

__all__ = [
    "ATTENDED",
    "UNATTENDED",
    "Accepted",
    "AskIssuer",
    "Kernel",
    "Outcome",
    "Presented",
    "Purchase",
    "Send",
    "State",
    "Step",
    "Terminal",
    "Verdict",
    "Verification",
]
