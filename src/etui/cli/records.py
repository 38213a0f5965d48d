"""``etui audit list · audit verify · why``: what was asked for, and what was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etui.cli.command import Arguments, Command, connect, connected
from etui.cli.counts import read_count
from etui.cli.exits import Exit
from etui.cli.output import printable
from etui.cli.progress import seconds_passed
from etui.interfaces import shell_1 as shell
from etui.interfaces import wallet_1 as wallet

if TYPE_CHECKING:
    import argparse

    from etui.cli.output import Output

_LIMIT = 50


def _list_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--limit", type=read_count, default=_LIMIT, metavar="N", help=f"at most so many (default: {_LIMIT})"
    )
    parser.add_argument("--text", metavar="WORDS", help="only records that have all of these words")
    parser.add_argument("--before", metavar="ID", help="only records older than this one")


def _list(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        request = shell.Audit(limit=arguments.limit, text=arguments.text, before=arguments.before)
        records = client.call(request).records
    columns = (
        ("id", "ID"),
        ("at", "WHEN"),
        ("label", "WHO"),
        ("action", "ASKED FOR"),
        ("what", "OF"),
        ("outcome", "OUTCOME"),
        ("through", "THROUGH"),
    )
    output.rows(records, columns, "There is no such record.")
    return Exit.OK


def _verify(arguments: Arguments, output: Output) -> Exit:
    del arguments
    with seconds_passed("checking the audit; the Trusted Dialog may ask first"), connected() as client:
        verdict = client.call(wallet.Verify())
    erased = f"; what {verdict.erased} of them said has been erased by retention" if verdict.erased else ""
    whole = f"{verdict.records} records are whole and in order{erased}."
    lines = [whole if verdict.ok else "The audit is NOT as it was written."]
    short = verdict.summary or verdict.findings
    lines += [f"  {finding}" for finding in short]
    if len(short) < len(verdict.findings):
        lines.append("`etui audit verify --json` lists every finding.")
    if verdict.unconfirmed:
        lines.append(_doubt(verdict.unconfirmed))
    if len(verdict.remarks or ()) > bool(verdict.unconfirmed):
        lines.append("`etui audit verify --json` has every remark, as of crashes and of what was erased.")
    output.value(verdict, printable("\n".join([*lines, verdict.rollback])))
    return Exit.OK if verdict.ok else Exit.FAILED


def _doubt(records: int) -> str:
    """What there is to say of records that no checkpoint confirmed."""
    if records == 1:
        return "1 record is confirmed by no checkpoint: the wallet ended too early for one, or it was put in."
    return f"{records} records are confirmed by no checkpoint: the wallet ended too early for one, or they were put in."


def _why_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="of `etui audit`, or of a refusal")


def _why(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        explanation = client.call(wallet.Why(id=arguments.id))
    output.value(explanation, printable("\n".join(explanation.sentences)))
    return Exit.OK


LIST = Command(
    name="audit list",
    help="list what was asked for and decided, newest first",
    arguments=_list_arguments,
    run=_list,
    stands_for_group=True,
    examples=(
        ("etui audit", f"the last {_LIMIT}"),
        ("etui audit --text 'secret/1.read refused'", "which reads you refused"),
    ),
)
VERIFY = Command(
    name="audit verify",
    help="check that no record was changed or taken out",
    text="Checks the whole audit: that no record was changed, moved, taken out or put between others, and that\n"
    "nothing was erased but what the setting audit_days had erased. 1 is the exit status otherwise. Whoever writes\n"
    "to the files while the wallet is stopped can put records at the end: it is told how many no checkpoint\n"
    "confirms, and nothing of those that were put in with one.",
    run=_verify,
    examples=(
        ("etui audit verify", "what was found, in a sentence for each segment"),
        ("etui audit verify --json", "every finding, for a program"),
    ),
)
WHY = Command(
    name="why",
    help="explain a decision",
    text="Explains a decision: who asked, how well the wallet knows that, for what, and what decided it.",
    arguments=_why_arguments,
    run=_why,
    examples=(("etui why d-7K", "a record of `etui audit`"),),
)
