"""The extension by which a client of SSH tells the agent which session a connection is for, and to which host.

Source: OpenSSH's PROTOCOL.agent, section 1 (session-bind@openssh.com).
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from etui.standards.sshagent.errors import MalformedError, UnsupportedKeyError
from etui.standards.sshagent.keys import key_name
from etui.standards.sshagent.limits import MAX_SESSION_ID_BYTES
from etui.standards.sshagent.signatures import SignatureAlgorithm, decode_signature, verify_signature
from etui.standards.sshagent.wire import Reader, boolean, string

SESSION_BIND: Final = "session-bind@openssh.com"


class SessionBind(Struct, frozen=True):
    """A session, proven by the host's signature of its first key exchange.

    ``host_key``: as public keys are written, or the host's certificate. ``session_id``: the exchange hash, 1 to 128
    bytes. ``signature``: as signatures are written. ``is_forwarding``: the agent is forwarded to that host; else a user
    logs in there.
    """

    host_key: bytes
    session_id: bytes
    signature: bytes
    is_forwarding: bool


def read_session_bind(reader: Reader) -> SessionBind:
    """What follows the extension's name; raises ``MalformedError``."""
    host_key, session_id, signature = (
        reader.string(field) for field in ("its host key", "its session id", "its signature")
    )
    key_name(host_key)
    if not 1 <= len(session_id) <= MAX_SESSION_ID_BYTES:
        raise MalformedError(f"a session id has {len(session_id)} bytes: 1 to {MAX_SESSION_ID_BYTES}")
    return SessionBind(host_key, session_id, signature, reader.boolean("whether it is forwarding"))


def parse_session_bind(contents: bytes) -> SessionBind:
    """All that follows the extension's name; raises ``MalformedError``."""
    reader = Reader(contents, SESSION_BIND)
    bind = read_session_bind(reader)
    reader.end()
    return bind


def encode_session_bind(bind: SessionBind) -> bytes:
    """What follows the extension's name."""
    return string(bind.host_key) + string(bind.session_id) + string(bind.signature) + boolean(bind.is_forwarding)


def verify_session_bind(bind: SessionBind) -> None:
    """Returns where the host key has signed the session id, by any algorithm but those with SHA-1.

    A host's certificate is taken for its key: whether its authority is trusted is another question. Raises
    ``SignatureError``, ``MalformedError`` and ``UnsupportedKeyError``.
    """
    if decode_signature(bind.signature).algorithm is SignatureAlgorithm.RSA_SHA1:
        raise UnsupportedKeyError(f"a host's signature by {SignatureAlgorithm.RSA_SHA1.value} (SHA-1) is not taken")
    verify_signature(bind.host_key, bind.signature, bind.session_id)
