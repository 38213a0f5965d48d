"""Each request of ``ssh/1``, answered from the keys that are stored and from those that were lent for the session."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec.structs import replace

from etui.extensions.encryption import certificates, destinations, ssh
from etui.extensions.encryption.algorithms import PrivateKey
from etui.extensions.encryption.errors import UnfitError, UnknownKeyError
from etui.extensions.encryption.session_keys import SessionKeys, request_in
from etui.interfaces import ssh_1
from etui.sdk import Call, Extension, Prepared, prepares, provides
from etui.standards.sshagent import Constraints, SshAgentError, UserauthRequest, plain_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from etui.extensions.encryption.entries import Entry
    from etui.extensions.encryption.keyring import Keyring
    from etui.interfaces import Item

    LogIn = ssh_1.Login | ssh_1.LoginUnproven | ssh_1.LoginForwarded | ssh_1.LoginSha1

_MAX_SHOWN: Final = 1000
_CERTIFICATES: Final = "certificates"
_STORED: Final = "this key is stored in the wallet"
_FREE: Final = Constraints()


class _Key(msgspec.Struct, frozen=True):
    """A key for SSH, stored or lent, to sign with."""

    blob: bytes
    private: PrivateKey
    constraints: Constraints


class SshRequests(Extension):
    """The part of the Extension that serves SSH."""

    _keyring: Keyring
    _session: SessionKeys

    def _begin_session(self) -> None:
        self._session = SessionKeys(self._told_of_session)

    def _told_of_session(self) -> None:
        self.stays(bool(self._session))
        self.tell("ssh/1.changed")

    @provides(ssh_1.Identities)
    def identities(self, request: ssh_1.Identities, _: Call) -> ssh_1.IdentitiesResult:
        """Answers ``ssh/1.identities``."""
        found: list[ssh_1.Identity] = []
        for entry in sorted(self._ssh_entries(), key=lambda entry: (entry.item.created, entry.id)):
            found += _shown([ssh.blob(entry), *entry.certificates], entry.item)
        lent = self._session.all()
        bindings = destinations.bindings_in(request.bindings) if lent else []
        for key in lent:
            if destinations.is_visible(key.constraints.destinations, bindings):
                found += _shown(key.identities, key.item)
        return ssh_1.IdentitiesResult(identities=found[:_MAX_SHOWN])

    @provides(ssh_1.Locate)
    def locate_ssh(self, request: ssh_1.Locate, _: Call) -> ssh_1.LocateResult:
        """Answers ``ssh/1.locate``."""
        try:
            blob = plain_key(request.key)
        except SshAgentError as error:
            raise UnfitError(f"this is no public key: {error}") from None
        entry = self._entry_of(blob)
        if entry is not None:
            return ssh_1.LocateResult(item=entry.item)
        key = self._session.find(blob)
        return ssh_1.LocateResult(item=None if key is None else key.item)

    @provides(ssh_1.Login)
    def login(self, request: ssh_1.Login, _: Call) -> ssh_1.LoginResult:
        """Answers ``ssh/1.login``."""
        return ssh_1.LoginResult(signature=self._signed_login(request))

    @provides(ssh_1.LoginUnproven)
    def login_unproven(self, request: ssh_1.LoginUnproven, _: Call) -> ssh_1.LoginUnprovenResult:
        """Answers ``ssh/1.login_unproven``."""
        key = self._for_ssh(request.item)
        login = ssh.check_unproven(request.data, request.user, key.blob, request.certificate)
        return ssh_1.LoginUnprovenResult(signature=_signed(key, request, login))

    @provides(ssh_1.LoginForwarded)
    def login_forwarded(self, request: ssh_1.LoginForwarded, _: Call) -> ssh_1.LoginForwardedResult:
        """Answers ``ssh/1.login_forwarded``."""
        return ssh_1.LoginForwardedResult(signature=self._signed_login(request))

    @provides(ssh_1.LoginSha1)
    def login_sha1(self, request: ssh_1.LoginSha1, _: Call) -> ssh_1.LoginSha1Result:
        """Answers ``ssh/1.login_sha1``."""
        key = self._for_ssh(request.item)
        bindings = destinations.bindings_in(request.bindings)
        login = ssh.check_sha1(request.data, request.relying_party, key.blob, request.certificate, bindings)
        return ssh_1.LoginSha1Result(signature=_signed(key, request, login))

    @provides(ssh_1.Sign)
    def sign_ssh(self, request: ssh_1.Sign, _: Call) -> ssh_1.SignResult:
        """Answers ``ssh/1.sign``."""
        key = self._for_ssh(request.item)
        ssh.check_message(request.data, request.relying_party, key.blob)
        destinations.check(key.constraints.destinations, (), None)
        return ssh_1.SignResult(signature=ssh.signed(key.private, key.blob, request.data, request.hash))

    # keys of the session

    @provides(ssh_1.Add)
    def add(self, request: ssh_1.Add, _: Call) -> ssh_1.AddResult:
        """Answers ``ssh/1.add``."""
        asked = request_in(request.request)
        self._refuse_stored(asked.key_pair.public_blob())
        key = self._session.add(asked, request.label)
        return ssh_1.AddResult(item=key.item)

    @prepares(ssh_1.Add)
    def prepare_add(self, request: ssh_1.Add, _: Call) -> Prepared:
        """Says what the key may be used for, and for how long."""
        asked = request_in(request.request)
        self._refuse_stored(asked.key_pair.public_blob())
        return Prepared(notes=self._session.would_add(asked, request.label))

    @provides(ssh_1.AddCertificate)
    def add_certificate(self, request: ssh_1.AddCertificate, _: Call) -> ssh_1.AddCertificateResult:
        """Answers ``ssh/1.add_certificate``."""
        self._refuse_item(request.item)
        self._session.add_certificate(request.item, request_in(request.request))
        return ssh_1.AddCertificateResult()

    @prepares(ssh_1.AddCertificate)
    def prepare_add_certificate(self, request: ssh_1.AddCertificate, _: Call) -> Prepared:
        """Says what the certificate says."""
        self._refuse_item(request.item)
        key = self._session.with_certificate(request.item, request_in(request.request))
        return Prepared(notes=certificates.notes(key.identities[-1], key.blob))

    @provides(ssh_1.Remove)
    def remove(self, request: ssh_1.Remove, _: Call) -> ssh_1.RemoveResult:
        """Answers ``ssh/1.remove``."""
        self._refuse_item(request.item)
        self._session.remove(request.item, request.key)
        return ssh_1.RemoveResult()

    @provides(ssh_1.RemoveAll)
    def remove_all(self, _request: ssh_1.RemoveAll, _: Call) -> ssh_1.RemoveAllResult:
        """Answers ``ssh/1.remove_all``."""
        self._session.clear()
        return ssh_1.RemoveAllResult()

    # certificates of keys that are stored

    @provides(ssh_1.Certify)
    def certify(self, request: ssh_1.Certify, _: Call) -> ssh_1.CertifyResult:
        """Answers ``ssh/1.certify``."""
        entry = self._stored_for_ssh(request.item)
        certificate = certificates.checked(request.certificate, ssh.blob(entry))
        self._keep_certificates(entry, certificates.replaced(entry.certificates, certificate))
        return ssh_1.CertifyResult()

    @prepares(ssh_1.Certify)
    def prepare_certify(self, request: ssh_1.Certify, _: Call) -> Prepared:
        """Says what the certificate says."""
        return Prepared(notes=certificates.notes(request.certificate, ssh.blob(self._stored_for_ssh(request.item))))

    @provides(ssh_1.Uncertify)
    def uncertify(self, request: ssh_1.Uncertify, _: Call) -> ssh_1.UncertifyResult:
        """Answers ``ssh/1.uncertify``."""
        self._keep_certificates(self._stored_for_ssh(request.item), ())
        return ssh_1.UncertifyResult()

    # what they share

    def _session_items(self) -> Sequence[Item]:
        """The entries of the keys of this session."""
        return [key.item for key in self._session.all()]

    def _keep_certificates(self, entry: Entry, kept: tuple[bytes, ...]) -> None:
        """Keeps a key's certificates, and says in its entry which they are."""
        attributes = {name: value for name, value in entry.item.attributes.items() if name != _CERTIFICATES}
        if kept:
            attributes[_CERTIFICATES] = certificates.listed(kept)
        item = replace(entry.item, attributes=attributes, modified=int(time.time()))
        self._keyring.redescribe(replace(entry, item=item, certificates=kept))
        self.tell("crypto/1.changed", item)
        self.tell("ssh/1.changed")

    def _signed_login(self, request: ssh_1.Login | ssh_1.LoginForwarded) -> bytes:
        key = self._for_ssh(request.item)
        return _signed(
            key, request, ssh.check_login(request.data, request.relying_party, key.blob, request.certificate)
        )

    def _for_ssh(self, item: str) -> _Key:
        if item not in self._keyring.entries and (lent := self._session.get(item)) is not None:
            return _Key(lent.blob, lent.private, lent.constraints)
        entry = self._stored_for_ssh(item)
        return _Key(ssh.blob(entry), self._keyring.signing(entry), _FREE)

    def _stored_for_ssh(self, item: str) -> Entry:
        entry = self._keyring.entry(item)
        if not entry.ssh:
            raise UnfitError("this key is not for SSH: name one that is, or make one with “ssh”")
        return entry

    def _ssh_entries(self) -> list[Entry]:
        return [entry for entry in self._keyring.entries.values() if entry.ssh]

    def _entry_of(self, blob: bytes) -> Entry | None:
        return next((entry for entry in self._ssh_entries() if ssh.blob(entry) == blob), None)

    def _refuse_stored(self, blob: bytes) -> None:
        if any(ssh.blob(entry) == blob for entry in self._keyring.entries.values()):
            raise UnfitError(f"{_STORED}, and not lent to it")

    def _refuse_item(self, item: str) -> None:
        if item in self._keyring.entries:
            raise UnfitError(f"{_STORED}: what is lent for a session goes, and that stays")
        if self._session.get(item) is None:
            raise UnknownKeyError


def _shown(identities: Iterable[bytes], item: Item) -> list[ssh_1.Identity]:
    return [ssh_1.Identity(key=one, comment=item.label[:400]) for one in identities]


def _signed(key: _Key, request: LogIn, login: UserauthRequest) -> bytes:
    if key.constraints.destinations:
        bindings = destinations.bindings_in(request.bindings)
        destinations.check(key.constraints.destinations, bindings, login)
    hash_name = "sha1" if isinstance(request, ssh_1.LoginSha1) else request.hash
    return ssh.signed(key.private, key.blob, request.data, hash_name)
