"""What is pending is asked about: the shop to which it was sent says what became of it, and the wallet keeps that.

Rules:

1. The user is asked nothing. What this Client may not see and finish unasked, as others' payments, stays as it is.
2. All shops at once, for a few seconds in all. What is not answered by then stays pending, and nothing waits for it.
3. What a shop says counts for the very request that was paid. A receipt is kept where the wallet finds it to be of this
   payment, and by the key that asked for it, as when a shop is paid.
4. *Not sent* is what the shop never got and takes no more; while it would take it, the payment is pending.
"""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING, Final

import msgspec

from etui.cli.output import single_line
from etui.interfaces import payment_1 as payment
from etui.protocol import ErrorCode, ProtocolError
from etui.sdk.shop import ShopError, Status, status_at
from etui.standards.money import full_amount

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from etui.cli.output import Output
    from etui.sdk import Client

_PENDING: Final = "pending"
_PATIENCE_S: Final = 4.0
_MOST: Final = 16
_STATES: Final = {"approved": "approved", "declined": "declined", "expired": "not_sent"}
"""Of a payment, by that of its order at the shop."""


def settle_own(client: Client, output: Output) -> None:
    """Settles what of this Client's own payments is pending, as far as shops say; notes what came of it."""
    try:
        found = client.call(payment.Find(state=_PENDING, limit=_MOST), quiet=True).payments
    except ProtocolError:  # what the command asks for next says what is wrong
        return
    settle(client, output, [one.item for one in found if one.attributes.get("state") == _PENDING])


def settle(client: Client, output: Output, payments: Iterable[str]) -> dict[str, str]:
    """The states of those of these payments that ended now, by their references; notes them too."""
    shown: dict[str, payment.ShowResult] = {}
    for reference in list(payments)[:_MOST]:
        try:
            one = client.call(payment.Show(payment=reference), quiet=True)
        except ProtocolError:
            continue
        if one.state == _PENDING and one.sent_to:
            shown[reference] = one
    return settle_shown(client, output, shown)


def settle_shown(client: Client, output: Output, shown: Mapping[str, payment.ShowResult]) -> dict[str, str]:
    """The same of those that were shown, each pending, and with where it was sent."""
    ended: dict[str, str] = {}
    for reference, said in _said(shown):
        one = shown[reference]
        state = _STATES.get(said.state)
        if state is None or not said.digest.startswith(one.order.rpartition("#")[2]):
            continue
        try:
            filed = complete(client, reference, state, said.receipt, output, quiet=True)
        except ProtocolError:  # somebody said it meanwhile, or it is not this Client's to say: it stands as it stands
            continue
        ended[reference] = state
        label = f"{full_amount(one.amount, one.currency)} to {one.payee}"
        receipt = ", and its receipt is kept" if filed else ""
        output.note(single_line(f"etui: {label} is pending no more: {state.replace('_', ' ')}{receipt}"))
    return ended


def complete(  # noqa: PLR0913  # what was said, and how it is told
    client: Client, reference: str, state: str, receipt: str | None, output: Output, *, quiet: bool = False
) -> bool:
    """Says in the wallet how a payment ended; whether a receipt of it is kept now. Raises ``ProtocolError``.

    ``state``: as ``payment/1.complete`` has it. ``quiet``: fail rather than ask the user.
    """
    said = msgspec.convert({"payment": reference, "outcome": state, "receipt": receipt}, payment.Complete)
    try:
        return bool(client.call(said, quiet=quiet).filed)
    except ProtocolError as error:
        if receipt is None or error.code is not ErrorCode.INVALID_PARAMS:
            raise
        output.note(f"etui: {single_line(error.message)}")
    client.call(msgspec.structs.replace(said, receipt=None), quiet=quiet)
    return False


def _said(shown: Mapping[str, payment.ShowResult]) -> Iterator[tuple[str, Status]]:
    """What shops say of these payments, as it comes; nothing of one whose shop says nothing of use in time."""
    answers: queue.SimpleQueue[tuple[str, Status | None]] = queue.SimpleQueue()

    def ask(reference: str, address: str) -> None:
        try:
            answers.put((reference, status_at(address, timeout_s=_PATIENCE_S)))
        except ShopError:
            answers.put((reference, None))

    for reference, one in shown.items():
        threading.Thread(target=ask, args=(reference, one.sent_to or ""), daemon=True).start()
    deadline = time.monotonic() + _PATIENCE_S
    for _ in shown:
        try:
            reference, said = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return
        if said is not None:
            yield reference, said
