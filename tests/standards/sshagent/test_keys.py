"""Public keys, private keys and certificates, beside what OpenSSH says of them."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import load_ssh_private_key
from hypothesis import given
from hypothesis import strategies as st
from tests.standards.sshagent.key_strategies import KEY_PAIRS, certificate_for
from tests.standards.sshagent.openssh import KINDS, key_file, ran

from etui.standards.sshagent import (
    FOREVER_S,
    MAX_MESSAGE_BYTES,
    Certificate,
    CertificateType,
    EcdsaKeyPair,
    Ed25519KeyPair,
    KeyPair,
    MalformedError,
    RsaKeyPair,
    SignatureError,
    SshAgentError,
    TooLargeError,
    UnsupportedKeyError,
    fingerprint,
    key_name,
    load_private_key,
    load_public_key,
    parse_certificate,
    plain_key,
    public_key_blob,
)
from etui.standards.sshagent.wire import mpint, string, text

# Of https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/githubs-ssh-key-fingerprints
GITHUB = base64.b64decode("AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl")
GITHUB_FINGERPRINT = "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"


def test_the_fingerprint_is_the_one_that_is_published() -> None:
    assert fingerprint(GITHUB) == GITHUB_FINGERPRINT
    assert key_name(GITHUB) == "ssh-ed25519"


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_and_its_certificate_are_told_as_openssh_tells_them(tmp_path: Path, kind: str) -> None:
    key = key_file(tmp_path, kind)
    said = ran("ssh-keygen", "-l", "-f", key.public_path)
    assert fingerprint(key.public) == said.split()[1]
    assert public_key_blob(load_public_key(key.public)) == key.public
    certificate = key_file(tmp_path, "ed25519", "ca").certify(key, "-I", "an id")
    assert ran("ssh-keygen", "-l", "-f", key.certificate_path).split()[1] == fingerprint(certificate)
    assert fingerprint(certificate) == fingerprint(key.public)
    assert plain_key(certificate) == key.public
    assert load_public_key(certificate) == load_public_key(key.public)


@pytest.mark.parametrize("authority", KINDS)
def test_a_certificate_of_openssh_is_read_whole(tmp_path: Path, authority: str) -> None:
    key, ca = key_file(tmp_path, "ecdsa-256", "key"), key_file(tmp_path, authority, "ca")
    blob = ca.certify(
        key, "-I", "an id", "-n", "me,you", "-z", "12345678901234567890", "-V", "20260102000000Z:20270102000000Z",
        "-O", "clear", "-O", "permit-pty", "-O", "force-command=/bin/true", "-O", "source-address=10.0.0.0/8",
    )  # fmt: skip
    assert parse_certificate(blob) == Certificate(
        name="ecdsa-sha2-nistp256-cert-v01@openssh.com",
        type=CertificateType.USER,
        serial=12345678901234567890,
        key_id="an id",
        principals=("me", "you"),
        valid_after_s=1767312000,
        valid_before_s=1798848000,
        critical_options=(("force-command", b"/bin/true"), ("source-address", b"10.0.0.0/8")),
        extensions=(("permit-pty", b""),),
        key=key.public,
        signature_key=ca.public,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_hosts_certificate_may_have_no_end_and_no_names(tmp_path: Path, kind: str) -> None:
    key, ca = key_file(tmp_path, kind, "key"), key_file(tmp_path, "ed25519", "ca")
    certificate = parse_certificate(ca.certify(key, "-h", "-I", "a host"))
    assert certificate.type is CertificateType.HOST
    assert certificate.principals == ()
    assert (certificate.valid_after_s, certificate.valid_before_s) == (0, FOREVER_S)


def test_a_certificate_that_was_altered_anywhere_is_refused(tmp_path: Path) -> None:
    key, ca = key_file(tmp_path, "ed25519", "key"), key_file(tmp_path, "ed25519", "ca")
    blob = ca.certify(key, "-I", "an id", "-n", "me")
    parse_certificate(blob)
    wrong = 0
    for at in range(len(blob)):
        altered = bytearray(blob)
        altered[at] ^= 1
        with pytest.raises(SshAgentError) as caught:
            parse_certificate(bytes(altered))
        wrong += isinstance(caught.value, SignatureError)
    assert wrong > len(blob) // 2, "most alterations leave it well formed"
    for at in range(len(blob)):
        with pytest.raises(MalformedError):
            parse_certificate(blob[:at])
    with pytest.raises(MalformedError):
        parse_certificate(blob + b"\0")


CA = Ed25519PrivateKey.from_private_bytes(bytes(32))
CA_BLOB = public_key_blob(CA.public_key())


def certified(*, principals: bytes = b"", options: bytes = b"", key_id: bytes = b"", kind: int = 1) -> bytes:
    """A certificate by hand, since the libraries do not write what is out of bounds."""
    body = (
        text("ssh-ed25519-cert-v01@openssh.com") + string(b"nonce") + string(GITHUB[-32:])
        + bytes(8) + kind.to_bytes(4, "big") + string(key_id) + string(principals) + bytes(8) + b"\xff" * 8
        + string(options) + string(b"") + string(b"") + string(CA_BLOB)
    )  # fmt: skip
    return body + string(text("ssh-ed25519") + string(CA.sign(body)))


def options(count: int) -> bytes:
    return b"".join(text(f"{number:04}@example.com") + string(b"") for number in range(count))


def test_a_certificate_has_256_principals_and_options_at_most() -> None:
    full = parse_certificate(certified(principals=text("x") * 256, options=options(256)))
    assert (len(full.principals), len(full.critical_options)) == (256, 256)
    with pytest.raises(TooLargeError, match="principals"):
        parse_certificate(certified(principals=text("x") * 257))
    with pytest.raises(TooLargeError, match="options"):
        parse_certificate(certified(options=options(257)))
    with pytest.raises(TooLargeError, match="bytes"):
        parse_certificate(certified(key_id=bytes(MAX_MESSAGE_BYTES)))


@pytest.mark.parametrize(
    "blob",
    [
        certified(principals=string(b"\xff")),
        certified(principals=string(b"a\0b")),
        certified(principals=string(b"a") + b"\0"),
        certified(options=string(b"\xff") + string(b"")),
        certified(options=text("b") + string(b"") + text("a") + string(b"")),
        certified(options=(text("a") + string(b"")) * 2),
        certified(kind=3),
    ],
)
def test_a_certificate_that_is_signed_though_it_is_malformed_is_refused(blob: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_certificate(blob)


def test_a_key_id_is_shown_as_far_as_it_can_be() -> None:
    assert parse_certificate(certified(key_id=b"cl\xe9\0")).key_id == "cl\ufffd\ufffd"


def test_a_certificate_with_a_signature_of_no_form_is_refused(tmp_path: Path) -> None:
    key, ca = key_file(tmp_path, "ed25519", "key"), key_file(tmp_path, "ecdsa-256", "ca")
    blob = ca.certify(key, "-I", "an id")
    at = blob.rindex(text("ecdsa-sha2-nistp256"))
    inner = text("ecdsa-sha2-nistp256") + string(b"no two numbers")
    with pytest.raises(MalformedError, match="a signature that is none"):
        parse_certificate(blob[: at - 4] + string(inner))


def test_a_plain_key_is_no_certificate() -> None:
    with pytest.raises(UnsupportedKeyError):
        parse_certificate(GITHUB)


def test_the_keys_of_security_keys_are_told_and_not_loaded() -> None:
    sk = text("sk-ssh-ed25519@openssh.com") + string(bytes(32)) + text("ssh:")
    certificate = (
        text("sk-ssh-ed25519-cert-v01@openssh.com") + string(b"nonce") + sk.removeprefix(text(key_name(sk))) + b"more"
    )
    assert plain_key(certificate) == sk
    assert fingerprint(certificate) == fingerprint(sk)
    for refused in (sk, certificate, text("ssh-dss") + mpint(b"\5") * 4, text("x") + b"anything"):
        with pytest.raises(UnsupportedKeyError):
            load_public_key(refused)
    with pytest.raises(UnsupportedKeyError):
        plain_key(text("ssh-dss-cert-v01@openssh.com") + string(b"nonce"))


def rsa(bits: int, *, exponent: bytes = b"\1\0\1") -> bytes:
    return text("ssh-rsa") + mpint(exponent) + mpint(((1 << bits) - 1).to_bytes((bits + 7) // 8, "big"))


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        GITHUB[:-1],
        GITHUB + b"\0",
        text("ssh-ed25519") + string(b""),
        text("ssh-rsa") + mpint(b"\1\0\1") + string(b"\0\0" + b"\xff" * 256),  # a zero that it does not need
        text("ssh-rsa") + mpint(b"\1\0\1") + string(b"\xff" * 256),
        text("ssh-rsa") + mpint(b"\2") + mpint(b"\xff" * 256),
        text("ecdsa-sha2-nistp256") + text("nistp384") + string(b"\4" * 65),
        text("ecdsa-sha2-nistp256") + text("nistp256") + string(b"\4" + b"\1" * 64),  # no point of the curve
        text("ecdsa-sha2-nistp256") + text("nistp256") + string(b"\2" + b"\1" * 32),
        text("ecdsa-sha2-nistp256") + text("nistp256") + string(b""),
        text("ssh-ed25519 ") + string(bytes(32)),
        text("ssh-ed25519") + string(bytes(10_000)),
        rsa(40_000),
    ],
)
def test_what_is_no_public_key_is_refused(blob: bytes) -> None:
    with pytest.raises(MalformedError):
        load_public_key(blob)


def test_rsa_has_1024_to_16384_bits() -> None:
    for bits in (1024, 16384):
        assert load_public_key(rsa(bits)) == RSAPublicNumbers(65537, (1 << bits) - 1).public_key()
    for bits in (1023, 16385):
        with pytest.raises(SshAgentError):
            load_public_key(rsa(bits))


@given(KEY_PAIRS, st.binary(max_size=9), st.binary(max_size=9))
def test_the_key_of_a_certificate_is_the_key(pair: KeyPair, nonce: bytes, rest: bytes) -> None:
    assert plain_key(certificate_for(pair, nonce, rest)) == pair.public_blob()


@given(st.binary(max_size=200) | KEY_PAIRS.map(lambda pair: pair.public_blob()))
def test_whatever_the_bytes_are_a_key_is_loaded_or_refused(blob: bytes) -> None:
    for read in (key_name, plain_key, fingerprint, load_public_key, parse_certificate):
        try:
            read(blob)
        except SshAgentError as error:
            assert re.fullmatch("malformed|unsupported_key|too_large", error.code)  # noqa: PT017


@given(KEY_PAIRS)
def test_a_private_key_that_is_not_that_of_its_public_key_is_refused(pair: KeyPair) -> None:
    with pytest.raises(SshAgentError):
        load_private_key(pair)


@pytest.mark.parametrize("field", ["p", "q", "iqmp", "d", "n"])
def test_an_rsa_key_with_a_number_of_another_is_refused(tmp_path: Path, field: str) -> None:
    pair = rsa_pair(tmp_path)
    assert public_key_blob(load_private_key(pair).public_key()) == pair.public_blob()
    number = getattr(pair, field)
    wrong = msgspec.structs.replace(pair, **{field: number[:-1] + bytes([number[-1] ^ 2])})
    with pytest.raises(SshAgentError):
        load_private_key(wrong)
    with pytest.raises(SshAgentError):
        load_private_key(msgspec.structs.replace(pair, p=b"\1"))


def rsa_pair(folder: Path) -> RsaKeyPair:
    key = load_ssh_private_key(key_file(folder, "rsa").path.read_bytes(), None)
    assert isinstance(key, RSAPrivateKey)
    numbers = key.private_numbers()
    public = numbers.public_numbers
    values = (public.n, public.e, numbers.d, numbers.iqmp, numbers.p, numbers.q)
    return RsaKeyPair(*(value.to_bytes((value.bit_length() + 7) // 8, "big") for value in values))


def test_an_rsa_key_to_sign_with_has_8192_bits_at_most() -> None:
    odd = bytes(range(1, 256, 2)) * 8
    with pytest.raises(UnsupportedKeyError, match="8200"):
        load_private_key(RsaKeyPair(b"\xff" + odd, b"\1\0\1", odd, odd, odd, odd))


def test_a_key_pair_says_which_type_it_is() -> None:
    assert Ed25519KeyPair(GITHUB[-32:], bytes(32)).public_blob() == GITHUB
    assert EcdsaKeyPair("ecdsa-sha2-nistp521", b"", b"").curve == "nistp521"
