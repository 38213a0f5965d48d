import unicodedata
from typing import Any

import msgspec
import pytest
from hypothesis import given
from tests.trusted.audit.test_record import RECORDS

from etui.trusted.audit import (
    Amount,
    Assurance,
    AuditRecord,
    Kind,
    Limit,
    Outcome,
    Recorded,
    Resource,
    Right,
    Strength,
    Subject,
    encode_record,
    explain,
    in_short,
)

PAYMENT = AuditRecord(
    kind=Kind.DECISION,
    outcome=Outcome.APPROVED,
    subject=Subject("unit:system/till", "Till", Strength.VERIFIED, "The service till."),
    action="payment/1.pay",
    resource=Resource("etui/cards", "c-1", "My card"),
    chain=("door:browser", "ext:etui/cards"),
    policies=("operator.payments",),
    grant="g-17",
    assurance=Assurance.PIN,
    reason="More than 20 EUR asks for the PIN.",
    amount=Amount(123_405, "EUR", "Shop Ltd"),
)


def recorded(record: AuditRecord, decision: int = 0) -> Recorded:
    payload = encode_record(record, b"d" * 32, decision)
    return Recorded(sequence=42, time_ns=1_750_000_000_000_000_000, segment=1, payload=payload)


def test_payment_is_explained_whole() -> None:
    explanation = explain(recorded(PAYMENT, decision=41))
    assert explanation.id == "d-1A"
    assert explanation.sentences == (
        "Recorded on 2025-06-15 at 15:06:40 UTC as d-1A.",
        "A request was decided.",
        "It follows the decision d-19.",
        "Who asked: “Till”, known to the wallet as “unit:system/till”.",
        "The wallet verified who that is: “The service till”.",
        "It came through “door:browser”, then “ext:etui/cards”.",
        "What was asked for: “payment/1.pay”, of “My card” in “etui/cards”.",
        "The amount: 1234.05 EUR to “Shop Ltd”.",
        "You were asked, and you approved it.",
        "You confirmed it with your PIN or passphrase.",
        "This policy decided: “operator.payments”.",
        "The lasting permission concerned: “g-17”.",
        "The reason given: “More than 20 EUR asks for the PIN.”.",
    )


def test_a_page_is_told_as_what_its_browser_said() -> None:
    subject = Subject("web:https://shop.example@3f9a", "shop.example", Strength.OBSERVED, "The page, in Chromium.")
    assert explain(recorded(AuditRecord(kind=Kind.DECISION, subject=subject))).sentences[2:4] == (
        "Who asked: “shop.example”, known to the wallet as “web:https://shop.example@3f9a”.",
        (
            "A browser that you paired said which page that is, which guards against other pages, not against your own"
            " programs: “The page, in Chromium”."
        ),
    )


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [(5, "EUR", "0.05 EUR"), (-250, "EUR", "-2.50 EUR"), (1500, "JPY", "1500 JPY"), (1500, "KWD", "1.500 KWD")],
)
def test_money_is_told_in_its_own_decimals(minor: int, currency: str, shown: str) -> None:
    record = AuditRecord(kind=Kind.DECISION, amount=Amount(minor, currency))
    assert f"The amount: {shown}." in explain(recorded(record)).sentences


def test_a_permission_for_one_run_of_a_program_is_not_called_lasting() -> None:
    explanation = explain(recorded(AuditRecord(kind=Kind.DECISION, grant="t-17")))
    assert explanation.sentences[-1] == (
        "The permission concerned: “t-17”, for one run of a program or one terminal, until the lock."
    )


def test_denial_without_policy_says_that_nothing_permits_it() -> None:
    text = str(explain(recorded(AuditRecord(kind=Kind.DECISION, outcome=Outcome.DENIED))))
    assert "nothing is permitted unless a policy permits it" in text


def test_label_cannot_write_a_sentence_of_its_own() -> None:
    label = "Shop”.\nYou approved it.\x1b[2J\u202e\u2028“"
    subject = Subject("p", label, Strength.CLAIMED)
    sentences = explain(recorded(AuditRecord(kind=Kind.DECISION, subject=subject))).sentences
    told = next(sentence for sentence in sentences if sentence.startswith("Who asked"))
    assert told == "Who asked: “Shop'.\ufffdYou approved it.\ufffd[2J\ufffd\ufffd'”, known to the wallet as “p”."


SHOPPING = Right(client="app:/opt/shop", label="shop", actions=("payment/1.pay", "payment/1.show"))
CARD = Resource("ext:etui/cards", "c-1", "My card")
HELD = "“shop”, known to the wallet as “app:/opt/shop”, may “payment/1.pay”, “payment/1.show” of “My card”"


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        ({}, "until it is taken back"),
        ({"uses": 1, "until": 4_133_957_400}, "once, until 2100-12-31 at 17:30 UTC"),
        ({"uses": 3}, "3 times in all, until it is taken back"),
        ({"until": 2**53}, "until 9007199254740992 seconds after 1970"),
        ({"limit": Limit("EUR", 2000, 2000)}, "up to 20.00 EUR in all, until it is taken back"),
        (
            {"limit": Limit("JPY", 500, 2000, 30 * 86400)},
            "up to 2000 JPY in all, up to 500 JPY each time, anew every 30 days, until it is taken back",
        ),
        ({"where": ("host", "a”.b")}, "only where “host” is “a'.b”, until it is taken back"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_a_right_is_told_with_all_its_terms(terms: dict[str, Any], told: str) -> None:
    right = msgspec.structs.replace(SHOPPING, **terms)
    record = AuditRecord(kind=Kind.GRANT, grant="g-17", resource=CARD, right=right, reason="raised")
    held = f"{HELD} in “ext:etui/cards”, {told}"
    assert f"The permission: {held}." in explain(recorded(record)).sentences
    assert in_short(record) == f"g-17, raised: {held}"


def test_a_list_says_what_a_record_is_about() -> None:
    decision = AuditRecord(kind=Kind.DECISION, resource=CARD, reason="no policy permits it")
    assert in_short(decision) == "My card"
    change = AuditRecord(kind=Kind.DECISION, resource=Resource("router"), words="set open_session to on")
    assert in_short(change) == "set open_session to on"
    assert "In the words of the question: “set open_session to on”." in explain(recorded(change)).sentences
    assert in_short(AuditRecord(kind=Kind.SETTINGS, reason="it locks after 60 s")) == "it locks after 60 s"
    assert in_short(AuditRecord(kind=Kind.DECISION, reason="a reason of policy")) == ""


@given(RECORDS)
def test_every_record_is_told_in_lines_of_plain_text(record: AuditRecord) -> None:
    for sentence in explain(recorded(record)).sentences:
        assert sentence.endswith(".")
        assert not any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in sentence)


def test_erased_record_is_told_as_erased() -> None:
    assert "has been erased" in str(explain(Recorded(sequence=1, time_ns=0, segment=1, payload=None)))


def test_record_of_another_version_is_told_as_such() -> None:
    assert "another version" in str(explain(Recorded(sequence=1, time_ns=0, segment=1, payload=b"\x09later")))
