"""The Extension: each request of ``crypto/1``, answered from the keyring."""

from __future__ import annotations

import secrets
import sys
import time
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from etui.extensions.encryption import algorithms, ssh
from etui.extensions.encryption.entries import BOUND_KEY, KEY, Entry
from etui.extensions.encryption.errors import UnfitError
from etui.extensions.encryption.keyring import Keyring
from etui.extensions.encryption.ssh_requests import SshRequests
from etui.interfaces import Item
from etui.interfaces import crypto_1 as crypto
from etui.sdk import Call, Prepared, RemoteError, prepares, provides
from etui.standards.sshagent import fingerprint

if TYPE_CHECKING:
    from collections.abc import Sequence

_ID_BYTES: Final = 16
_MAX_PRIVATE_BYTES: Final = 8192


class Encryption(SshRequests):
    """Keeps keys, and uses them for whoever may."""

    def begin(self) -> None:
        """Loads every entry; where the storage does not answer, the first request tries again."""
        self._begin_session()
        self._keyring = Keyring(self.store)
        try:
            self._keyring.load()
        except RemoteError as error:
            sys.stderr.write(f"the keys could not be loaded: {error}\n")

    def inventory(self) -> Sequence[Item]:
        """Every key, those of this session too."""
        return [*self._stored(), *self._session_items()]

    def _stored(self) -> list[Item]:
        return [entry.item for entry in self._keyring.entries.values()]

    # crypto/1

    @provides(crypto.Generate)
    def generate(self, request: crypto.Generate, call: Call) -> crypto.GenerateResult:
        """Answers ``crypto/1.generate``."""
        return crypto.GenerateResult(item=self._keep(algorithms.generated(request.algorithm), request, call))

    @provides(crypto.Import)
    def import_key(self, request: crypto.Import, call: Call) -> crypto.ImportResult:
        """Answers ``crypto/1.import``; a key that is here already is refused."""
        if len(request.private) > _MAX_PRIVATE_BYTES:
            raise UnfitError(f"the private key has {len(request.private)} bytes, and may have {_MAX_PRIVATE_BYTES}")
        try:
            private = algorithms.unkept(request.private)
        except ValueError:
            raise UnfitError("this is no private key of Ed25519, P-256, P-384 or RSA of 2048 to 8192 bits") from None
        spki = algorithms.spki(private.public_key())
        if any(entry.spki == spki for entry in self._keyring.entries.values()):
            raise UnfitError("this key is here already")
        return crypto.ImportResult(item=self._keep(private, request, call))

    @provides(crypto.Find)
    def find(self, request: crypto.Find, _: Call) -> crypto.FindResult:
        """Answers ``crypto/1.find``."""
        words = (request.text or "").casefold().split()
        items = [item for item in self._stored() if all(word in _said_of(item) for word in words)]
        return crypto.FindResult(items=sorted(items, key=lambda item: item.label.casefold()))

    @provides(crypto.Describe)
    def describe(self, request: crypto.Describe, _: Call) -> crypto.DescribeResult:
        """Answers ``crypto/1.describe``."""
        entry = self._keyring.entry(request.item)
        return crypto.DescribeResult(item=entry.item, spki=entry.spki)

    @provides(crypto.Sign)
    def sign(self, request: crypto.Sign, _: Call) -> crypto.SignResult:
        """Answers ``crypto/1.sign``; what SSH would take for a request or a signature of its own is refused."""
        entry = self._keyring.entry(request.item)
        ssh.refuse_ssh(request.data)
        return crypto.SignResult(signature=algorithms.sign(self._keyring.private(entry), request.data))

    @provides(crypto.Verify)
    def verify(self, request: crypto.Verify, _: Call) -> crypto.VerifyResult:
        """Answers ``crypto/1.verify``."""
        public = algorithms.unkept_public(self._keyring.entry(request.item).spki)
        return crypto.VerifyResult(valid=algorithms.verifies(public, request.data, request.signature))

    @provides(crypto.Rename)
    def rename(self, request: crypto.Rename, _: Call) -> crypto.RenameResult:
        """Answers ``crypto/1.rename``."""
        entry = self._keyring.entry(request.item)
        new = replace(entry, item=replace(entry.item, label=request.label, modified=int(time.time())))
        self._keyring.redescribe(new)
        self.tell("crypto/1.changed", new.item)
        self.tell("ssh/1.changed")
        return crypto.RenameResult(item=new.item)

    @provides(crypto.Delete)
    def delete(self, request: crypto.Delete, _: Call) -> crypto.DeleteResult:
        """Answers ``crypto/1.delete``."""
        entry = self._keyring.entry(request.item)
        self._keyring.remove(entry)
        self.tell("crypto/1.deleted", entry.item)
        self.tell("ssh/1.changed")
        return crypto.DeleteResult()

    @prepares(crypto.Delete)
    def prepare_delete(self, request: crypto.Delete, _: Call) -> Prepared:
        """Says what cannot be done any more without the key."""
        self._keyring.entry(request.item)
        return Prepared(notes=["Nothing signs with it any more, and there is no copy but one that you exported."])

    def _keep(self, private: algorithms.PrivateKey, request: crypto.Generate | crypto.Import, call: Call) -> Item:
        """Keeps a key that is new here, and says so."""
        public = private.public_key()
        line = algorithms.openssh(public)
        now_s = int(time.time())
        item = Item(
            item=secrets.token_hex(_ID_BYTES),
            kind=BOUND_KEY if request.bound else KEY,
            label=request.label,
            attributes={
                "algorithm": algorithms.name_of(public),
                "fingerprint": fingerprint(ssh.blob_of(line)),
                "public": line,
            },
            created=now_s,
            modified=now_s,
        )
        call.makes(item)
        self._session.forget(ssh.blob_of(line))
        self._keyring.add(Entry(item, algorithms.spki(public), ssh=bool(request.ssh)), private)
        self.tell("crypto/1.created", item)
        self.tell("ssh/1.changed")
        return item


def _said_of(item: Item) -> str:
    return " ".join((item.label, *item.attributes.values())).casefold()
