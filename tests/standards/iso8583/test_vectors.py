"""Messages that others published, in this dialect's encoding: their bitmaps are printed as hexadecimal digits."""

from __future__ import annotations

import pytest

from etui.standards.iso8583 import NetworkResponse, encode_message, pack, parse_message, unpack

# (where it stands, type, bitmaps, the rest as ASCII, the fields that are said to be in it)
PUBLISHED = [
    (
        "https://stackoverflow.com/questions/21282257, the question",
        "0800", "2020000000800000", "00000000000129110001",
        {"3": "000000", "11": "000001", "41": "29110001"},
    ),
    (
        "https://github.com/patrickaburu1/ISO8583-PACK-UNPACK, README.md",
        "0200", "3220000000808000", "000010000000001500120604120000000112340001840",
        {"3": "000010", "4": "000000001500", "7": "1206041200", "11": "000001", "41": "12340001", "49": "840"},
    ),
    (
        "https://stackoverflow.com/questions/11421574, a reply to a sign-on, in BCD and EBCDIC there",
        "0810", "82200000020000000400000000000000", "050113042700000500001",
        {"7": "0501130427", "11": "000005", "39": "00", "70": "001"},
    ),
    (
        "https://pyiso8583.readthedocs.io, how-to; without its field 12, which this dialect does not have",
        "0200", "4000000000000000", "161234567890123456",
        {"2": "1234567890123456"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("where", "mti", "bitmaps", "rest", "fields"), PUBLISHED, ids=[row[0] for row in PUBLISHED])
def test_published_message_reads_and_is_written_as_it_stands(
    where: str, mti: str, bitmaps: str, rest: str, fields: dict[str, str]
) -> None:
    message = mti.encode() + bytes.fromhex(bitmaps) + rest.encode()
    assert unpack(message) == (mti, fields), where
    assert pack(mti, fields) == message


def test_published_sign_on_reply_is_a_response_of_the_dialect() -> None:
    """https://stackoverflow.com/questions/11421574, as above."""
    message = b"0810" + bytes.fromhex("82200000020000000400000000000000") + b"050113042700000500001"
    value = NetworkResponse(transmitted="0501130427", stan="000005", response_code="00", information="001")
    assert parse_message(message) == value
    assert encode_message(value) == message
