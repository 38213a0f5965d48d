"""Why: a record in plain sentences, for ``etui why ID``.

Names and labels come from programs, shops and Extensions. They are shown in quotation marks, on one line, without
characters that change how a terminal or a line of text is shown, so that none of them can write a sentence of its own.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, tzinfo
from typing import Final

import msgspec

from etui.standards.money import decimal_amount, full_amount
from etui.standards.spans import span
from etui.trusted.audit.errors import AuditRecordError
from etui.trusted.audit.identifiers import decision_id
from etui.trusted.audit.reader import Recorded
from etui.trusted.audit.record import (
    Amount,
    Assurance,
    AuditRecord,
    Filed,
    Kind,
    Limit,
    Outcome,
    Resource,
    Right,
    Strength,
    Subject,
    decode_record,
)

_NS: Final = 1_000_000_000
_UNSHOWN: Final = "\N{REPLACEMENT CHARACTER}"
_QUOTES: Final = str.maketrans("“”„‟«»", "''''''")

_PASSING: Final = "t-"
"""How the id of a permission begins that nobody keeps: it is for one run of a program or one terminal."""

_KINDS: Final = {
    Kind.DECISION: "A request was decided.",
    Kind.ANSWER: "A request was answered.",
    Kind.REGISTRATION: "An Extension registered or changed its registration.",
    Kind.GRANT: "A lasting permission was given, changed or withdrawn.",
    Kind.LOCK: "The wallet was locked.",
    Kind.UNLOCK: "The wallet was unlocked, or somebody tried to.",
    Kind.ERROR: "Something went wrong.",
    Kind.SETTINGS: "A setting was changed.",
    Kind.ERASED: "Old records were erased.",
    Kind.REPORT: "A program reported something: what follows is its word, and the wallet saw nothing of it.",
}
_OUTCOMES: Final = {
    Outcome.ALLOWED: "It was allowed, without asking you.",
    Outcome.APPROVED: "You were asked, and you approved it.",
    Outcome.REFUSED: "You were asked, and you refused it.",
    Outcome.DISMISSED: "You were asked, and the question was closed without an answer: it was not done then.",
    Outcome.DENIED: "It was denied, without asking you.",
    Outcome.FAILED: "It was allowed, and then it failed.",
    Outcome.DONE: "It was done.",
}
_SAY_IN_REASON: Final = {Kind.GRANT, Kind.SETTINGS, Kind.REPORT}
"""The kinds of records that say in their reason what they are about, and not why something was decided."""
_STRENGTHS: Final = {
    Strength.VERIFIED: "The wallet verified who that is",
    Strength.OBSERVED: "The wallet observed which program that is, which guards against mistakes, not attacks",
    Strength.CLAIMED: "That is only what it said of itself",
}
_PAGE: Final = "web:"
"""How the name of a page begins."""
_PAGE_STRENGTH: Final = (
    "A browser that you paired said which page that is, which guards against other pages, not against your own programs"
)
_ASSURANCES: Final = {
    Assurance.CONSENT: "You confirmed it in the Trusted Dialog.",
    Assurance.FINGERPRINT: "You confirmed it with a finger: fprintd of this machine vouched for that, not the wallet.",
    Assurance.PIN: "You confirmed it with your PIN or passphrase.",
}


class Explanation(msgspec.Struct, frozen=True):
    """What there is to say about a record."""

    id: str
    sentences: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.sentences)


def explain(recorded: Recorded, *, zone: tzinfo = UTC) -> Explanation:
    """A record in sentences: when, who, what, through whom, the decision and what decided it.

    ``zone``: the time zone in which the time is told. A record that was erased, or that is of a later version, is told
    as such.
    """
    when = datetime.fromtimestamp(recorded.time_ns // _NS, tz=zone).strftime("%Y-%m-%d at %H:%M:%S %Z").strip()
    sentences = [f"Recorded on {when} as {decision_id(recorded.sequence)}."]
    if recorded.payload is None:
        sentences.append("What it said has been erased, since it was older than records are kept.")
    else:
        try:
            sentences += _tell(decode_record(recorded.payload), zone)
        except AuditRecordError:
            sentences.append("It was written by another version of the wallet, which can explain it.")
    return Explanation(decision_id(recorded.sequence), tuple(sentences))


def in_short(record: AuditRecord, *, zone: tzinfo = UTC) -> str:
    """What a record is about, on one line of a list; empty where it says nothing of that.

    ``zone``: as ``explain``.
    """
    label = record.resource.label if record.resource is not None else ""
    if record.right is not None:
        how = f"{record.reason}: " if record.reason else ""
        return _plain(f"{record.grant}, {how}") + _tell_right(record.right, record.resource, zone)
    if record.words:
        return f"{record.words}: {label}" if label and label not in record.words else record.words
    return label or (record.reason if record.kind in _SAY_IN_REASON else "")


def _tell(filed: Filed, zone: tzinfo) -> list[str]:
    record = filed.record
    sentences = [_KINDS[record.kind]]
    if filed.decision:
        sentences.append(f"It follows the decision {decision_id(filed.decision)}.")
    sentences += _tell_request(record)
    if record.right is not None:
        sentences.append(f"The permission: {_tell_right(record.right, record.resource, zone)}.")
    if record.outcome is not None:
        sentences.append(_OUTCOMES[record.outcome])
    if record.outcome is Outcome.APPROVED and record.assurance is not Assurance.NONE:
        sentences.append(_ASSURANCES[record.assurance])
    if record.policies:
        names = ", ".join(_quoted(name) for name in record.policies)
        sentences.append(f"{'This policy' if len(record.policies) == 1 else 'These policies'} decided: {names}.")
    elif record.outcome is Outcome.DENIED:
        sentences.append("No policy permits it, and nothing is permitted unless a policy permits it.")
    if record.grant:
        sentences.append(_tell_grant(record.grant))
    if record.reason:
        told = "What it reported" if record.kind is Kind.REPORT else "The reason given"
        sentences.append(f"{told}: {_quoted(record.reason)}.")
    return sentences


def _tell_grant(grant: str) -> str:
    if grant.startswith(_PASSING):
        return f"The permission concerned: {_quoted(grant)}, for one run of a program or one terminal, until the lock."
    return f"The lasting permission concerned: {_quoted(grant)}."


def _tell_right(right: Right, resource: Resource | None, zone: tzinfo) -> str:
    name = _quoted(right.label or right.client)
    known = f", known to the wallet as {_quoted(right.client)}," if right.label not in {"", right.client} else ""
    actions = ", ".join(_quoted(action) for action in right.actions)
    of = f" of {_named(resource)}" if resource is not None else ""
    only = f", only where {_quoted(right.where[0])} is {_quoted(right.where[1])}" if right.where is not None else ""
    terms = "".join(f", {term}" for term in _terms(right, zone))
    return f"{name}{known} may {actions}{of}{only}{terms}"


def _terms(right: Right, zone: tzinfo) -> list[str]:
    """How far a right goes: how often, up to how much, until when."""
    terms = [f"{right.uses} times in all" if right.uses > 1 else "once"] if right.uses > 0 else []
    if right.limit is not None:
        terms += _amounts(right.limit)
    return [*terms, f"until {_moment(right.until, zone)}" if right.until else "until it is taken back"]


def _amounts(limit: Limit) -> list[str]:
    total, each = (_plain(full_amount(minor, limit.currency)) for minor in (limit.total_minor, limit.each_minor))
    terms = [f"up to {total} in all"]
    if limit.each_minor != limit.total_minor:
        terms.append(f"up to {each} each time")
    if limit.period_s > 0:
        terms.append(f"anew every {span(limit.period_s)}")
    return terms


def _moment(seconds: int, zone: tzinfo) -> str:
    """A moment to the minute; as it is where no calendar goes so far."""
    try:
        return datetime.fromtimestamp(seconds, tz=zone).strftime("%Y-%m-%d at %H:%M %Z").strip()
    except (ValueError, OverflowError, OSError):
        return f"{seconds} seconds after 1970"


def _tell_request(record: AuditRecord) -> list[str]:
    sentences = []
    if record.subject is not None:
        sentences += _tell_subject(record.subject, "Who reported it" if record.kind is Kind.REPORT else "Who asked")
    if record.chain:
        sentences.append(f"It came through {', then '.join(_quoted(member) for member in record.chain)}.")
    if record.action:
        of = f", of {_named(record.resource)}" if record.resource else ""
        sentences.append(f"What was asked for: {_quoted(record.action)}{of}.")
    elif record.resource is not None:
        sentences.append(f"What is concerned: {_named(record.resource)}.")
    if record.words:
        sentences.append(f"In the words of the question: {_quoted(record.words)}.")
    if record.amount is not None:
        sentences.append(f"The amount: {_money(record.amount)}.")
    return sentences


def _tell_subject(subject: Subject, role: str) -> list[str]:
    name = _quoted(subject.label or subject.principal)
    known = f", known to the wallet as {_quoted(subject.principal)}" if subject.label else ""
    evidence = f": {_quoted(subject.evidence.removesuffix('.'))}" if subject.evidence else ""
    strength = _PAGE_STRENGTH if subject.principal.startswith(_PAGE) else _STRENGTHS[subject.strength]
    return [f"{role}: {name}{known}.", f"{strength}{evidence}."]


def _named(resource: Resource) -> str:
    item = resource.label or resource.item
    return f"{_quoted(item)} in {_quoted(resource.extension)}" if item else _quoted(resource.extension)


def _money(amount: Amount) -> str:
    payee = f" to {_quoted(amount.payee)}" if amount.payee else ""
    return f"{decimal_amount(amount.minor, amount.currency)} {_plain(amount.currency)}{payee}"


def _quoted(text: str) -> str:
    return f"“{_plain(text)}”"


def _plain(text: str) -> str:
    """``text`` on one line, without control, format and unassigned characters and without our quotation marks."""
    shown = (character if _is_shown(character) else _UNSHOWN for character in unicodedata.normalize("NFC", text))
    return "".join(shown).translate(_QUOTES)


def _is_shown(character: str) -> bool:
    category = unicodedata.category(character)
    return not category.startswith("C") and category not in {"Zl", "Zp"}
