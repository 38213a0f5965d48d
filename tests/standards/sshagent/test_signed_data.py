"""What is to be signed: a login, a message, or neither, and nothing between."""

from __future__ import annotations

from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.standards.sshagent.strategies import BYTES, TEXTS, public_blobs

from etui.standards.sshagent import (
    MessageHash,
    SshsigMessage,
    UserauthMethod,
    UserauthRequest,
    encode_signed_data,
    parse_signed_data,
    parse_signed_for,
    plain_key,
)
from etui.standards.sshagent.wire import string, text

ALGORITHMS: Final = [
    ("ssh-ed25519", ["ssh-ed25519"]),
    ("ecdsa-sha2-nistp384", ["ecdsa-sha2-nistp384"]),
    ("ssh-rsa", ["ssh-rsa", "rsa-sha2-256", "rsa-sha2-512"]),
    ("ssh-ed25519-cert-v01@openssh.com", ["ssh-ed25519-cert-v01@openssh.com"]),
    (
        "ssh-rsa-cert-v01@openssh.com",
        [
            "ssh-rsa-cert-v01@openssh.com",
            "rsa-sha2-256-cert-v01@openssh.com",
            "rsa-sha2-512-cert-v01@openssh.com",
        ],
    ),
    ("sk-ssh-ed25519@openssh.com", ["sk-ssh-ed25519@openssh.com"]),
    ("sk-ssh-ed25519-cert-v01@openssh.com", ["sk-ssh-ed25519-cert-v01@openssh.com"]),
    ("other@example.com", ["other@example.com"]),
]
"""Types of keys, and what a server may be told of each."""


@st.composite
def userauth_requests(draw: st.DrawFn) -> UserauthRequest:
    name, algorithms = draw(st.sampled_from(ALGORITHMS))
    method = draw(st.sampled_from(UserauthMethod))
    return UserauthRequest(
        session_id=draw(st.binary(min_size=1, max_size=128)),
        user=draw(TEXTS),
        service=draw(TEXTS),
        method=method,
        algorithm=draw(st.sampled_from(algorithms)),
        key=text(name) + draw(BYTES),
        host_key=draw(public_blobs()) if method is UserauthMethod.HOSTBOUND else None,
    )


@st.composite
def sshsig_messages(draw: st.DrawFn) -> SshsigMessage:
    algorithm = draw(st.sampled_from(MessageHash))
    size = 32 if algorithm is MessageHash.SHA256 else 64
    digest = draw(st.binary(min_size=size, max_size=size))
    return SshsigMessage(draw(TEXTS.filter(bool)), algorithm, digest, draw(BYTES))


KEY = text("ssh-ed25519") + string(bytes(32))
HOST_KEY = text("ecdsa-sha2-nistp256") + text("nistp256") + string(b"\4" * 65)
LOGIN = UserauthRequest(
    b"session", "me", "ssh-connection", UserauthMethod.HOSTBOUND, "ssh-ed25519", KEY, host_key=HOST_KEY
)
MESSAGE = SshsigMessage("git", MessageHash.SHA512, bytes(64))


@given(userauth_requests())
def test_a_login_comes_back(login: UserauthRequest) -> None:
    data = encode_signed_data(login)
    assert parse_signed_data(data, login.key) == login
    assert parse_signed_data(data, KEY + b"another") is None


@given(sshsig_messages(), st.binary(max_size=20))
def test_a_message_comes_back_whatever_key_signs_it(message: SshsigMessage, key: bytes) -> None:
    assert parse_signed_data(encode_signed_data(message), key) == message


@given(userauth_requests() | sshsig_messages(), st.data())
def test_what_is_cut_or_goes_on_is_neither(signed: UserauthRequest | SshsigMessage, data: st.DataObject) -> None:
    written = encode_signed_data(signed)
    key = signed.key if isinstance(signed, UserauthRequest) else KEY
    assert parse_signed_data(written[: data.draw(st.integers(0, len(written) - 1))], key) is None
    assert parse_signed_data(written + data.draw(st.binary(min_size=1, max_size=9)), key) is None


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda rest: b"SSHSIG" + rest), st.binary(max_size=50))
def test_whatever_the_bytes_are_nothing_is_raised_and_what_is_recognised_is_whole(data: bytes, key: bytes) -> None:
    signed = parse_signed_data(data, key)
    if signed is not None:
        assert encode_signed_data(signed) == data


@given(st.data())
def test_a_login_with_another_bit_is_another_login_or_none(data: st.DataObject) -> None:
    altered = bytearray(encode_signed_data(LOGIN))
    altered[data.draw(st.integers(0, len(altered) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert parse_signed_data(bytes(altered), KEY) != LOGIN


def written(  # noqa: PLR0913  # the fields of the message
    *,
    session_id: bytes = b"session",
    number: int = 50,
    user: bytes = b"me",
    method: str = "publickey",
    has_signature: int = 1,
    algorithm: str = "ssh-ed25519",
    host_key: bytes = b"",
) -> bytes:
    head = string(session_id) + bytes([number]) + string(user) + text("ssh-connection") + text(method)
    return head + bytes([has_signature]) + text(algorithm) + string(KEY) + host_key


def test_a_login_is_read_as_rfc_4252_says() -> None:
    # RFC 4252, section 7
    assert parse_signed_data(written(), KEY) == UserauthRequest(
        b"session", "me", "ssh-connection", UserauthMethod.PUBLICKEY, "ssh-ed25519", KEY
    )


@pytest.mark.parametrize(
    "data",
    [
        written(session_id=b""),
        written(session_id=bytes(129)),
        written(number=51),
        written(user=b"m\0e"),
        written(user=b"\xff"),
        written(method="hostbased"),
        written(method="publickey-hostbound-v00@openssh.com"),
        written(method="publickey-hostbound-v00@openssh.com", host_key=string(b"no key")),
        written(host_key=string(HOST_KEY)),
        written(has_signature=0),
        written(has_signature=2),
        written(algorithm="ssh-rsa"),
        written(algorithm="ssh-ed25519-cert-v01@openssh.com"),
        b"",
        b"SSHSIG",
        b"SSHSIG" + text("") + string(b"") + text("sha512") + string(bytes(64)),
        b"SSHSIG" + text("git") + string(b"") + text("sha1") + string(bytes(20)),
        b"SSHSIG" + text("git") + string(b"") + text("sha512") + string(bytes(32)),
        b"sshsig" + encode_signed_data(MESSAGE)[6:],
    ],
)
def test_what_is_nearly_one_is_neither(data: bytes) -> None:
    assert parse_signed_data(data, KEY) is None


@pytest.mark.parametrize(("name", "algorithms"), ALGORITHMS)
def test_a_server_is_told_an_algorithm_of_the_key(name: str, algorithms: list[str]) -> None:
    key = text(name) + b"anything"
    every = {algorithm for _, several in ALGORITHMS for algorithm in several}
    login = UserauthRequest(b"s", "me", "ssh-connection", UserauthMethod.PUBLICKEY, "", key)
    recognised = {
        algorithm
        for algorithm in every
        if parse_signed_data(encode_signed_data(msgspec.structs.replace(login, algorithm=algorithm)), key) is not None
    }
    assert recognised == set(algorithms)


def test_a_message_may_say_more_in_its_reserved_field() -> None:
    # OpenSSH's PROTOCOL.sshsig, section 3: to be passed over
    more = msgspec.structs.replace(MESSAGE, reserved=b"later")
    assert parse_signed_data(encode_signed_data(more), b"") == more


def test_a_digest_is_as_long_as_its_hash_makes_it() -> None:
    for name, size in (("sha256", 32), ("sha512", 64)):
        head = b"SSHSIG" + text("file") + string(b"") + text(name)
        assert parse_signed_data(head + string(bytes(size)), b"") == SshsigMessage(
            "file", MessageHash(name), bytes(size)
        )
        assert parse_signed_data(head + string(bytes(size - 1)), b"") is None


def test_a_login_by_a_certificate_is_one_for_the_certificate_alone() -> None:
    # OpenSSH's client asks the plain key to sign it, where an agent has both (sshconnect2.c, sign_and_send_pubkey).
    certificate = text("ssh-ed25519-cert-v01@openssh.com") + string(b"nonce") + string(bytes(32)) + b"and so on"
    login = msgspec.structs.replace(LOGIN, algorithm="ssh-ed25519-cert-v01@openssh.com", key=certificate)
    data = encode_signed_data(login)
    assert parse_signed_data(data, certificate) == login
    assert parse_signed_data(data, KEY) is None


def test_a_plain_key_may_sign_the_login_by_a_certificate_of_its_own_and_of_no_other_key() -> None:
    name = "ssh-ed25519-cert-v01@openssh.com"
    own = text(name) + string(b"nonce") + string(bytes(32)) + b"and so on"
    others = text(name) + string(b"nonce") + string(bytes(31) + b"\1") + b"and so on"
    login = msgspec.structs.replace(LOGIN, algorithm=name, key=own)
    assert parse_signed_for(encode_signed_data(login), KEY) == login
    assert parse_signed_for(encode_signed_data(LOGIN), KEY) == LOGIN
    assert parse_signed_for(encode_signed_data(MESSAGE), KEY) == MESSAGE
    another = msgspec.structs.replace(login, key=others)
    assert parse_signed_for(encode_signed_data(another), KEY) is None
    under_plain_name = msgspec.structs.replace(login, algorithm="ssh-ed25519")
    assert parse_signed_for(encode_signed_data(under_plain_name), KEY) is None


@given(st.binary(max_size=200) | userauth_requests().map(encode_signed_data), st.binary(max_size=50) | public_blobs())
def test_whatever_the_bytes_are_a_plain_key_signs_nothing_by_another_key(data: bytes, key: bytes) -> None:
    signed = parse_signed_for(data, key)
    if isinstance(signed, UserauthRequest):
        assert encode_signed_data(signed) == data
        assert plain_key(signed.key) == key or signed.key == key
