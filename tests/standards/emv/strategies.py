"""Values of the room as Hypothesis draws them."""

from __future__ import annotations

from hypothesis import strategies as st

from etui.standards import emv

_BYTE = st.integers(0, 255)
_LABELS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=16)
_LANGUAGES = st.lists(st.sampled_from(["en", "nl", "de", "fr"]), max_size=4).map(tuple)
_OTHERS = st.lists(
    st.builds(emv.primitive, st.sampled_from([0x9F6E, 0x9F5D, 0xDF01]), st.binary(max_size=8)), max_size=3
).map(tuple)
_RULES = st.builds(emv.CvmRule, st.integers(0, 0x3F), _BYTE, or_next=st.booleans())
_ENTRIES = st.lists(
    st.builds(emv.Entry, st.sampled_from(sorted(emv.ELEMENTS)), st.integers(0, 8)),
    max_size=8,
    unique_by=lambda entry: entry.tag,
).map(tuple)


def _range(sfi: int, first: int, more: int, authenticated: int) -> emv.RecordRange:
    last = min(255, first + more)
    return emv.RecordRange(sfi, first, last, min(authenticated, last - first + 1))


ranges = st.lists(
    st.builds(_range, st.integers(1, 30), st.integers(1, 255), _BYTE, _BYTE), min_size=1, max_size=63
).map(tuple)
cvm_lists = st.builds(
    emv.CvmList,
    st.lists(_RULES, min_size=1, max_size=20).map(tuple),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
)
cvm_results = st.builds(emv.CvmResults, _RULES, _BYTE)
checks = st.lists(st.sampled_from(list(emv.Checks))).map(lambda some: emv.Checks(sum(set(some))))
results = st.builds(
    emv.CardVerificationResults,
    st.sampled_from(emv.CryptogramType),
    st.sampled_from([None, emv.CryptogramType.AAC, emv.CryptogramType.TC]),
    checks,
    st.integers(0, 15),
    st.integers(0, 15),
)
application_data = st.builds(
    emv.IssuerApplicationData,
    _BYTE,
    results,
    st.integers(0, 0xFFFF),
    st.integers(0, 2**48 - 1),
    st.binary(min_size=15, max_size=15),
)
status_updates = st.builds(
    emv.CardStatusUpdate,
    st.lists(st.sampled_from(list(emv.Update))).map(lambda some: emv.Update(sum(set(some)))),
    st.sampled_from(emv.Counters),
    st.integers(0, 15),
    _BYTE,
)
applications = st.builds(
    emv.Application,
    st.binary(min_size=5, max_size=16),
    _LABELS,
    st.integers(0, 15),
    st.booleans(),
    st.binary(max_size=8),
    st.binary(max_size=16),
    _OTHERS,
)
proximity_directories = st.lists(applications, min_size=1, max_size=4).map(tuple).map(emv.ProximityDirectory)
payment_directories = st.builds(emv.PaymentDirectory, st.integers(1, 10), _LANGUAGES, st.integers(0, 10))
application_informations = st.builds(
    emv.ApplicationInformation,
    st.binary(min_size=5, max_size=16),
    _LABELS,
    st.integers(0, 15),
    st.booleans(),
    _ENTRIES,
    _LANGUAGES,
    st.integers(0, 10),
    st.binary(max_size=16),
    _OTHERS,
)
processing_options = st.builds(emv.ProcessingOptions, st.integers(0, 0xFFFF).map(emv.Aip), ranges, _OTHERS)
_proofs = st.one_of(
    st.tuples(st.binary(min_size=8, max_size=8), st.just(b"")),
    st.tuples(st.just(b""), st.binary(min_size=64, max_size=200)),
)
_informations = _BYTE.filter(lambda byte: byte < 0xC0)


def _answer(
    information: int, atc: int, proof: tuple[bytes, bytes], data: bytes, others: tuple[emv.DataObject, ...]
) -> emv.CryptogramAnswer:
    return emv.CryptogramAnswer(information, atc, proof[0], data, proof[1], others)


cryptogram_answers = st.builds(_answer, _informations, st.integers(0, 0xFFFF), _proofs, st.binary(max_size=32), _OTHERS)
