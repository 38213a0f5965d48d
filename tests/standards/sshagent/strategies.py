"""Values of every kind, for Hypothesis: any request and any reply."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st
from tests.standards.sshagent.key_strategies import KEY_PAIRS, certificate_for

from etui.standards.sshagent import (
    AddIdentity,
    AddSmartcardKey,
    AddUnsupportedIdentity,
    AssociatedCertificates,
    Constraints,
    Destination,
    ExtensionFailure,
    ExtensionResponse,
    Failure,
    Hop,
    HostKey,
    IdentitiesAnswer,
    Identity,
    Lock,
    OtherExtension,
    Query,
    QueryAnswer,
    RemoveAllIdentities,
    RemoveIdentity,
    RemoveSmartcardKey,
    Reply,
    Request,
    RequestIdentities,
    SessionBind,
    SignRequest,
    SignResponse,
    Success,
    Unlock,
)
from etui.standards.sshagent.wire import text

PRINTABLE: Final = st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=",")
NAMES: Final = st.text(PRINTABLE, min_size=1, max_size=64)
TEXTS: Final = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
BYTES: Final = st.binary(max_size=60)
UINT32: Final = st.integers(0, 2**32 - 1)


@st.composite
def public_blobs(draw: st.DrawFn) -> bytes:
    """A name and anything: what is in a key matters to nobody who only carries it."""
    return text(draw(NAMES)) + draw(BYTES)


HOST_KEYS: Final = st.lists(st.builds(HostKey, public_blobs(), st.booleans()), min_size=1, max_size=3).map(tuple)
HOSTS: Final = TEXTS.filter(bool)
ORIGINS: Final = st.just(Hop()) | st.builds(Hop, HOSTS, HOST_KEYS)
DESTINATIONS: Final = st.builds(Destination, ORIGINS, st.builds(Hop, HOSTS, HOST_KEYS, TEXTS))
KEY_CONSTRAINTS: Final = st.builds(
    Constraints, st.none() | UINT32, st.booleans(), st.lists(DESTINATIONS, max_size=3).map(tuple)
)
SMARTCARD_CONSTRAINTS: Final = st.builds(
    Constraints,
    st.none() | UINT32,
    st.booleans(),
    st.lists(DESTINATIONS, max_size=3).map(tuple),
    st.none() | st.builds(AssociatedCertificates, st.lists(public_blobs(), max_size=3).map(tuple), st.booleans()),
)


@st.composite
def identities(draw: st.DrawFn) -> AddIdentity:
    pair = draw(KEY_PAIRS)
    certificate = certificate_for(pair, draw(BYTES), draw(BYTES)) if draw(st.booleans()) else None
    return AddIdentity(pair, draw(TEXTS), certificate, draw(KEY_CONSTRAINTS))


UNSUPPORTED_NAMES: Final = st.sampled_from(
    ["sk-ssh-ed25519@openssh.com", "sk-ssh-ed25519-cert-v01@openssh.com", "ssh-dss", "ssh-ed448", "xmss@openssh.com"]
) | NAMES.map(lambda name: "x" + name[:63])
SESSION_BINDS: Final = st.builds(SessionBind, public_blobs(), st.binary(min_size=1, max_size=128), BYTES, st.booleans())
REQUESTS: Final[st.SearchStrategy[Request]] = st.one_of(
    st.just(RequestIdentities()),
    st.builds(SignRequest, public_blobs(), BYTES, UINT32),
    identities(),
    st.builds(AddUnsupportedIdentity, UNSUPPORTED_NAMES, BYTES, st.booleans()),
    st.builds(RemoveIdentity, public_blobs()),
    st.just(RemoveAllIdentities()),
    st.builds(AddSmartcardKey, TEXTS, BYTES, SMARTCARD_CONSTRAINTS),
    st.builds(RemoveSmartcardKey, TEXTS, BYTES),
    st.builds(Lock, BYTES),
    st.builds(Unlock, BYTES),
    SESSION_BINDS,
    st.just(Query()),
    st.builds(OtherExtension, NAMES.map(lambda name: "x" + name[:63]), BYTES),
)
REPLIES: Final[st.SearchStrategy[Reply]] = st.one_of(
    st.sampled_from([Success(), Failure(), ExtensionFailure()]),
    st.builds(IdentitiesAnswer, st.lists(st.builds(Identity, public_blobs(), TEXTS), max_size=5).map(tuple)),
    st.builds(SignResponse, BYTES),
    st.builds(QueryAnswer, st.lists(NAMES, max_size=5).map(tuple)),
    st.builds(ExtensionResponse, NAMES.map(lambda name: "x" + name[:63]), BYTES),
)
