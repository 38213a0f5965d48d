"""SSH keys: the typed Python of ``ssh/1``.

Generated from the interface's document by ``etui interface generate``; do not edit.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

import msgspec
from msgspec import Meta

from etui.interfaces.binding import Item, Request, Result

INTERFACE: Final = "ssh/1"

__all__ = [
    "INTERFACE",
    "Add",
    "AddCertificate",
    "AddCertificateResult",
    "AddResult",
    "Certify",
    "CertifyResult",
    "Identities",
    "IdentitiesResult",
    "Identity",
    "Locate",
    "LocateResult",
    "Login",
    "LoginForwarded",
    "LoginForwardedResult",
    "LoginResult",
    "LoginSha1",
    "LoginSha1Result",
    "LoginUnproven",
    "LoginUnprovenResult",
    "Remove",
    "RemoveAll",
    "RemoveAllResult",
    "RemoveResult",
    "Sign",
    "SignResult",
    "Uncertify",
    "UncertifyResult",
]


class Identity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A key as SSH knows it."""

    key: Annotated[bytes, Meta(max_length=16384)]
    """The public key, or a certificate, in SSH's form (RFC 4253, section 6.6)."""
    comment: Annotated[str, Meta(max_length=400)]


class IdentitiesResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``ssh/1.identities``."""

    METHOD: ClassVar[str] = "ssh/1.identities"

    identities: Annotated[list[Identity], Meta(max_length=1000)]


class Identities(Request[IdentitiesResult], frozen=True, kw_only=True, omit_defaults=True):
    """List the public parts of SSH keys.

    The public parts of all keys that are for SSH, and their certificates, as an SSH client has to know them
    before it can ask for a signature. They are no secret to programs of the same user. A key that may be
    used for some hosts alone is left out where the connection is bound to others.
    """

    METHOD: ClassVar[str] = "ssh/1.identities"
    RESULT: ClassVar[type[Result]] = IdentitiesResult

    bindings: Annotated[list[Annotated[bytes, Meta(max_length=40000)]], Meta(max_length=16)] | None = None
    """How the connection was bound to sessions, in their order: each as `session-bind@openssh.com` has it after
    its name (OpenSSH's PROTOCOL.agent, section 1).

    The provider holds them against what a key may be used for, and verifies them by itself.
    """


class LocateResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``ssh/1.locate``."""

    METHOD: ClassVar[str] = "ssh/1.locate"

    item: Item | None = None


class Locate(Request[LocateResult], frozen=True, kw_only=True, omit_defaults=True):
    """Which item a public key belongs to.

    The Client's reference to the key with this public part, or with this certificate, by which it asks for
    signatures; it discloses nothing that the public part does not.
    """

    METHOD: ClassVar[str] = "ssh/1.locate"
    RESULT: ClassVar[type[Result]] = LocateResult

    key: Annotated[bytes, Meta(max_length=16384)]


class LoginResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``ssh/1.login``."""

    METHOD: ClassVar[str] = "ssh/1.login"

    signature: Annotated[bytes, Meta(max_length=8192)]
    """In SSH's form (RFC 4253, section 6.6)."""


class Login(Request[LoginResult], frozen=True, kw_only=True, omit_defaults=True):
    """Log in over SSH.

    Signs a request to log in that names the host's key in what is signed (`publickey-
    hostbound-v00@openssh.com`, OpenSSH's PROTOCOL, section 3.1). `relying_party` is `USER@SHA256:…`, the
    user name and the fingerprint of that key: refused where `data` says otherwise. A grant holds for one of
    them.
    """

    METHOD: ClassVar[str] = "ssh/1.login"
    RESULT: ClassVar[type[Result]] = LoginResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    relying_party: Annotated[str, Meta(max_length=400)]
    known_as: Annotated[str, Meta(max_length=400)] | None = None
    """The names under which the host's key stands in the user's known_hosts; or that it stands there under a
    hashed name, or nowhere.
    """
    certificate: Annotated[str, Meta(max_length=800)] | None = None
    """Where `data` names a certificate of the key's, which: its key id, its serial number and its authority's
    fingerprint, as in `“ada” (serial 7), signed by SHA256:…`.

    Refused where it says otherwise.
    """
    bindings: Annotated[list[Annotated[bytes, Meta(max_length=40000)]], Meta(max_length=16)] | None = None
    """How the connection was bound to sessions, in their order: each as `session-bind@openssh.com` has it after
    its name (OpenSSH's PROTOCOL.agent, section 1).

    The provider holds them against what a key may be used for, and verifies them by itself.
    """
    data: Annotated[bytes, Meta(max_length=262144)]
    hash: Literal["sha256", "sha512"] | None = None


class LoginUnprovenResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``ssh/1.login_unproven``."""

    METHOD: ClassVar[str] = "ssh/1.login_unproven"

    signature: Annotated[bytes, Meta(max_length=8192)]


class LoginUnproven(Request[LoginUnprovenResult], frozen=True, kw_only=True, omit_defaults=True):
    """Log in over SSH at a host that is not proven.

    Signs a request to log in that names no host (RFC 4252, section 7): whoever is given the signature may
    log in wherever the key is let in. The user is asked each time.
    """

    METHOD: ClassVar[str] = "ssh/1.login_unproven"
    RESULT: ClassVar[type[Result]] = LoginUnprovenResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    user: Annotated[str, Meta(max_length=400)]
    """The user name: refused where `data` has another one."""
    bound: Annotated[str, Meta(max_length=800)] | None = None
    """The host's key and names, where the program bound the connection to one: that host proved that the
    session is its own, and not that the log-in is.
    """
    certificate: Annotated[str, Meta(max_length=800)] | None = None
    """Where `data` names a certificate of the key's, which: its key id, its serial number and its authority's
    fingerprint, as in `“ada” (serial 7), signed by SHA256:…`.

    Refused where it says otherwise.
    """
    bindings: Annotated[list[Annotated[bytes, Meta(max_length=40000)]], Meta(max_length=16)] | None = None
    """How the connection was bound to sessions, in their order: each as `session-bind@openssh.com` has it after
    its name (OpenSSH's PROTOCOL.agent, section 1).

    The provider holds them against what a key may be used for, and verifies them by itself.
    """
    data: Annotated[bytes, Meta(max_length=262144)]
    hash: Literal["sha256", "sha512"] | None = None


class LoginForwardedResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``ssh/1.login_forwarded``."""

    METHOD: ClassVar[str] = "ssh/1.login_forwarded"

    signature: Annotated[bytes, Meta(max_length=8192)]


class LoginForwarded(Request[LoginForwardedResult], frozen=True, kw_only=True, omit_defaults=True):
    """Log in over SSH from another machine.

    As `login`, for a request that came over a forwarded agent: whoever holds the other machine may have made
    it. The user is asked each time.
    """

    METHOD: ClassVar[str] = "ssh/1.login_forwarded"
    RESULT: ClassVar[type[Result]] = LoginForwardedResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    relying_party: Annotated[str, Meta(max_length=400)]
    known_as: Annotated[str, Meta(max_length=400)] | None = None
    through: Annotated[str, Meta(max_length=4000)]
    """The hosts over which the agent is forwarded, the nearest first."""
    certificate: Annotated[str, Meta(max_length=800)] | None = None
    """Where `data` names a certificate of the key's, which: its key id, its serial number and its authority's
    fingerprint, as in `“ada” (serial 7), signed by SHA256:…`.

    Refused where it says otherwise.
    """
    bindings: Annotated[list[Annotated[bytes, Meta(max_length=40000)]], Meta(max_length=16)] | None = None
    """How the connection was bound to sessions, in their order: each as `session-bind@openssh.com` has it after
    its name (OpenSSH's PROTOCOL.agent, section 1).

    The provider holds them against what a key may be used for, and verifies them by itself.
    """
    data: Annotated[bytes, Meta(max_length=262144)]
    hash: Literal["sha256", "sha512"] | None = None


class LoginSha1Result(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``ssh/1.login_sha1``."""

    METHOD: ClassVar[str] = "ssh/1.login_sha1"

    signature: Annotated[bytes, Meta(max_length=8192)]
    """In SSH's form (RFC 4253, section 6.6)."""


class LoginSha1(Request[LoginSha1Result], frozen=True, kw_only=True, omit_defaults=True):
    """Log in over SSH by an outdated signature.

    Signs a request to log in by RSA with SHA-1 (`ssh-rsa`), for a host that takes nothing newer. The host is
    the one that `data` names, or else the one whose session `data` is of, as `bindings` say: refused where
    there is neither, where `relying_party` says otherwise, and for other keys than RSA. The user is asked
    each time: where the host is told by a binding alone, that host could claim a session of another one as
    its own.
    """

    METHOD: ClassVar[str] = "ssh/1.login_sha1"
    RESULT: ClassVar[type[Result]] = LoginSha1Result
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    relying_party: Annotated[str, Meta(max_length=400)]
    known_as: Annotated[str, Meta(max_length=400)] | None = None
    """The names under which the host's key stands in the user's known_hosts; or that it stands there under a
    hashed name, or nowhere.
    """
    certificate: Annotated[str, Meta(max_length=800)] | None = None
    """Where `data` names a certificate of the key's, which: its key id, its serial number and its authority's
    fingerprint, as in `“ada” (serial 7), signed by SHA256:…`.

    Refused where it says otherwise.
    """
    bindings: Annotated[list[Annotated[bytes, Meta(max_length=40000)]], Meta(max_length=16)] | None = None
    """How the connection was bound to sessions, in their order: each as `session-bind@openssh.com` has it after
    its name (OpenSSH's PROTOCOL.agent, section 1).

    The provider holds them against what a key may be used for, and verifies them by itself.
    """
    data: Annotated[bytes, Meta(max_length=262144)]


class SignResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``ssh/1.sign``."""

    METHOD: ClassVar[str] = "ssh/1.sign"

    signature: Annotated[bytes, Meta(max_length=8192)]


class Sign(Request[SignResult], frozen=True, kw_only=True, omit_defaults=True):
    """Sign a file or message.

    Signs an SSH signature's content (OpenSSH's PROTOCOL.sshsig). `relying_party` is its namespace, as `git`
    or `file`: refused where `data` has another one.
    """

    METHOD: ClassVar[str] = "ssh/1.sign"
    RESULT: ClassVar[type[Result]] = SignResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    relying_party: Annotated[str, Meta(max_length=400)]
    data: Annotated[bytes, Meta(max_length=262144)]
    hash: Literal["sha256", "sha512"] | None = None


class AddResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``ssh/1.add``."""

    METHOD: ClassVar[str] = "ssh/1.add"

    item: Item


class Add(Request[AddResult], frozen=True, kw_only=True, omit_defaults=True):
    """Lend a key to SSH for this session.

    Holds a key in memory until it is removed, its lifetime has run out or the wallet locks; it never becomes
    an item that is stored. It changes what every program of the session sees in its agent, so it takes a
    right, or the user. A key that is here already keeps the tighter of its constraints; one that is stored
    here is refused.
    """

    METHOD: ClassVar[str] = "ssh/1.add"
    RESULT: ClassVar[type[Result]] = AddResult
    SEALED: ClassVar[tuple[str, ...]] = ("request",)

    label: Annotated[str, Meta(max_length=400)]
    request: bytes
    """SSH_AGENTC_ADD_IDENTITY or SSH_AGENTC_ADD_ID_CONSTRAINED (RFC 9987, section 5.2), with its number: the
    key, its certificate where it has one, its comment, and what it may be used for.
    """


class AddCertificateResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``ssh/1.add_certificate``."""

    METHOD: ClassVar[str] = "ssh/1.add_certificate"


class AddCertificate(Request[AddCertificateResult], frozen=True, kw_only=True, omit_defaults=True):
    """Lend a certificate of a key to SSH for this session.

    As `add`, for a key of this session that is here already: who lent the key may do it unasked. Refused
    where the request's constraints are not those of the key.
    """

    METHOD: ClassVar[str] = "ssh/1.add_certificate"
    RESULT: ClassVar[type[Result]] = AddCertificateResult
    SEALED: ClassVar[tuple[str, ...]] = ("request",)
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    request: bytes
    """SSH_AGENTC_ADD_IDENTITY or SSH_AGENTC_ADD_ID_CONSTRAINED (RFC 9987, section 5.2), with its number: the
    key, its certificate where it has one, its comment, and what it may be used for.
    """


class CertifyResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``ssh/1.certify``."""

    METHOD: ClassVar[str] = "ssh/1.certify"


class Certify(Request[CertifyResult], frozen=True, kw_only=True, omit_defaults=True):
    """Attach a certificate to a key.

    Keeps a certificate (OpenSSH's PROTOCOL.certkeys) with a key that is stored here, and shows it beside it.
    One of the same authority and key id takes the place of the earlier one. The item's attribute
    `certificates` says which there are.
    """

    METHOD: ClassVar[str] = "ssh/1.certify"
    RESULT: ClassVar[type[Result]] = CertifyResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    certificate: Annotated[bytes, Meta(max_length=16384)]


class UncertifyResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``ssh/1.uncertify``."""

    METHOD: ClassVar[str] = "ssh/1.uncertify"


class Uncertify(Request[UncertifyResult], frozen=True, kw_only=True, omit_defaults=True):
    """Take a key's certificates away.

    Forgets the certificates that `certify` attached; the key stays.
    """

    METHOD: ClassVar[str] = "ssh/1.uncertify"
    RESULT: ClassVar[type[Result]] = UncertifyResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str


class RemoveResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``ssh/1.remove``."""

    METHOD: ClassVar[str] = "ssh/1.remove"


class Remove(Request[RemoveResult], frozen=True, kw_only=True, omit_defaults=True):
    """Forget a key of this session.

    Forgets a key of this session, or one of its certificates. A key that is stored here is refused. It takes
    nothing away that was not lent: whoever lent it may do so again.
    """

    METHOD: ClassVar[str] = "ssh/1.remove"
    RESULT: ClassVar[type[Result]] = RemoveResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    key: Annotated[bytes, Meta(max_length=16384)]
    """The public part, or the certificate, in SSH's form."""


class RemoveAllResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``ssh/1.remove_all``."""

    METHOD: ClassVar[str] = "ssh/1.remove_all"


class RemoveAll(Request[RemoveAllResult], frozen=True, kw_only=True, omit_defaults=True):
    """Forget all keys of this session.

    Forgets what was lent, whoever lent it. Keys that are stored here stay.
    """

    METHOD: ClassVar[str] = "ssh/1.remove_all"
    RESULT: ClassVar[type[Result]] = RemoveAllResult
