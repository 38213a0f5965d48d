"""Buys permits to park, at the price that is asked, and shows or cancels those that it bought."""

import argparse
import sys
import time

import parking_1 as parking
from msgspec import json

from etui.sdk import Client, ConnectionLost, RemoteError


def buy(wallet: Client, zone: str, plate: str, minutes: int) -> str:
    quote = wallet.call(parking.Quote(zone=zone, minutes=minutes))
    request = parking.Buy(zone=zone, plate=plate, minutes=minutes, amount=quote.amount, currency=quote.currency)
    permit = wallet.call(request).permit
    return f"{permit.item}\n{quote.amount / 100:.2f} {quote.currency}, {show(wallet, permit.item)}"


def month(wallet: Client, zone: str, plate: str) -> str:
    quote = wallet.call(parking.Quote(zone=zone, minutes=30 * 24 * 60))
    request = parking.BuyMonth(zone=zone, plate=plate, amount=quote.amount, currency=quote.currency)
    permit = wallet.call(request).permit
    return f"{permit.item}\n{quote.amount / 100:.2f} {quote.currency}, {show(wallet, permit.item)}"


def show(wallet: Client, reference: str) -> str:
    shown = wallet.call(parking.Show(permit=reference))
    until = time.strftime("%Y-%m-%d %H:%M", time.localtime(shown.until))
    return f"{shown.plate} in zone {shown.zone} until {until}, code {shown.code.decode()}"


def mine(wallet: Client) -> str:
    found = wallet.call(parking.Find(), quiet=True).permits
    return "\n".join(f"{permit.item}\n{show(wallet, permit.item)}" for permit in found) or "no permit"


def cancel(wallet: Client, reference: str) -> str:
    back = wallet.call(parking.Cancel(permit=reference))
    return f"{back.amount / 100:.2f} {back.currency} paid back"


def wait(wallet: Client) -> str:
    wallet.events([f"{parking.INTERFACE}.ended"])
    print("waiting", flush=True)
    event = wallet.next_event()
    permit = event.item.label if event.item else "a permit"
    return f"{permit} was cancelled" if json.decode(event.data)["cancelled"] else f"{permit} is over"


def command_line() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="meter.py", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for do, text in ((buy, "buy a permit, and show it"), (month, "buy a permit for a month, and show it")):
        buying = commands.add_parser(do.__name__, help=text)
        buying.add_argument("zone")
        buying.add_argument("plate")
        if do is buy:
            buying.add_argument("minutes", type=int)
        buying.set_defaults(do=do)
    commands.add_parser("mine", help="show the permits that were bought here").set_defaults(do=mine)
    commands.add_parser("wait", help="wait until one of them ends").set_defaults(do=wait)
    for do, text in ((show, "show one permit"), (cancel, "cancel one permit")):
        named = commands.add_parser(do.__name__, help=text)
        named.add_argument("reference")
        named.set_defaults(do=do)
    return parser


if __name__ == "__main__":
    wanted = vars(command_line().parse_args())
    do = wanted.pop("do")
    try:
        with Client.connect(name="org.example.meter") as wallet:
            print(do(wallet, **wanted))
    except (RemoteError, ConnectionLost) as error:
        sys.exit(f"meter: {error.code.name.lower()}: {error}")
