"""Requests and replies: each comes back from its message, and whatever is no message is refused."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.standards.sshagent.key_strategies import certificate_for
from tests.standards.sshagent.strategies import REPLIES, REQUESTS

from etui.standards.sshagent import (
    MAX_IDENTITIES,
    MAX_MESSAGE_BYTES,
    AddIdentity,
    AddSmartcardKey,
    AddUnsupportedIdentity,
    AssociatedCertificates,
    Constraints,
    Destination,
    EcdsaKeyPair,
    Ed25519KeyPair,
    Hop,
    HostKey,
    Lock,
    MalformedError,
    OtherExtension,
    Query,
    RemoveSmartcardKey,
    Reply,
    Request,
    RequestIdentities,
    RsaKeyPair,
    SessionBind,
    SshAgentError,
    TooLargeError,
    UnknownConstraintError,
    UnknownMessageError,
    Unlock,
    encode_reply,
    encode_request,
    parse_reply,
    parse_request,
)
from etui.standards.sshagent.wire import string, text, uint32

KEY: Final = text("ssh-ed25519") + string(b"K" * 32)
PAIR: Final = Ed25519KeyPair(b"A" * 32, b"k" * 32)
CERTIFICATE: Final = "ssh-ed25519-cert-v01@openssh.com"
ADDED: Final = encode_request(AddIdentity(PAIR, ""))[1:]
"""A key without constraints, without its number."""


@given(REQUESTS)
def test_a_request_comes_back_from_its_message(request_: Request) -> None:
    assert parse_request(encode_request(request_)) == request_


@given(REPLIES)
def test_a_reply_comes_back_from_its_message(reply: Reply) -> None:
    assert parse_reply(encode_reply(reply)) == reply


NUMBERED: Final = st.builds(lambda number, rest: bytes([number]) + rest, st.integers(0, 30), st.binary(max_size=200))


@given(st.binary(max_size=200) | NUMBERED)
def test_whatever_the_bytes_are_the_end_is_a_value_or_an_error_of_ours(message: bytes) -> None:
    for parse, encode in ((parse_request, encode_request), (parse_reply, encode_reply)):
        try:
            value = parse(message)
        except SshAgentError as error:
            assert error.code in {"malformed", "too_large", "unknown_message", "unknown_constraint"}  # noqa: PT017
        else:
            assert parse(encode(value)) == value  # type: ignore[arg-type]  # the two of a pair


@given(REQUESTS, st.data())
def test_a_request_that_is_cut_or_goes_on_is_another_one_or_none(request_: Request, data: st.DataObject) -> None:
    message = encode_request(request_)
    cut = message[: data.draw(st.integers(0, len(message) - 1))]
    for altered in (cut, message + data.draw(st.binary(min_size=1, max_size=5))):
        try:
            assert parse_request(altered) != request_
        except SshAgentError:
            continue


# RFC 9987, section 8.1.1: reserved, private or the numbers of replies
@pytest.mark.parametrize("number", [0, 1, 5, 6, 9, 12, 14, 24, 28, 29, 30, 102, 240, 255])
def test_a_number_of_no_request_is_unknown(number: int) -> None:
    with pytest.raises(UnknownMessageError, match=str(number)):
        parse_request(bytes([number]))


def test_a_constrained_request_without_constraints_is_the_plain_one() -> None:
    # RFC 9987, section 5.2: both are valid and equivalent
    assert parse_request(b"\x19" + ADDED) == parse_request(b"\x11" + ADDED) == AddIdentity(PAIR, "")


def test_a_plain_request_has_no_constraints() -> None:
    with pytest.raises(MalformedError, match="1 follow"):
        parse_request(b"\x11" + ADDED + b"\x02")


@pytest.mark.parametrize(
    "constraint",
    [
        b"\x00",
        b"\x03" + uint32(5),  # SSH_AGENT_CONSTRAIN_MAXSIGN, which keys of type XMSS alone have
        b"\x02\x04",
        b"\xff" + text("sk-provider@openssh.com") + text("/x"),
        b"\xff" + text("other@example.com"),
        b"\xff" + text("associated-certs-v00@openssh.com") + b"\0" + string(b""),  # of a smart card's keys alone
    ],
)
def test_a_constraint_that_is_not_known_refuses_the_key(constraint: bytes) -> None:
    # RFC 9987, section 5.2.7
    with pytest.raises(UnknownConstraintError):
        parse_request(b"\x19" + ADDED + constraint)


@pytest.mark.parametrize("twice", [b"\x02", b"\x01" + uint32(9)])
def test_a_constraint_that_comes_twice_is_refused(twice: bytes) -> None:
    parse_request(b"\x19" + ADDED + twice)
    with pytest.raises(MalformedError, match="twice"):
        parse_request(b"\x19" + ADDED + twice + twice)


def hop(user: str = "", host: str = "", keys: bytes = b"", reserved: bytes = b"") -> bytes:
    return text(user) + text(host) + string(reserved) + keys


def restricted(origin: bytes, target: bytes, reserved: bytes = b"") -> bytes:
    destination = string(origin) + string(target) + string(reserved)
    return b"\xff" + text("restrict-destination-v00@openssh.com") + string(string(destination))


TRUSTED: Final = string(KEY) + b"\0"
TARGET: Final = hop("", "b", TRUSTED)


def test_a_destination_is_read_whole() -> None:
    request = parse_request(
        b"\x19" + ADDED + restricted(hop("", "a", TRUSTED + string(KEY) + b"\1"), hop("me", "b", TRUSTED))
    )
    assert isinstance(request, AddIdentity)
    assert request.constraints == Constraints(
        destinations=(
            Destination(Hop("a", (HostKey(KEY), HostKey(KEY, is_authority=True))), Hop("b", (HostKey(KEY),), "me")),
        )
    )


@pytest.mark.parametrize(
    "constraint",
    [
        restricted(hop("me"), TARGET),
        restricted(hop("", "a"), TARGET),
        restricted(hop("", "", TRUSTED), TARGET),
        restricted(hop(), hop("", "b")),
        restricted(hop(), hop("", "", TRUSTED)),
        restricted(hop(), TARGET, b"later"),
        restricted(hop(reserved=b"later"), TARGET),
        restricted(hop(), TARGET[:-1]),
        restricted(hop(), hop("", "b", string(b"") + b"\0")),
        b"\xff" + text("restrict-destination-v00@openssh.com") + string(b""),
    ],
)
def test_a_destination_that_says_too_little_or_too_much_is_refused(constraint: bytes) -> None:
    # OpenSSH's PROTOCOL.agent, section 2
    parse_request(b"\x19" + ADDED + restricted(hop(), TARGET))
    with pytest.raises(SshAgentError):
        parse_request(b"\x19" + ADDED + constraint)


def test_a_smart_cards_keys_come_with_certificates() -> None:
    certificates = AssociatedCertificates((KEY, KEY), only=True)
    constraints = Constraints(5, confirm=True, associated_certificates=certificates)
    request = AddSmartcardKey("/lib.so", b"1234", constraints)
    assert parse_request(encode_request(request)) == request


def test_lists_have_an_end_that_is_known() -> None:
    one = string(string(hop()) + string(TARGET) + string(b""))
    short = b"\xff" + text("restrict-destination-v00@openssh.com")
    parse_request(b"\x19" + ADDED + short + string(one * 1024))
    with pytest.raises(TooLargeError, match="1024"):
        parse_request(b"\x19" + ADDED + short + string(one * 1025))
    key = string(text("k")) + b"\0"
    parse_request(b"\x19" + ADDED + restricted(hop(), hop("", "b", key * 1024)))
    with pytest.raises(TooLargeError, match="1024"):
        parse_request(b"\x19" + ADDED + restricted(hop(), hop("", "b", key * 1025)))
    certificates = b"\xff" + text("associated-certs-v00@openssh.com") + b"\0"
    card = b"\x1a" + text("x") + text("y")
    parse_request(card + certificates + string(string(text("k")) * 1024))
    with pytest.raises(TooLargeError, match="1024"):
        parse_request(card + certificates + string(string(text("k")) * 1025))
    identity = string(text("k")) + string(b"")
    parse_reply(b"\x0c" + uint32(MAX_IDENTITIES) + identity * MAX_IDENTITIES)
    with pytest.raises(TooLargeError, match="2048"):
        parse_reply(b"\x0c" + uint32(MAX_IDENTITIES + 1) + identity * (MAX_IDENTITIES + 1))
    with pytest.raises(TooLargeError, match="1024"):
        parse_reply(b"\x1d" + text("query") + text("x") * 1025)
    with pytest.raises(TooLargeError):
        parse_request(b"\x16" + string(bytes(MAX_MESSAGE_BYTES)))
    with pytest.raises(TooLargeError):
        parse_reply(b"\x0e" + string(bytes(MAX_MESSAGE_BYTES)))


def test_a_key_of_another_type_is_kept_by_name_and_bytes() -> None:
    sk = parse_request(b"\x11" + text("sk-ssh-ed25519@openssh.com") + b"anything")
    assert sk == AddUnsupportedIdentity("sk-ssh-ed25519@openssh.com", b"anything")
    assert isinstance(sk, AddUnsupportedIdentity)
    assert sk.is_security_key
    other = parse_request(b"\x19" + text("ssh-ed448") + b"anything")
    assert other == AddUnsupportedIdentity("ssh-ed448", b"anything", constrained=True)
    assert isinstance(other, AddUnsupportedIdentity)
    assert not other.is_security_key


@pytest.mark.parametrize(
    "key",
    [
        text("ssh-ed25519") + string(b"A" * 32) + string(b"k" * 32 + b"B" * 32),
        text("ssh-ed25519") + string(b"A" * 31) + string(b"k" * 32 + b"A" * 31),
        text("ecdsa-sha2-nistp256") + text("nistp384") + string(b"\4" * 65) + string(b"d"),
        text("ecdsa-sha2-nistp256") + text("nistp256") + string(b"\2" * 65) + string(b"d"),
        text("ecdsa-sha2-nistp256") + text("nistp256") + string(b"\4" * 64) + string(b"d"),
        text("ecdsa-sha2-nistp256") + text("nistp256") + string(b"\4" * 65) + string(b""),
        text("ecdsa-sha2-nistp256") + text("nistp256") + string(b"\4" * 65) + string(b"d" * 33),
        text("ssh-rsa") + string(b"n") * 5 + string(b""),
        text("ssh-rsa") + string(b"n") * 5 + string(b"\x80"),
        text(CERTIFICATE)
        + string(text("ssh-ed448") + certificate_for(PAIR, b"", b"").removeprefix(text(CERTIFICATE)))
        + string(b"A" * 32)
        + string(b"k" * 32 + b"A" * 32),
        text(CERTIFICATE)
        + string(certificate_for(Ed25519KeyPair(b"B" * 32, b"k" * 32), b"", b""))
        + string(b"A" * 32)
        + string(b"k" * 32 + b"A" * 32),
    ],
)
def test_a_private_key_that_is_not_formed_as_one_is_refused_without_being_shown(key: bytes) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_request(b"\x11" + key + text("comment"))
    assert "kk" not in str(caught.value)


def test_a_session_is_bound_by_an_id_of_1_to_128_bytes() -> None:
    for length, taken in ((0, False), (1, True), (128, True), (129, False)):
        message = encode_request(SessionBind(KEY, bytes(length), b"", is_forwarding=False))
        if taken:
            parse_request(message)
        else:
            with pytest.raises(MalformedError, match="session id"):
                parse_request(message)


def test_a_query_says_nothing_more() -> None:
    with pytest.raises(MalformedError):
        parse_request(encode_request(Query()) + b"x")
    with pytest.raises(MalformedError):
        parse_request(encode_request(RequestIdentities()) + b"x")


def test_a_comment_in_another_encoding_is_shown_as_far_as_it_can_be() -> None:
    request = parse_request(b"\x11" + ADDED[:-4] + string("clé\0".encode("latin-1")))
    assert isinstance(request, AddIdentity)
    assert request.comment == "cl\ufffd\ufffd"


def test_a_file_name_with_nul_in_it_is_refused() -> None:
    with pytest.raises(MalformedError, match="NUL"):
        parse_request(b"\x15" + string(b"/lib\0.so") + string(b""))
    with pytest.raises(MalformedError, match="UTF-8"):
        parse_request(b"\x15" + string(b"/lib\xff.so") + string(b""))


SECRET: Final = b"hunter2-hunter2-hunter2-hunter2-"


@pytest.mark.parametrize(
    "value",
    [
        AddIdentity(Ed25519KeyPair(b"A" * 32, SECRET), "c"),
        AddIdentity(EcdsaKeyPair("ecdsa-sha2-nistp256", b"\4" * 65, SECRET), "c"),
        AddIdentity(RsaKeyPair(b"n", b"e", SECRET, SECRET, SECRET, SECRET), "c"),
        AddUnsupportedIdentity("ssh-dss", SECRET),
        AddSmartcardKey("token", SECRET),
        RemoveSmartcardKey("token", SECRET),
        Lock(SECRET),
        Unlock(SECRET),
        OtherExtension("x", SECRET),
    ],
)
def test_a_secret_is_not_shown(value: Request) -> None:
    for shown in (repr(value), str(value), f"{value}"):
        assert "hunter2" not in shown
        assert str(list(SECRET))[1:20] not in shown
