"""The SSH agent's protocol: messages of programs and of agents, and the keys, certificates and files with them."""

from __future__ import annotations

import base64
import contextlib
import random
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import SSHCertificateBuilder, SSHCertificateType
from tests.fuzz.mutating import cut, cut_out, double, flip, insert, mutated, raw

from etui.standards.sshagent import (
    RSA_SHA2_256,
    AddIdentity,
    AddSmartcardKey,
    AddUnsupportedIdentity,
    AssociatedCertificates,
    Constraints,
    Destination,
    EcdsaKeyPair,
    Ed25519KeyPair,
    ExtensionFailure,
    ExtensionResponse,
    Failure,
    Hop,
    HostKey,
    IdentitiesAnswer,
    Identity,
    Lock,
    MessageHash,
    MessageReader,
    OtherExtension,
    Query,
    QueryAnswer,
    RemoveAllIdentities,
    RemoveIdentity,
    RemoveSmartcardKey,
    Request,
    RequestIdentities,
    RsaKeyPair,
    SessionBind,
    Signature,
    SignatureAlgorithm,
    SignRequest,
    SignResponse,
    SshAgentError,
    SshsigMessage,
    Success,
    Unlock,
    UserauthMethod,
    UserauthRequest,
    encode_reply,
    encode_request,
    encode_session_bind,
    encode_signature,
    encode_signed_data,
    fingerprint,
    frame,
    load_private_key,
    load_public_key,
    parse_certificate,
    parse_known_hosts,
    parse_reply,
    parse_request,
    parse_session_bind,
    parse_signed_data,
    parse_signed_for,
    plain_key,
    public_key_blob,
    verify_session_bind,
    verify_signature,
)

_KEY: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
_BLOB: Final = public_key_blob(_KEY.public_key())
_PAIR: Final = Ed25519KeyPair(_BLOB[-32:], bytes(range(32)))
_ECDSA: Final = EcdsaKeyPair("ecdsa-sha2-nistp256", b"\4" + bytes(range(64)), b"\7" * 32)
_RSA: Final = RsaKeyPair(b"\xfe" * 128, b"\1\0\1", b"\xfc" * 128, b"\7" * 64, b"\xf1" * 64, b"\xe1" * 64)
_DATA: Final = b"a session id of 32 bytes, or data"
_SIGNATURE: Final = encode_signature(Signature(SignatureAlgorithm.ED25519, _KEY.sign(_DATA)))
_CERTIFICATE: Final = base64.b64decode(
    SSHCertificateBuilder()
    .public_key(_KEY.public_key())
    .serial(7)
    .type(SSHCertificateType.USER)
    .key_id(b"an id")
    .valid_principals([b"me", b"you"])
    .valid_after(0)
    .valid_before(2**64 - 1)
    .add_critical_option(b"force-command", b"/bin/true")
    .add_extension(b"permit-pty", b"")
    .sign(_KEY)
    .public_bytes()
    .split(b" ")[1]
)
_LOGIN: Final = UserauthRequest(_DATA, "me", "ssh-connection", UserauthMethod.PUBLICKEY, "ssh-ed25519", _BLOB)
_HOSTBOUND: Final = msgspec.structs.replace(_LOGIN, method=UserauthMethod.HOSTBOUND, host_key=_BLOB)
_CERTIFIED: Final = msgspec.structs.replace(_LOGIN, algorithm="ssh-ed25519-cert-v01@openssh.com", key=_CERTIFICATE)
_HOP: Final = Hop("host.example", (HostKey(_BLOB), HostKey(_BLOB, is_authority=True)), "me")
_CONSTRAINTS: Final = Constraints(
    60, confirm=True, destinations=(Destination(Hop(), _HOP), Destination(Hop("a", _HOP.host_keys), _HOP))
)
_SIGNED: Final = (_LOGIN, _HOSTBOUND, _CERTIFIED, SshsigMessage("git", MessageHash.SHA512, bytes(64)))
_REQUESTS: Final[tuple[Request, ...]] = (
    RequestIdentities(),
    SignRequest(_BLOB, encode_signed_data(_HOSTBOUND), RSA_SHA2_256),
    AddIdentity(_PAIR, "a key"),
    AddIdentity(_PAIR, "a key", _CERTIFICATE, _CONSTRAINTS),
    AddIdentity(_ECDSA, "é", constraints=_CONSTRAINTS),
    AddIdentity(_RSA, "", constraints=Constraints(1)),
    AddUnsupportedIdentity("sk-ssh-ed25519@openssh.com", bytes(80), constrained=True),
    RemoveIdentity(_BLOB),
    RemoveAllIdentities(),
    AddSmartcardKey("/lib.so", b"1234", Constraints(associated_certificates=AssociatedCertificates((_CERTIFICATE,)))),
    RemoveSmartcardKey("/lib.so", b"1234"),
    Lock(b"passphrase"),
    Unlock(b"passphrase"),
    SessionBind(_BLOB, _DATA, _SIGNATURE, is_forwarding=True),
    Query(),
    OtherExtension("other@example.com", b"anything"),
)
_REPLIES: Final = (
    Success(),
    Failure(),
    ExtensionFailure(),
    IdentitiesAnswer((Identity(_BLOB, "a key"), Identity(_CERTIFICATE, "é"))),
    SignResponse(_SIGNATURE),
    QueryAnswer(("query", "session-bind@openssh.com")),
    ExtensionResponse("other@example.com", b"anything"),
)
_LINE: Final = f" ssh-ed25519 {base64.b64encode(_BLOB).decode()} a comment\n"
_HOSTS: Final = (
    f"a.example,*.b,!c.b{_LINE}|1|{'A' * 27}=|{'A' * 27}={_LINE}@revoked *{_LINE}@cert-authority *.d{_LINE}#"
)


def _stream(data: bytes) -> None:
    """Messages in a stream, in two pieces, each read as a program's."""
    reader, half = MessageReader(), len(data) // 2
    for message in (*reader.feed(data[:half]), *reader.feed(data[half:])):
        _request(message)


def _request(data: bytes) -> None:
    request = parse_request(data)
    assert parse_request(encode_request(request)) == request
    assert repr(request)
    match request:
        case SignRequest():
            _signed(request.data, request.key)
        case AddIdentity():
            load_private_key(request.key_pair)
        case SessionBind():
            assert parse_session_bind(encode_session_bind(request)) == request
            verify_session_bind(request)


def _reply(data: bytes) -> None:
    reply = parse_reply(data)
    assert parse_reply(encode_reply(reply)) == reply


def _signed_data(data: bytes) -> None:
    _signed(data, _BLOB)


def _signed(data: bytes, key: bytes) -> None:
    for parse in (parse_signed_data, parse_signed_for):
        _told_whole(parse(data, key), data)


def _told_whole(signed: UserauthRequest | SshsigMessage | None, data: bytes) -> None:
    assert signed is None or encode_signed_data(signed) == data, "more, or less, than was recognised"


def _key(data: bytes) -> None:
    assert fingerprint(data) == fingerprint(plain_key(data))
    assert public_key_blob(load_public_key(data)) == plain_key(data)


def _certificate(data: bytes) -> None:
    parse_certificate(data)
    assert data == _CERTIFICATE, "a certificate that its authority has not signed"


def _signature(data: bytes) -> None:
    verify_signature(_BLOB, data, _DATA)
    assert data == _SIGNATURE, "a signature that the key has not made"


def _known_hosts(data: bytes) -> None:
    known = parse_known_hosts(data.decode("utf-8", "replace"))
    known.names(_BLOB)
    known.is_known(_BLOB, "a.b")
    known.is_authority(_BLOB, "a.d")
    known.is_revoked(_BLOB)


TAKERS: Final[Mapping[str, tuple[Callable[[bytes], None], list[bytes]]]] = {
    "stream": (_stream, [b"".join(frame(encode_request(request)) for request in _REQUESTS)]),
    "request": (_request, [encode_request(request) for request in _REQUESTS]),
    "reply": (_reply, [encode_reply(reply) for reply in _REPLIES]),
    "signed data": (
        _signed_data,
        [encode_signed_data(one) for one in _SIGNED],
    ),
    "key": (_key, [_BLOB, _CERTIFICATE, _ECDSA.public_blob(), _RSA.public_blob()]),
    "certificate": (_certificate, [_CERTIFICATE]),
    "signature": (_signature, [_SIGNATURE]),
    "known hosts": (_known_hosts, [_HOSTS.encode()]),
}
"""What takes bytes, and raises nothing but an ``SshAgentError``; each with good ones."""
_WEIGHTS: Final = (15, 50, 15, 6, 4, 3, 3, 4)


def take(data: bytes) -> None:
    """Bytes to one of the takers, by the first of them; for fuzzing by coverage."""
    taker, _ = list(TAKERS.values())[data[0] % len(TAKERS)] if data else TAKERS["stream"]
    with contextlib.suppress(SshAgentError):
        taker(data[1:])


def good() -> list[bytes]:
    """Good bytes for ``take``."""
    return [bytes([number]) + one for number, (_, several) in enumerate(TAKERS.values()) for one in several]


_LENGTHS: Final = (0, 1, 3, 32, 255, 256, 257, 2048, 262_144, 262_145, 2**31, 2**32 - 1)


def length(chance: random.Random, text: bytes) -> bytes:
    """With another number where a length may be."""
    at = chance.randrange(len(text) + 1)
    number = chance.choice((*_LENGTHS, len(text), len(text) - at))
    return text[:at] + number.to_bytes(4, "big") + text[at + 4 :]


AGENT_MUTATIONS: Final = (cut, cut_out, flip, flip, flip, insert, double, length, length, length)


def agent_requests(public: str) -> list[bytes]:
    """Good requests, among them signatures by a key that the agent has, as OpenSSH writes its public part."""
    own = base64.b64decode(public.split()[1])
    logins = [msgspec.structs.replace(one, key=own) for one in (_LOGIN, _HOSTBOUND)]
    signed = [*map(encode_signed_data, logins), encode_signed_data(_SIGNED[-1])]
    return [*map(encode_request, _REQUESTS), *(encode_request(SignRequest(own, data)) for data in signed)]


class AgentMessages:
    """What anybody who reaches an agent's socket sends, and what else its Extension reads."""

    async def begin(self, folder: Path) -> None:
        del folder

    async def feed(self, chance: random.Random, tally: Counter[str], frames: int) -> None:
        for name in chance.choices(list(TAKERS), _WEIGHTS, k=frames):
            taker, seeds = TAKERS[name]
            data = raw(chance) if chance.random() < 0.05 else mutated(chance, chance.choice(seeds), AGENT_MUTATIONS)
            try:
                taker(data)
            except SshAgentError as error:
                tally[error.code] += 1
            else:
                tally["taken"] += 1

    async def settled(self) -> None:
        """Nothing is under way."""

    def outstanding(self) -> dict[str, int]:
        return {}

    async def end(self) -> None:
        pass
