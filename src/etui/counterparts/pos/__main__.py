"""``python -m etui.counterparts.pos``: a point of sale's terminal."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fcntl
import logging
import re
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy.exc import SQLAlchemyError

from etui.counterparts.books import BooksError, open_books
from etui.counterparts.identity import Identity, IdentityError
from etui.counterparts.lines import Line
from etui.counterparts.options import address, seconds, whole_number
from etui.counterparts.pos.errors import PosError, ReaderError, SettingsError
from etui.counterparts.pos.reader import CallableReader, Reader
from etui.counterparts.pos.receipts import receipt, signed_receipt
from etui.counterparts.pos.records import Payment
from etui.counterparts.pos.scenes import Meter, Order, Pump, Tariff, Window
from etui.counterparts.pos.settings_file import Settings, read_settings
from etui.counterparts.pos.settlement import Settlement
from etui.counterparts.pos.store import Store
from etui.counterparts.pos.terminal import TAP_S, PointOfSale
from etui.standards.money import minor_units

_MILLILITRES: Final = 1_000
_LITRES: Final = re.compile(r"([0-9]{1,6})(?:\.([0-9]{1,3}))?")
_minutes: Final = whole_number(0, 366 * 24 * 60)
_EPILOG = """\
Amounts are decimal numbers, 12.50; those that are not given are asked for. The file of settings is TOML: docs/pos.md
shows one, and says what the terminal takes, asks and declines. What it took without a line is told to the acquirer with
each start, and by "settle" until nothing is left. Exit codes: 0 paid or settled, 2 not paid or something is left to be
told, 1 for what keeps the terminal from its work.
"""


def main() -> int:
    """Does one scene; see ``_EPILOG`` for what it returns."""
    options = _options()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    try:
        if options.scene == "readers":
            return _readers()
        settings = read_settings(options.settings)
        signing = _signing(options, settings)
        with _alone(options.settings):
            return asyncio.run(_work(options, settings, signing))
    except (PosError, BooksError, IdentityError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
    except (OSError, SQLAlchemyError) as error:  # without its words: an address may be in it, with a password
        sys.stderr.write(f"it cannot begin: {getattr(error, 'strerror', None) or type(error).__name__}\n")
    except (EOFError, KeyboardInterrupt):
        sys.stderr.write("cancelled\n")
    return 1


@contextlib.contextmanager
def _alone(settings: Path) -> Iterator[None]:
    """While no other process is this terminal, of which a second one would take the first one's work for cut off."""
    with settings.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SettingsError(f"another process works by {settings} already") from None
        yield


def _signing(options: argparse.Namespace, settings: Settings) -> Identity | None:
    """By which identity the receipt is signed, if it is; raises ``IdentityError``, ``SettingsError``."""
    if options.receipt is None:
        return None
    if options.identity is None:
        raise SettingsError("who signs the receipt? --identity names the folder of the merchant's key and certificates")
    if options.receipt.exists():
        raise SettingsError(f"{options.receipt} is there already: name a new file for the receipt")
    identity, merchant = Identity.open(options.identity), settings.terminal.merchant
    if (signs := identity.certified.number) != merchant:
        raise SettingsError(f"{options.identity} is the merchant {signs}'s, and the terminal is {merchant}'s")
    return identity


async def _work(options: argparse.Namespace, settings: Settings, signing: Identity | None) -> int:
    engine = open_books(options.db)
    store = Store(engine, settings.terminal)
    line = Line(*options.acquirer, answer_s=options.answer_seconds)
    settlement = Settlement(store, line, settings.terminal)
    store.recover()
    terminal = PointOfSale(
        settings.terminal,
        settings.letters,
        reader=_reader(options),
        line=line,
        store=store,
        display=_Console(),
        tap_s=options.tap_seconds,
    )
    line.start()
    try:
        if options.scene == "settle":
            left = await settlement.once()
            sys.stdout.write(f"left to be told: {left}\n")
            return 2 if left else 0
        payment = await _SCENES[options.scene](options, terminal)
        await settlement.once()
        if payment is None:
            return 2
        paid = store.find(payment.key)
        sys.stdout.write(receipt(paid, settings.terminal, settings.letters))
        if signing is not None:
            _write(options.receipt, signed_receipt(paid, settings.letters, signing))
        return 0
    finally:
        terminal.close()
        await line.close()
        engine.dispose()


def _write(path: Path, token: str) -> None:
    """Writes a receipt into a new file; what was paid is paid, also where that fails."""
    try:
        with path.open("x", encoding="ascii") as file:
            file.write(f"{token}\n")
    except OSError as error:
        sys.stderr.write(f"it is paid, and {path} could not be written: {error.strerror}\n")


async def _till(options: argparse.Namespace, terminal: PointOfSale) -> Payment | None:
    return await terminal.pay(_minor(options.amount or _typed("Amount"), terminal), options.purpose)


async def _pump(options: argparse.Namespace, terminal: PointOfSale) -> Payment | None:
    pump = Pump(terminal, _minor(options.litre, terminal), _minor(options.most, terminal))
    given = None if options.litres is None else _millilitres(options.litres)

    async def readings() -> AsyncIterator[int]:
        yield _millilitres(await asyncio.to_thread(_typed, "Litres filled")) if given is None else given

    return await pump.serve(readings())


async def _drive_thru(options: argparse.Namespace, terminal: PointOfSale) -> Payment | None:
    said = options.said or _typed("Total at the speaker")
    served = options.amount or _typed("Total at the window")
    orders = [Order((("Order", _minor(total, terminal)),)) for total in (said, served)]
    return await Window(terminal).serve(*orders)


async def _meter(options: argparse.Namespace, terminal: PointOfSale) -> Payment | None:
    tariff = Tariff(
        step_minutes=options.step_minutes,
        step_minor=_minor(options.step, terminal),
        most_minutes=options.most_minutes,
        free_minutes=options.free_minutes,
    )
    ticket = await Meter(terminal, tariff).serve(_whole(options.minutes or _typed("Minutes")))
    return None if ticket is None else ticket.payment


_SCENES: Final[dict[str, Callable[[argparse.Namespace, PointOfSale], Coroutine[Any, Any, Payment | None]]]] = {
    "till": _till,
    "pump": _pump,
    "drive-thru": _drive_thru,
    "meter": _meter,
}


class _Console:
    """The terminal's display on a console."""

    def say(self, text: str) -> None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def agrees(self, question: str) -> bool:
        return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}


def _reader(options: argparse.Namespace) -> Reader:
    if options.scene == "settle":
        return CallableReader(lambda: None)
    if not options.reader:
        raise ReaderError("which reader? name it with --reader; the scene “readers” lists them")
    from etui.counterparts.pos.pcsc import PcscReader  # noqa: PLC0415  # only who taps needs pyscard

    return PcscReader(options.reader)


def _readers() -> int:
    from etui.counterparts.pos.pcsc import names  # noqa: PLC0415  # as above

    sys.stdout.writelines(f"{name}\n" for name in names())
    return 0


def _typed(what: str) -> str:
    return input(f"{what}: ").strip()


def _minor(text: str, terminal: PointOfSale) -> int:
    return minor_units(text, terminal.letters)


def _millilitres(text: str) -> int:
    if not (found := _LITRES.fullmatch(text)):
        raise SettingsError(f"“{text[:20]}” is no number of litres as 41.37")
    return int(found[1]) * _MILLILITRES + int((found[2] or "").ljust(3, "0"))


def _scene(
    scenes: argparse._SubParsersAction[argparse.ArgumentParser], name: str, does: str
) -> argparse.ArgumentParser:
    return scenes.add_parser(name, help=does, description=f"{does.capitalize()}.")


def _whole(text: str) -> int:
    try:
        return _minutes(text)
    except argparse.ArgumentTypeError as error:
        raise SettingsError(str(error)) from None


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m etui.counterparts.pos",
        description="Takes contactless cards, with and without a line to the acquirer.",
        epilog=_EPILOG,
    )
    scenes = parser.add_subparsers(dest="scene", required=True, metavar="SCENE")
    _scene(scenes, "readers", "list the readers that are there")
    settle = _scene(scenes, "settle", "tell the acquirer what it has not been told")
    till = _scene(scenes, "till", "take an amount")
    till.add_argument("amount", nargs="?", metavar="AMOUNT", help="what is to be paid, as 12.50")
    till.add_argument("--purpose", default="", metavar="TEXT", help="what it is for, on the receipt")
    pump = _scene(scenes, "pump", "hold an amount, fill, take what was filled")
    pump.add_argument("--litre", required=True, metavar="AMOUNT", help="what a litre costs")
    pump.add_argument("--most", required=True, metavar="AMOUNT", help="what is held")
    pump.add_argument("--litres", metavar="N", help="how many are filled, as 41.37")
    window = _scene(scenes, "drive-thru", "order at the speaker, pay at the window")
    window.add_argument("--said", metavar="AMOUNT", help="the total at the speaker")
    window.add_argument("amount", nargs="?", metavar="AMOUNT", help="the total at the window")
    meter = _scene(scenes, "meter", "pay for a time")
    meter.add_argument("minutes", nargs="?", metavar="MINUTES", help="for how long")
    meter.add_argument("--step", required=True, metavar="AMOUNT", help="what each begun step costs")
    meter.add_argument("--step-minutes", type=_minutes, default=15, metavar="N", help="of a step (%(default)s)")
    meter.add_argument("--most-minutes", type=_minutes, default=240, metavar="N", help="the longest time (%(default)s)")
    meter.add_argument("--free-minutes", type=_minutes, default=0, metavar="N", help="what is free (%(default)s)")
    for each in (till, pump, window, meter):
        each.add_argument("--receipt", type=Path, metavar="FILE", help="a new file for the signed receipt")
        each.add_argument("--identity", type=Path, metavar="FOLDER", help="who signs it: the merchant's, as a shop's")
    settle.set_defaults(receipt=None)
    for each in (settle, till, pump, window, meter):
        each.add_argument("--settings", required=True, type=Path, metavar="FILE", help="what the terminal is")
        each.add_argument("--db", required=True, metavar="URL", help="its books: sqlite:///PATH or postgresql://…")
        each.add_argument("--acquirer", required=True, type=address, metavar="HOST:PORT", help="its acquirer's host")
        answer = "for how long an answer is waited for (%(default)s)"
        each.add_argument("--answer-seconds", type=seconds, default=15.0, metavar="S", help=answer)
        each.add_argument("--reader", metavar="NAME", help="the card reader, by its whole name")
        tap = "for how long a card is waited for (%(default)s)"
        each.add_argument("--tap-seconds", type=seconds, default=TAP_S, metavar="S", help=tap)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
