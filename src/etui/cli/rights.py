"""``etui clients · grants · grant · amend · revoke``: who may do what."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from etui.cli.command import Arguments, Command, connect
from etui.cli.counts import read_count
from etui.cli.exits import CommandError, Exit
from etui.cli.moments import read_moment, read_span, span
from etui.cli.naming import item_to_name
from etui.cli.paging import clients, grants
from etui.interfaces import shell_1 as shell
from etui.interfaces import wallet_1 as wallet
from etui.standards.money import decimal_amount, full_amount, minor_units

if TYPE_CHECKING:
    import argparse

    from etui.cli.output import Output


def _clients_arguments(parser: argparse.ArgumentParser) -> None:
    text = "has this Client asked about again at once, where you refused it something"
    parser.add_argument("--ask-again", metavar="CLIENT", help=text)


def _clients(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        if arguments.ask_again is not None:
            return _ask_again(client.call(shell.AskAgain(client=arguments.ask_again)), arguments.ask_again, output)
        rows = clients(client)
    columns = (
        ("label", "NAME"),
        ("client", "CLIENT"),
        ("strength", "EVIDENCE"),
        ("since", "SINCE"),
        ("last", "LAST"),
        ("rights", "RIGHTS"),
        ("refused_until", "NOT ASKED UNTIL"),
    )
    output.rows(rows, columns, "No program has asked this wallet for anything yet.")
    return Exit.OK


def _ask_again(result: shell.AskAgainResult, name: str, output: Output) -> Exit:
    text = "You are asked about it again." if result.ended else f"{name} is asked about as it is; `etui clients` lists."
    output.value(result, text)
    return Exit.OK if result.ended else Exit.NOT_FOUND


def _grants_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--client", metavar="CLIENT", help="only those of this Client, as `etui clients` names it")


def _grants(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        rows = grants(client, arguments.client)
    columns = (
        ("grant", "GRANT"),
        ("label", "NAME"),
        (_may, "MAY"),
        ("what", "ON"),
        ("why", "BECAUSE"),
        ("since", "SINCE"),
        ("until", "UNTIL"),
        ("uses_left", "USES LEFT"),
        (_limit, "UP TO"),
    )
    output.rows(rows, columns, "Nobody has a lasting right.")
    return Exit.OK


def _may(grant: shell.GrantRow) -> str:
    """The one method, or how many of an interface."""
    first, *others = grant.action.split(", ")
    return f"{len(others) + 1} methods of {first.rpartition('.')[0]}" if others else first


def _limit(grant: shell.GrantRow) -> str:
    """The amount in all, for how long, how much of it at once, and what is left of it."""
    if grant.limit_minor is None or grant.left_minor is None:
        return ""
    currency = grant.currency or ""
    limit = full_amount(grant.limit_minor, currency) + (f" in {span(grant.period_s)}" if grant.period_s else "")
    each = grant.each_minor
    at_once = f", {decimal_amount(each, currency)} at once" if each is not None and each != grant.limit_minor else ""
    return f"{limit}{at_once}, {decimal_amount(grant.left_minor, currency)} left"


def _moment(text: str) -> int:
    return read_moment(text, time.time())


def _grant_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("client", metavar="CLIENT", help="as `etui clients` names it")
    parser.add_argument("action", metavar="ACTION", help="a method, as secret/1.read")
    parser.add_argument("--item", metavar="ITEM", help="a reference, or words that match exactly one; else all items")
    parser.add_argument("--only-for", metavar="VALUE", help="one host, payee or relying party alone; with --item")
    parser.add_argument("--uses", type=read_count, metavar="N", help="how often")
    parser.add_argument("--until", type=_moment, metavar="WHEN", help="30m, 2h, 7d, or a date as 2030-12-31")
    parser.add_argument("--currency", metavar="CODE", help="of ISO 4217, with --limit")
    parser.add_argument("--limit", metavar="AMOUNT", help="how much in all, as 20 or 19.90")
    parser.add_argument("--each", metavar="AMOUNT", help="how much at once; default: the limit")
    parser.add_argument(
        "--period", type=read_span, metavar="SPAN", help="the limit is anew each 1d, 1w, 30d from now on; else never"
    )


def _grant(arguments: Arguments, output: Output) -> Exit:
    if (arguments.limit is None) != (arguments.currency is None):
        raise CommandError("--limit and --currency belong together", Exit.USAGE)
    if arguments.limit is None and (arguments.each, arguments.period) != (None, None):
        raise CommandError("--each and --period go with --limit", Exit.USAGE)
    with connect() as client:
        item = item_to_name(client, arguments.item).item if arguments.item else None
        request = wallet.Grant(
            client=arguments.client,
            action=arguments.action,
            item=item,
            only_for=arguments.only_for,
            uses=arguments.uses,
            until=arguments.until,
            limit_minor=_minor_units(arguments.limit, arguments.currency),
            each_minor=_minor_units(arguments.each, arguments.currency),
            period_s=arguments.period,
            currency=arguments.currency,
        )
        result = client.call(request)
    output.value(result, f"Granted; `etui revoke {result.grant}` takes it back.")
    return Exit.OK


def _minor_units(amount: str | None, currency: str | None) -> int | None:
    if amount is None or currency is None:
        return None
    try:
        return minor_units(amount, currency)
    except ValueError as error:
        raise CommandError(str(error), Exit.USAGE) from None


def _amend_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("grant", metavar="GRANT", help="as `etui grants` names it")
    parser.add_argument("--uses", type=read_count, metavar="N", help="how often from now on")
    parser.add_argument("--until", type=_moment, metavar="WHEN", help="30m, 2h, 7d, or a date as 2030-12-31")
    parser.add_argument("--limit", metavar="AMOUNT", help="how much in all, in the right's currency, as 20 or 19.90")
    parser.add_argument("--each", metavar="AMOUNT", help="how much at once")


def _amend(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        currency = None
        if (arguments.limit, arguments.each) != (None, None):
            found = client.call(shell.Grants(grant=arguments.grant)).grants
            currency = next((row.currency for row in found), None)
            if currency is None:
                raise CommandError(f"no right {arguments.grant} with an amount is among `etui grants`", Exit.NOT_FOUND)
        request = wallet.Amend(
            grant=arguments.grant,
            until=arguments.until,
            uses_left=arguments.uses,
            limit_minor=_minor_units(arguments.limit, currency),
            each_minor=_minor_units(arguments.each, currency),
        )
        result = client.call(request)
    output.value(result, "Raised." if result.raised else "Lowered.")
    return Exit.OK


def _revoke_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("grant", nargs="?", metavar="GRANT", help="one right, as `etui grants` names it")
    what.add_argument("--client", metavar="CLIENT", help="all rights of a Client; references it was given end too")


def _revoke(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        result = client.call(wallet.Revoke(grant=arguments.grant, client=arguments.client))
    rights = "1 right was" if result.revoked == 1 else f"{result.revoked} rights were"
    text = f"{rights} taken back." if result.revoked else "There is no such right; `etui grants` lists those that last."
    output.value(result, text)
    return Exit.OK if result.revoked else Exit.NOT_FOUND


CLIENTS = Command(
    name="clients",
    help="list programs that asked for something, or may do it",
    text="Lists programs that asked for something, or may do it. What you refused is not put to you again at once:\n"
    "the same for the same program is refused without a question, for 10 seconds, and longer with each further no, up\n"
    "to half a day. A lock ends that, and so does --ask-again.",
    arguments=_clients_arguments,
    run=_clients,
    examples=(
        ("etui clients", "who has asked, and how well the wallet knows that"),
        ("etui clients --ask-again app:/usr/bin/mailer", "a no was a mistake: have it ask once more"),
    ),
)
GRANTS = Command(
    name="grants",
    help="list lasting rights",
    arguments=_grants_arguments,
    run=_grants,
    examples=(
        ("etui grants", "of every Client"),
        ("etui grants --client app:/usr/bin/mailer", "of one"),
    ),
)
GRANT = Command(
    name="grant",
    help="give a program a lasting right",
    text="Gives a lasting right. It widens what a program may do, so the Trusted Dialog asks.",
    arguments=_grant_arguments,
    run=_grant,
    examples=(
        ("etui grant app:/usr/bin/mailer secret/1.read --item mail", "one item, until it is taken back"),
        (
            "etui grant app:/usr/bin/deploy secret/1.fetch --item token --only-for api.example.org --uses 9",
            "nine requests to one host",
        ),
        ("etui grant app:/usr/bin/mailer secret/1.read --uses 3 --until 2h", "any item, three times, for two hours"),
        (
            (
                "etui grant app:/usr/bin/arcade payment/1.pay --item visa --only-for arcade.example"
                " --currency EUR --limit 20 --each 5 --period 30d"
            ),
            "pays one shop unasked: up to 5 euros at once, up to 20 in each 30 days",
        ),
    ),
)
AMEND = Command(
    name="amend",
    help="lower a lasting right at once, or have it raised",
    text="Changes a lasting right. What is lower than now is so at once, without a question; what is higher widens\n"
    "what a program may do, so the Trusted Dialog asks. What is not named stays as it is.",
    arguments=_amend_arguments,
    run=_amend,
    examples=(
        ("etui amend g-a200f674e250 --until 1h", "it ends sooner"),
        ("etui amend g-a200f674e250 --limit 10 --each 2.50", "less in all, and less each time"),
    ),
)
REVOKE = Command(
    name="revoke",
    help="take rights back, at once and without a question",
    text="Takes rights back, at once and without a question. What a program needs after that it has to ask for anew.",
    arguments=_revoke_arguments,
    run=_revoke,
    examples=(
        ("etui revoke g-a200f674e250", "one right of `etui grants`"),
        ("etui revoke --client app:/usr/bin/mailer", "all that a program has"),
    ),
)
