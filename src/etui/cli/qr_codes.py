"""``etui pay-qr``: pays a merchant's QR code, out of a picture or from the screen.

Rules:

1. What the code says is shown as what it is, a claim; what is paid is what the merchant signed.
2. Where both differ in host, order, currency or amount, nothing is paid. Where they differ in a name, a kind of
   business or a country, the user says at the terminal whether to go on, before the wallet asks.
3. An amount that the code leaves open is typed here, and shown again in the Trusted Dialog as the merchant signed it.
   What the code itself adds to that, nobody typed: the dialog asks about it, whatever right there is.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from etui.cli.command import Arguments, Command, connect, connect_once, name_session_bus
from etui.cli.counts import read_count
from etui.cli.exits import CommandError, Exit
from etui.cli.output import printable, quoted, single_line
from etui.cli.typed import confirmed
from etui.standards.money import full_amount

if TYPE_CHECKING:
    import argparse

    from etui.cli.output import Output
    from etui.doors.qr import Asked, Difference, Payable
    from etui.standards.emvqr import Code
    from etui.standards.payments import Order

_MAX_TYPED: Final = 40


class _Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What comes of it, for programs; ``amount`` in minor units. Without a payment the last five are null."""

    host: str
    merchant: str
    order: str
    amount: int
    currency: str
    differences: list[str]
    outcome: str | None = None
    network: str | None = None
    payment: str | None = None
    receipt: bool | None = None
    decision: str | None = None


def _arguments(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a picture: PNG, JPEG or GIF")
    source.add_argument("--screen", action="store_true", help="what is on the screen, under Wayland as you pick it")
    parser.add_argument("--code", type=read_count, metavar="N", help="which code of several, from the top")
    parser.add_argument("--amount", metavar="AMOUNT", help="as 12.50, where the code leaves it open")
    parser.add_argument("--tip", metavar="AMOUNT", help="what comes to it, where the code asks for a tip")
    parser.add_argument("--dry-run", action="store_true", help="show what would be paid, and pay nothing")
    parser.add_argument("--yes", action="store_true", help="go on where a name, kind of business or country differs")


def _run(arguments: Arguments, output: Output) -> Exit:
    from etui.doors.qr import (  # noqa: PLC0415  # pictures and TLS, which no other command needs
        AmbiguousError,
        NoCodeError,
        QrError,
        UnfitError,
    )

    try:
        return _pay(arguments, output)
    except (AmbiguousError, UnfitError) as error:
        raise CommandError(str(error), Exit.USAGE) from None
    except NoCodeError as error:
        raise CommandError(str(error), Exit.NOT_FOUND) from None
    except QrError as error:
        raise CommandError(str(error)) from None


def _pay(arguments: Arguments, output: Output) -> Exit:
    from etui.cli.paying import sentences  # noqa: PLC0415  # as above
    from etui.cli.pending import settle_own  # noqa: PLC0415  # as above
    from etui.doors import qr  # noqa: PLC0415  # as above
    from etui.sdk.shop import Shop  # noqa: PLC0415  # as above

    if not arguments.dry_run:
        connect_once()  # rather than have a shop make an order that nobody pays
    payable = qr.payable_among(qr.codes_in(_picture(arguments, output)), arguments.code)
    asked = _asked(arguments, payable.code)
    output.note(f"The code says: {_claim(payable, asked)}.")
    shop = Shop(payable.place.host)
    token = qr.request_of(shop, payable.place.order, asked)
    order = qr.order_in(token, int(time.time()))
    differences = qr.compare(payable, asked, order)
    output.note(f"The merchant signed: {_signed(order)}.")
    _judge(arguments, output, differences)
    shown = _Shown(
        host=order.merchant.host,
        merchant=order.merchant.name,
        order=order.name,
        amount=order.amount_minor,
        currency=order.currency,
        differences=[str(one) for one in differences],
    )
    if arguments.dry_run:
        output.value(shown, "Nothing was paid.")
        return Exit.OK
    adds = bool(asked.fee) and qr.wants_amount(payable.code)
    if adds:
        fee = full_amount(asked.fee, asked.currency)
        output.note(f"etui: the code adds {fee} to what you said: the Trusted Dialog asks about it")
    with connect() as client:
        settle_own(client, output)
        paid = qr.pay(client, shop, order, token, ask=adds)
    ended = msgspec.structs.replace(
        shown,
        outcome=paid.outcome,
        network=paid.network,
        payment=paid.payment,
        receipt=paid.receipt,
        decision=paid.decision,
    )
    if paid.note:
        output.note(f"etui: {printable(paid.note)}")
    output.value(ended, sentences(order, paid.outcome, filed=paid.receipt, decision=paid.decision))
    return Exit.OK if paid.outcome == "approved" else Exit.FAILED


def _picture(arguments: Arguments, output: Output) -> bytes:
    from etui.doors import qr  # noqa: PLC0415  # as above

    if not arguments.screen:
        return qr.picture_in(arguments.file)
    name_session_bus()
    if os.environ.get("WAYLAND_DISPLAY"):
        output.note("Under Wayland you take the picture: choose the code on the screen.")
    return qr.picture_of_screen(os.environ)


def _asked(arguments: Arguments, code: Code) -> Asked:
    from etui.doors import qr  # noqa: PLC0415  # as above
    from etui.standards.emvqr import claimed_currency  # noqa: PLC0415  # as above

    amount, tip = arguments.amount or "", arguments.tip or ""
    currency = claimed_currency(code)
    if not amount and qr.wants_amount(code):
        amount = _typed(f"{quoted(code.name)} leaves the amount open. How much, in {currency}", "--amount")
        qr.asked_by(code, amount)  # a wrong one is said at once
    if not tip and qr.wants_tip(code) and sys.stdin.isatty():
        tip = _typed(f"A tip in {currency}, or nothing", "--tip")
    return qr.asked_by(code, amount, tip)


def _typed(prompt: str, option: str) -> str:
    """What the user types; raises ``CommandError`` where there is no terminal to type at."""
    if not sys.stdin.isatty():
        raise CommandError(f"{prompt}? There is no terminal to say it at: give {option}", Exit.USAGE)
    sys.stderr.write(f"{prompt}: ")
    sys.stderr.flush()
    return sys.stdin.readline(_MAX_TYPED).strip()


def _judge(arguments: Arguments, output: Output, differences: list[Difference]) -> None:
    """Has the user say whether to go on; raises ``CommandError`` where not."""
    for one in differences:
        output.note(f"It differs in {printable(str(one))}.")
    if not differences or arguments.dry_run or arguments.yes:
        return
    said = "; ".join(map(str, differences))
    if not confirmed(f"The code is not what the merchant signed ({printable(said)}). Pay nonetheless?"):
        raise CommandError("nothing was paid")


def _claim(payable: Payable, asked: Asked) -> str:
    code = payable.code
    what = "an amount that the merchant signs"
    if asked.total is not None:
        what = full_amount(asked.total, asked.currency)
    added = {"fee": asked.fee, "tip": asked.tip}
    parts = [f"{full_amount(more, asked.currency)} {name}" for name, more in added.items() if more]
    within = f", of that {' and '.join(parts)}" if parts else ""
    return f"{what}{within}, to {quoted(code.name)} in {single_line(code.city)}, at {payable.place.host}"


def _signed(order: Order) -> str:
    amount = full_amount(order.amount_minor, order.currency)
    return f"{amount}, to {quoted(order.merchant.name)}, at {order.merchant.host}"


PAY = Command(
    name="pay-qr",
    help="pay a merchant's QR code, from a picture or the screen",
    text="Reads a merchant's QR code (EMVCo) out of a picture, fetches from the host that it names what the merchant\n"
    "signed, and pays that with a card of the wallet. Nothing is paid where it is of another host, order, currency or\n"
    "amount than the code says. Under Wayland no program sees the screen: the desktop's portal has you take a picture\n"
    "of it, which is deleted once it was read.",
    arguments=_arguments,
    run=_run,
    examples=(
        ("etui pay-qr code.png", "a code in a picture"),
        ("etui pay-qr --screen", "a code on the screen"),
        ("etui pay-qr sticker.jpg --amount 12.50", "a code that leaves the amount open"),
        ("etui pay-qr code.png --dry-run --json", "what would be paid"),
    ),
)
