"""What leaves the wallet: a table in CSV, everything in JSON, a page to print in HTML.

Names and labels are strangers' text. CSV quotes every cell and has none that a spreadsheet takes for a formula; the
page has no script, loads nothing and escapes all; JSON is ASCII, so that nothing in it steers a terminal.

Source: RFC 4180; RFC 8259; OWASP, CSV Injection; W3C Content Security Policy Level 3.
"""

from __future__ import annotations

import csv
import io
import json
from html import escape
from typing import TYPE_CHECKING, Any, Final

from etui.extensions.receipts.looking import Altered, Looked
from etui.extensions.receipts.plain import cell, plain
from etui.extensions.receipts.totals import day_of, totals_of
from etui.standards.money import decimal_amount, full_amount
from etui.standards.payments import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etui.standards.payments import Amount

_COLUMNS: Final = (
    "date",
    "kind",
    "merchant",
    "name",
    "vouched for by",
    "amount",
    "currency",
    "tax",
    "tip",
    "lines",
    "receipt",
    "order",
    "of receipt",
    "card",
    "approval",
    "merchant's note",
    "note",
    "disputed",
    "decision",
)
_STYLE: Final = """\
body{font:11pt/1.4 sans-serif;color:#111;background:#fff;max-width:42em;margin:2em auto;padding:0 1em}
h1{font-size:1.5em}h2{font-size:1.1em;margin:0}section{border-top:1px solid #999;padding:.8em 0;break-inside:avoid}
table{border-collapse:collapse;width:100%}td,th{padding:.1em 0;text-align:left;vertical-align:top}
td.n,th.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}p{margin:.2em 0}
.doubt{border:2px solid #111;padding:.2em .5em;font-weight:bold}
@page{margin:18mm}@media print{body{max-width:none;margin:0;padding:0}}"""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def csv_of(receipts: Sequence[Looked]) -> str:
    """A row for each receipt, refunds with amounts below nothing; the first row says what stands in each column."""
    text = io.StringIO()
    rows = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    rows.writerow(_COLUMNS)
    rows.writerows(_row(one) for one in receipts)
    return text.getvalue()


def _row(one: Looked) -> list[str]:
    receipt, sign = one.receipt, -1 if one.receipt.kind is Kind.REFUND else 1
    lines = (f"{line.label} {decimal_amount(line.amount.minor, one.currency)}" for line in receipt.items)
    return [
        day_of(receipt.paid_at),
        receipt.kind.value,
        cell(one.entry.payee),
        cell(one.signed.merchant.name),
        cell(", ".join(one.kept.networks)),
        decimal_amount(one.change_minor, one.currency),
        one.currency,
        _decimal(receipt.tax, sign),
        _decimal(receipt.tip, sign),
        cell(" | ".join(lines)),
        cell(receipt.id),
        cell(one.entry.order),
        cell(receipt.of),
        cell(receipt.paid_by),
        cell(receipt.approval),
        cell(receipt.note),
        cell(one.remark.text if one.remark else ""),
        "yes" if one.remark and one.remark.dispute else "",
        cell(one.kept.decision),
    ]


def _decimal(amount: Amount | None, sign: int) -> str:
    return "" if amount is None else decimal_amount(sign * amount.minor, amount.currency)


def json_of(receipts: Sequence[Looked | Altered]) -> str:
    """Everything about each receipt, with what was signed; amounts in minor units."""
    return json.dumps({"receipts": [_members(one) for one in receipts]}, indent=1) + "\n"


def _members(one: Looked | Altered) -> dict[str, Any]:
    members: dict[str, Any] = {"state": "altered" if isinstance(one, Altered) else "verified"}
    if one.kept is not None:
        members |= {
            "networks": list(one.kept.networks),
            "filed_at": one.kept.filed_at,
            "filed_by": one.kept.filed_by,
            "decision": one.kept.decision or None,
            "token": one.kept.token,
        }
    if one.remark is not None:
        members["note"] = {"text": one.remark.text, "dispute": one.remark.dispute, "at": one.remark.at}
    if isinstance(one, Altered):
        return {**members, "label": one.entry.label, "reason": one.reason}
    receipt, merchant = one.receipt, one.signed.merchant
    return {
        "kind": receipt.kind.value,
        "id": receipt.id,
        "payee": merchant.host,
        "merchant": merchant.name,
        "acquirer": merchant.acquirer_name,
        "amount": receipt.total.minor,
        "currency": one.currency,
        "lines": [{"label": line.label, "amount": line.amount.minor} for line in receipt.items],
        "tax": None if receipt.tax is None else receipt.tax.minor,
        "tip": None if receipt.tip is None else receipt.tip.minor,
        "paid_at": receipt.paid_at,
        "approval": receipt.approval,
        "paid_by": receipt.paid_by,
        "merchant_note": receipt.note,
        "order": one.entry.order,
        "sale": receipt.of or None,
        **members,
    }


def html_of(receipts: Sequence[Looked | Altered]) -> str:
    """A page that prints well: what was paid in all, then each receipt."""
    sound = [one for one in receipts if isinstance(one, Looked)]
    sections = (_altered(one) if isinstance(one, Altered) else _section(one) for one in receipts)
    return "\n".join(
        (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            f"<title>Receipts</title>\n<style>\n{_STYLE}\n</style>\n</head>\n<body>\n<h1>Receipts</h1>",
            _sums(sound),
            *sections,
            "</body>\n</html>\n",
        )
    )


def _sums(receipts: Sequence[Looked]) -> str:
    sums: dict[tuple[str, bool], int] = {}
    for total in totals_of(receipts):
        key = (total.currency, total.vouched)
        sums[key] = sums.get(key, 0) + total.total
    said = {True: "", False: " by receipts for which nobody vouched"}
    lines = (f"<p>{_text(full_amount(sums[key], key[0]))}{said[key[1]]}</p>" for key in sorted(sums))
    return f"<p>{len(receipts)} receipts, refunds counted against sales:</p>\n" + "\n".join(lines)


def _section(one: Looked) -> str:
    receipt, merchant = one.receipt, one.signed.merchant
    title = "Refund by" if receipt.kind is Kind.REFUND else "Paid to"
    said = [f"{day_of(receipt.paid_at)}, receipt {receipt.id}, order {receipt.order}"]
    said += [f"Refund of receipt {receipt.of}"] if receipt.of else []
    said += [f"Card …{receipt.paid_by}"] if receipt.paid_by else []
    said += [f"Approval {receipt.approval}"] if receipt.approval else []
    said += [f"The merchant notes: {receipt.note}"] if receipt.note else []
    rows = [(line.label, line.amount) for line in receipt.items]
    rows += [(name, amount) for name, amount in (("Of that tax", receipt.tax), ("Of that tip", receipt.tip)) if amount]
    return "\n".join(
        (
            f"<section>\n<h2>{title} {_text(merchant.name)} ({_text(merchant.host)})</h2>",
            *(f"<p>{_text(line)}</p>" for line in said),
            _vouching(one),
            "<table>",
            *(f'<tr><td>{_text(label)}</td><td class="n">{_amount(amount)}</td></tr>' for label, amount in rows),
            f'<tr><th>Total</th><th class="n">{_text(full_amount(one.change_minor, one.currency))}</th></tr>',
            f"</table>\n{_remark(one)}</section>",
        )
    )


def _vouching(one: Looked) -> str:
    if one.kept.networks:
        return f"<p>{_text(one.signed.merchant.acquirer_name)} of {_text(', '.join(one.kept.networks))} vouched.</p>"
    return '<p class="doubt">Nobody vouched for this merchant: anybody could have signed this.</p>'


def _altered(one: Altered) -> str:
    doubt = f'<p class="doubt">Altered, and not to be relied on: {_text(one.reason)}.</p>'
    return f"<section>\n<h2>{_text(one.entry.label)}</h2>\n{doubt}\n{_remark(one)}</section>"


def _remark(one: Looked | Altered) -> str:
    if one.remark is None:
        return ""
    return f"<p>{'Disputed: ' if one.remark.dispute else 'Note: '}{_text(one.remark.text)}</p>\n"


def _amount(amount: Amount) -> str:
    return _text(full_amount(amount.minor, amount.currency))


def _text(text: str) -> str:
    """A text that means nothing to a browser, and orders nothing beside it anew."""
    return f"<bdi>{escape(plain(text))}</bdi>"
