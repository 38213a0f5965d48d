import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.sealing import Secret
from etui.trusted.native.egress.content import coding_of, decode, result_of
from etui.trusted.native.egress.errors import OversizeError, UnreachableError
from etui.trusted.native.egress.masking import Mask
from etui.trusted.native.egress.targets import read_target

HOST = "api.example.org"
TARGET = read_target(f"https://{HOST}/")
MOST = 1 << 20


def raw_deflate(data: bytes) -> bytes:
    return zlib.compress(data, wbits=-15)


@given(st.binary(max_size=500))
def test_what_was_compressed_comes_back(data: bytes) -> None:
    for coding, body in (
        (b"gzip", gzip.compress(data)),
        (b"x-gzip", gzip.compress(data)),
        (b"deflate", zlib.compress(data)),
        (b"deflate", raw_deflate(data)),
        (b"identity", data),
        (b"", data),
    ):
        assert decode(coding, body, MOST, HOST) == data


def test_members_of_gzip_follow_each_other() -> None:
    assert decode(b"gzip", gzip.compress(b"one ") + gzip.compress(b"two"), MOST, HOST) == b"one two"


def test_a_body_that_unfolds_is_stopped_at_the_limit() -> None:
    bomb = gzip.compress(b"\0" * (256 << 20), 9)
    assert len(bomb) < MOST
    with pytest.raises(OversizeError, match="larger than"):
        decode(b"gzip", bomb, MOST, HOST)


def test_members_together_pass_no_limit() -> None:
    with pytest.raises(OversizeError):
        decode(b"gzip", gzip.compress(b"a" * 60) * 2, 100, HOST)
    assert len(decode(b"gzip", gzip.compress(b"a" * 50) * 2, 100, HOST)) == 100


@pytest.mark.parametrize("coding", [b"br", b"zstd", b"compress", b"gzip,gzip", b"gzip, br", b"\xff"])
def test_a_coding_in_which_no_echo_would_be_found_is_refused(coding: bytes) -> None:
    with pytest.raises(UnreachableError, match="not asked for"):
        decode(coding, b"body", MOST, HOST)


def test_codings_in_several_fields_are_one_list() -> None:
    assert coding_of([(b"Content-Encoding", b"GZIP"), (b"content-encoding", b"br")]) == b"gzip,br"


@given(st.binary(min_size=1, max_size=60))
def test_damaged_data_ends_in_a_sentence(data: bytes) -> None:
    for coding in (b"gzip", b"deflate"):
        try:
            decode(coding, data, MOST, HOST)
        except UnreachableError as error:
            assert "damaged" in error.message  # noqa: PT017  # random bytes may be sound


def test_a_body_cut_off_is_damaged() -> None:
    with pytest.raises(UnreachableError, match="damaged"):
        decode(b"gzip", gzip.compress(b"fares" * 100)[:-9], MOST, HOST)


def test_fields_of_the_connection_and_of_an_undone_coding_are_left_out() -> None:
    fields = (
        (b"Content-Encoding", b"gzip"),
        (b"Content-Length", b"20"),
        (b"Transfer-Encoding", b"chunked"),
        (b"Connection", b"close"),
        (b"X-Kept", b"\xc3\xbc"),
        (b"X-Latin", b"\xfc"),
    )
    result = result_of(TARGET, 200, fields, gzip.compress(b"fares"), Mask(), most=MOST)
    assert [(h.name, h.value) for h in result.headers] == [("X-Kept", "ü"), ("X-Latin", "ü")]
    assert result.body == b"fares"
    plain = result_of(TARGET, 200, fields[1:], b"fares", Mask(), most=MOST)
    assert [h.name for h in plain.headers] == ["Content-Length", "X-Kept", "X-Latin"]


@pytest.mark.attack(30)
def test_names_values_body_and_address_are_masked() -> None:
    secret = "s3cr3t-word"
    fields = ((b"X-S3CR3T-WORD", b"v"), (b"X-Echo", b"is s3cr3t-word."))
    target = read_target(f"https://{HOST}/?k={secret}")
    result = result_of(target, 200, fields, b"<s3cr3t-word>", Mask(Secret.from_text(secret)), most=MOST)
    assert [(h.name, h.value) for h in result.headers] == [("X-****", "v"), ("X-Echo", "is ****.")]
    assert (result.body, result.url) == (b"<****>", f"https://{HOST}/?k=****")


@pytest.mark.parametrize("status", [100, 199, 600, 999])
def test_a_status_that_is_none_is_no_answer(status: int) -> None:
    with pytest.raises(UnreachableError, match="status"):
        result_of(TARGET, status, (), b"", Mask(), most=MOST)
