import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.trusted.audit import (
    Amount,
    Assurance,
    AuditRecord,
    AuditRecordError,
    Filed,
    Kind,
    Limit,
    Outcome,
    RecordTemplate,
    Resource,
    Right,
    Strength,
    Subject,
    decode_record,
    encode_record,
)

TEXTS = st.text(max_size=30)
COUNTS = st.integers(0, 2**53)
RIGHTS = st.builds(
    Right,
    client=TEXTS,
    label=TEXTS,
    actions=st.lists(TEXTS, max_size=3).map(tuple),
    until=COUNTS,
    uses=COUNTS,
    limit=st.none() | st.builds(Limit, TEXTS, COUNTS, COUNTS, COUNTS),
    where=st.none() | st.tuples(TEXTS, TEXTS),
)
RECORDS = st.builds(
    AuditRecord,
    kind=st.sampled_from(Kind),
    outcome=st.none() | st.sampled_from(Outcome),
    subject=st.none() | st.builds(Subject, TEXTS, TEXTS, st.sampled_from(Strength), TEXTS),
    action=TEXTS,
    resource=st.none() | st.builds(Resource, TEXTS, TEXTS, TEXTS),
    chain=st.lists(TEXTS, max_size=3).map(tuple),
    policies=st.lists(TEXTS, max_size=3).map(tuple),
    grant=TEXTS,
    assurance=st.sampled_from(Assurance),
    reason=TEXTS,
    amount=st.none() | st.builds(Amount, st.integers(-(2**53), 2**53), TEXTS, TEXTS),
    words=TEXTS,
    right=st.none() | RIGHTS,
)


@given(RECORDS, st.binary(min_size=32, max_size=32).filter(any), st.integers(0, 2**64 - 1))
def test_record_is_read_as_it_was_encoded(record: AuditRecord, digest: bytes, decision: int) -> None:
    assert decode_record(encode_record(record, digest, decision)) == Filed(record, digest, decision)


def test_record_without_request_has_no_digest() -> None:
    assert decode_record(encode_record(AuditRecord(kind=Kind.LOCK))) == Filed(AuditRecord(kind=Kind.LOCK))


def test_template_gives_the_same_bytes_as_encoding_anew() -> None:
    record = AuditRecord(kind=Kind.DECISION, outcome=Outcome.ALLOWED, action="secret/1.read")
    assert RecordTemplate(record).encode(b"d" * 32, 7) == encode_record(record, b"d" * 32, 7)


def test_a_record_from_before_rights_and_words_is_read_without_them() -> None:
    older = msgspec.msgpack.encode(msgspec.to_builtins(AuditRecord(kind=Kind.GRANT, grant="g-17"))[:11])
    filed = decode_record(b"\x01" + bytes(40) + older)
    assert (filed.record.grant, filed.record.words, filed.record.right) == ("g-17", "", None)


def test_digest_of_another_length_is_refused() -> None:
    with pytest.raises(AuditRecordError):
        encode_record(AuditRecord(kind=Kind.LOCK), b"short")


@given(st.binary(max_size=120) | st.binary(max_size=60).map(lambda tail: b"\x01" + bytes(40) + tail))
def test_any_bytes_are_a_record_or_refused(payload: bytes) -> None:
    try:
        filed = decode_record(payload)
    except AuditRecordError:
        return
    assert isinstance(filed, Filed)
