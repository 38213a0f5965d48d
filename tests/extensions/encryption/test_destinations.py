"""What the Extension itself holds a lent key to, whatever a door says: the log-in, and bindings by their hosts."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.doors.ssh_agent.test_agent import HOST_BLOB, NEXT, NEXT_BLOB, bound

from etui.extensions.encryption.destinations import bindings_in, check, is_visible
from etui.extensions.encryption.errors import UnfitError
from etui.standards.sshagent import (
    Destination,
    Hop,
    HostKey,
    SessionBind,
    UserauthMethod,
    UserauthRequest,
    encode_session_bind,
    public_key_blob,
)

KEY = public_key_blob(Ed25519PrivateKey.generate().public_key())
ALPHA = Hop("alpha", (HostKey(HOST_BLOB),), "ada")
BETA = Hop("beta", (HostKey(NEXT_BLOB),))
WAY = (Destination(Hop(), ALPHA), Destination(Hop("alpha", (HostKey(HOST_BLOB),)), BETA))
DIRECT, FIRST, SECOND = bound(b"first"), bound(b"first", is_forwarding=True), bound(b"second", NEXT)


def login(session: bytes, host: bytes | None, user: str = "ada") -> UserauthRequest:
    method = UserauthMethod.PUBLICKEY if host is None else UserauthMethod.HOSTBOUND
    return UserauthRequest(session, user, "ssh-connection", method, "ssh-ed25519", KEY, host)


@pytest.mark.attack(102)
def test_a_binding_that_its_host_did_not_sign_is_none_here_either() -> None:
    good = [FIRST, SECOND]
    assert bindings_in(encode_session_bind(one) for one in good) == good
    assert bindings_in(None) == []
    forged = SessionBind(HOST_BLOB, b"first", bound(b"first", NEXT).signature, is_forwarding=False)
    for encoded in ([encode_session_bind(FIRST), encode_session_bind(forged)], [b""], [b"\0\0\0\x0bssh-ed25519"]):
        with pytest.raises(UnfitError, match="did not sign"):
            bindings_in(encoded)


@pytest.mark.parametrize(
    ("bindings", "request_"),
    [
        ([DIRECT], login(b"first", HOST_BLOB)),
        ([DIRECT], login(b"first", None)),
        ([FIRST, SECOND], login(b"second", NEXT_BLOB)),
        ([FIRST, SECOND], login(b"second", NEXT_BLOB, "root")),
    ],
    ids=["at the first host", "at one that is not told", "beyond it", "beyond it, as anybody"],
)
def test_a_log_in_for_which_the_key_is_lent_is_signed(bindings: list[SessionBind], request_: UserauthRequest) -> None:
    check(WAY, bindings, request_)
    check((), [], None)


@pytest.mark.attack(102)
@pytest.mark.parametrize(
    ("bindings", "request_", "said"),
    [
        ([DIRECT], None, "signs nothing else"),
        ([], login(b"first", HOST_BLOB), "not bound to any"),
        ([DIRECT], login(b"other", HOST_BLOB), "another session"),
        ([FIRST, SECOND], login(b"first", HOST_BLOB), "another session"),
        ([FIRST, SECOND], login(b"second", None), "names none"),
        ([DIRECT], login(b"first", NEXT_BLOB), "another host"),
        ([FIRST, SECOND], login(b"second", HOST_BLOB), "another host"),
        ([DIRECT], login(b"first", HOST_BLOB, "root"), "not for a log-in"),
        ([FIRST], login(b"first", HOST_BLOB), "not for a log-in"),
        ([SECOND], login(b"second", NEXT_BLOB), "not for a log-in"),
        ([DIRECT, SECOND], login(b"second", NEXT_BLOB), "not for a log-in"),
    ],
    ids=[
        "no log-in",
        "unbound",
        "of another session",
        "of the session before",
        "far away, at a host that is not told",
        "at another host",
        "far away, at another host",
        "as somebody else",
        "over a hop that forwards",
        "without the first step",
        "over a hop that does not forward",
    ],
)
def test_nothing_else_is_signed(bindings: list[SessionBind], request_: UserauthRequest | None, said: str) -> None:
    with pytest.raises(UnfitError, match=said):
        check(WAY, bindings, request_)


def test_the_key_is_shown_where_it_could_be_used_or_beyond_and_nowhere_else() -> None:
    for bindings, is_shown in (
        ([], True),
        ([DIRECT], True),
        ([FIRST], True),
        ([FIRST, SECOND], True),
        ([SECOND], False),
        ([FIRST, bound(b"second", NEXT, is_forwarding=True)], False),
        ([DIRECT, SECOND], False),
    ):
        assert is_visible(WAY, bindings) is is_shown, bindings
