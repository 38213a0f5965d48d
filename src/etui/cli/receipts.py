"""``etui receipts list · add · show · note · totals · export · remove``: what merchants signed about what was paid."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from etui.cli.command import Arguments, Command, connect
from etui.cli.counts import read_count
from etui.cli.exits import CommandError, Exit
from etui.cli.files import check_free, read_file, whole_file
from etui.cli.moments import read_date
from etui.cli.naming import item_to_name, named
from etui.cli.output import Column, moment, printable, single_line
from etui.cli.typed import confirmed
from etui.interfaces import receipt_1 as receipt
from etui.standards.money import decimal_amount, full_amount

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from etui.cli.output import Output

_KINDS: Final = ("receipt",)
_FORMATS: Final = ("csv", "json", "html")
_ALL: Final = "all"


def _receipt_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("receipt", metavar="RECEIPT", help="a reference, or words that match exactly one receipt")


def _span_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--payee", metavar="HOST", help="only those of this merchant")
    parser.add_argument("--since", type=read_date, metavar="DATE", help="only what was paid then or later")
    parser.add_argument("--until", type=read_date, metavar="DATE", help="only what was paid before then")


def _list_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--text", metavar="WORDS", help="only those with all of these words: merchant, lines, notes")
    _span_arguments(parser)
    parser.add_argument("--order", metavar="ORDER", help="only those of one payment, as `etui payments show` names it")
    parser.add_argument("--limit", type=read_count, metavar="N", help="at most so many")
    parser.add_argument("--references", action="store_true", help="with each receipt's reference, which is long")


def _list(arguments: Arguments, output: Output) -> Exit:
    request = receipt.Find(
        text=arguments.text,
        order=arguments.order,
        payee=arguments.payee,
        since=arguments.since,
        until=arguments.until,
        limit=arguments.limit,
    )
    with connect() as client:
        found = client.call(request).receipts
    columns: list[Column] = [
        ("created", "PAID"),
        ("label", "RECEIPT"),
        (lambda item: item.attributes.get("number", ""), "NUMBER"),
    ]
    columns += [("item", "REFERENCE")] if arguments.references else []
    told = {arguments.text, arguments.payee, arguments.since, arguments.until, arguments.order}
    output.rows(found, columns, "There are no receipts." if told == {None} else "There are no such receipts.")
    return Exit.OK


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="what a merchant signed, one receipt")


def _add(arguments: Arguments, output: Output) -> Exit:
    token = read_file(arguments.file).decode("utf-8", "replace").strip()
    with connect() as client:
        kept = client.call(receipt.File(receipt=token)).receipt
    output.value({"receipt": kept.item, "label": kept.label}, f"{named(kept)} is kept.")
    return Exit.OK


def _show(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        item = item_to_name(client, arguments.receipt, _KINDS)
        shown = client.call(receipt.Show(receipt=item.item))
    output.value(shown, "\n".join(map(single_line, _lines(shown))))
    return Exit.OK if shown.state == "verified" else Exit.FAILED


def _lines(shown: receipt.ShowResult) -> list[str]:
    """A receipt for people."""
    noted = [f"{'Disputed' if shown.note.dispute else 'Your note'}: {shown.note.text}"] if shown.note else []
    if shown.state == "altered":
        return [f"ALTERED: this is not what the merchant signed: {shown.reason or 'nobody knows what it was'}.", *noted]
    currency = shown.currency or ""

    def money(minor: int | None) -> str:
        return full_amount(minor or 0, currency)

    title = "Refund of" if shown.kind == "refund" else "Paid"
    lines = [f"{title} {money(shown.amount)}: {shown.merchant} ({shown.payee}), on {moment(shown.paid_at or 0)}"]
    lines += [f"  {line.label}: {money(line.amount)}" for line in shown.lines]
    lines += [f"  Of that tax: {money(shown.tax)}"] if shown.tax is not None else []
    lines += [f"  Of that tip: {money(shown.tip)}"] if shown.tip is not None else []
    if shown.networks:
        lines.append(
            f"Verified: signed by the merchant, for whom {shown.acquirer} of {', '.join(shown.networks)} vouched"
        )
    else:
        lines.append("The signature holds, but nobody vouched for who signed it: it may be anybody")
    lines.append(f"Receipt {shown.id}, order {shown.order}")
    lines += [f"Card …{shown.paid_by}, approval {shown.approval or '-'}"] if shown.paid_by else []
    lines += [f"The merchant notes: {shown.merchant_note}"] if shown.merchant_note else []
    if shown.kind == "refund":
        here = "which is here" if shown.sale_found else "which is not here, or not of the same merchant"
        lines.append(f"It is to the receipt {shown.sale or 'of its order'}, {here}")
    lines += [f"Given back: {money(one.amount)} on {moment(one.paid_at)}, receipt {one.id}" for one in shown.refunds]
    lines += [f"Given back in all: {money(shown.refunded)} of {money(shown.amount)}"] if shown.refunds else []
    lines.append(f"Filed by {shown.filed_by or 'nobody known'} on {moment(shown.filed_at)}")
    lines += [f"`etui why {shown.decision}` tells why it could be paid, says who filed it"] if shown.decision else []
    return [*lines, *noted]


def _note_arguments(parser: argparse.ArgumentParser) -> None:
    _receipt_argument(parser)
    parser.add_argument("text", metavar="TEXT", help="in the place of the note before; '' takes that away")
    parser.add_argument("--dispute", action="store_true", help="mark that you do not agree with the receipt")


def _note(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        item = item_to_name(client, arguments.receipt, _KINDS)
        client.call(receipt.Note(receipt=item.item, text=arguments.text, dispute=arguments.dispute or None))
    if arguments.dispute:
        text = f"{named(item)} is marked as disputed."
    else:
        text = f"Noted on {named(item)}." if arguments.text else f"{named(item)} has no note now."
    output.value({"receipt": item.item}, text)
    return Exit.OK


def _totals_arguments(parser: argparse.ArgumentParser) -> None:
    _span_arguments(parser)
    parser.add_argument(
        "--by", choices=("month", "shop", _ALL), default=_ALL, help="a row for each month, each shop, or both (default)"
    )


class _Sum(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the totals, amounts in minor units; empty where rows are of all months, or of all shops."""

    month: str
    payee: str
    currency: str
    vouched: bool
    count: int
    sales: int
    refunds: int
    total: int


def _totals(arguments: Arguments, output: Output) -> Exit:
    request = receipt.Totals(payee=arguments.payee, since=arguments.since, until=arguments.until)
    with connect() as client:
        told = client.call(request)
    rows = _added_up(told.totals, arguments.by)
    columns: dict[str, Column] = {"month": ("month", "MONTH"), "shop": ("payee", "SHOP")}
    chosen = [column for by, column in columns.items() if arguments.by in {by, _ALL}]
    amounts: list[Column] = [(lambda row: decimal_amount(row.total, row.currency), "TOTAL"), ("currency", "CURRENCY")]
    amounts += [(lambda row: decimal_amount(row.sales, row.currency), "PAID")]
    amounts += [(lambda row: decimal_amount(row.refunds, row.currency), "GIVEN BACK")]
    output.rows(rows, [*chosen, *amounts, ("count", "RECEIPTS"), ("vouched", "VOUCHED FOR")], "There are no receipts.")
    _say_left_out(told.left_out, output)
    return Exit.OK


def _added_up(totals: Iterable[receipt.Total], by: str) -> list[_Sum]:
    sums: dict[tuple[str, str, str, bool], _Sum] = {}
    for one in totals:
        month, payee = one.month if by != "shop" else "", one.payee if by != "month" else ""
        key = (month, payee, one.currency, one.vouched)
        before = sums.get(key)
        sums[key] = _Sum(
            month=month,
            payee=payee,
            currency=one.currency,
            vouched=one.vouched,
            count=one.count + (before.count if before else 0),
            sales=one.sales + (before.sales if before else 0),
            refunds=one.refunds + (before.refunds if before else 0),
            total=one.total + (before.total if before else 0),
        )
    return list(sums.values())


def _counted(count: int) -> str:
    return "1 receipt is" if count == 1 else f"{count} receipts are"


def _say_left_out(count: int, output: Output) -> None:
    if count:
        output.note(f"etui: {_counted(count)} altered and not among these; `etui receipts show` says of each")


def _export_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("format", choices=_FORMATS, help="a table, everything for a program, or a page to print")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="a new file (default: standard output)")
    _span_arguments(parser)


def _export(arguments: Arguments, output: Output) -> Exit:
    if arguments.output is not None:
        check_free(arguments.output)
    request = receipt.Export(
        format=arguments.format, payee=arguments.payee, since=arguments.since, until=arguments.until
    )
    with connect() as client:
        told = client.call(request)
    if arguments.output is None:
        output.value(told, told.text if arguments.format == "csv" else printable(told.text))
    else:
        with whole_file(arguments.output) as file:
            file.write(told.text.encode())
        value = {"file": str(arguments.output), "count": told.count, "left_out": told.left_out}
        output.value(value, single_line(f"{_counted(told.count)} in {arguments.output}."))
    if arguments.format == "csv":
        _say_left_out(told.left_out, output)
    return Exit.OK


def _remove_arguments(parser: argparse.ArgumentParser) -> None:
    _receipt_argument(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask at the terminal")


def _remove(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        item = item_to_name(client, arguments.receipt, _KINDS)
    if not arguments.yes and not confirmed(f"This deletes the receipt {named(item)} and its note. Delete it?"):
        raise CommandError("nothing was deleted", Exit.DENIED)
    with connect() as client:
        client.call(receipt.Remove(receipt=item.item))
    output.value({"deleted": item.item}, f"Deleted {named(item)}.")
    return Exit.OK


LIST = Command(
    name="receipts list",
    help="list receipts, the latest first",
    arguments=_list_arguments,
    run=_list,
    stands_for_group=True,
    examples=(
        ("etui receipts", "all"),
        ("etui receipts list --text book --since 2030-12-01", "those with “book” in them, from December on"),
    ),
)
ADD = Command(
    name="receipts add",
    help="keep a receipt that a terminal or shop gave as a file",
    text="Keeps a receipt that a merchant signed, once; what is none, or was changed, is refused. `etui pay` keeps\n"
    "its own. A terminal's names the tap that it is of.",
    arguments=_add_arguments,
    run=_add,
    examples=(("etui receipts add pump.jws", "as the pump signed it"),),
)
SHOW = Command(
    name="receipts show",
    help="show a receipt, and whether the merchant signed it so",
    text="Shows a receipt: lines, tax, tip, what was given back, who vouches for the merchant. Its signature is\n"
    "looked at each time; 1 is the exit status of one that was altered.",
    arguments=_receipt_argument,
    run=_show,
    examples=(("etui receipts show r-1", "by the merchant's number, or other words that match one"),),
)
NOTE = Command(
    name="receipts note",
    help="write a note on a receipt, or dispute it",
    arguments=_note_arguments,
    run=_note,
    examples=(
        ("etui receipts note r-1 'for work'", "in the place of the note before"),
        ("etui receipts note r-1 'never came' --dispute", "that you do not agree with it"),
    ),
)
TOTALS = Command(
    name="receipts totals",
    help="add up what you paid, by month and shop",
    text="Adds up receipts by month (of UTC), merchant and currency; what was given back counts against it. Those for\n"
    "whose merchant nobody vouched have rows of their own.",
    arguments=_totals_arguments,
    run=_totals,
    examples=(("etui receipts totals --by month", "what was spent in each month"),),
)
EXPORT = Command(
    name="receipts export",
    help="write receipts as CSV, JSON or a page to print",
    text="Writes receipts as a table that no spreadsheet takes for formulas, as JSON with what was signed, or as an\n"
    "HTML page that prints well and has no script.",
    arguments=_export_arguments,
    run=_export,
    examples=(
        ("etui receipts export csv -o receipts.csv --since 2030-01-01 --until 2031-01-01", "a year of them"),
        ("etui receipts export html -o receipts.html", "to print from a browser"),
    ),
)
REMOVE = Command(
    name="receipts remove",
    help="delete a receipt",
    arguments=_remove_arguments,
    run=_remove,
    examples=(("etui receipts remove r-1", "asks first, here and in the Trusted Dialog"),),
)
