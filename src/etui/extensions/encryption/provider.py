"""The Extension: each request of ``crypto/1``, ``sign/1`` and ``age/1``, answered from the keyring."""

from __future__ import annotations

import secrets
import sys
import time
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from etui.extensions.encryption import algorithms, files, secret_keys, ssh, texts, tokens
from etui.extensions.encryption.entries import BOUND_KEY, KEY, Entry
from etui.extensions.encryption.errors import BoundKeyError, UnfitError
from etui.extensions.encryption.keyring import Keyring
from etui.extensions.encryption.secrecy import Secrecy
from etui.extensions.encryption.secret_keys import SecretKey
from etui.extensions.encryption.ssh_requests import SshRequests
from etui.extensions.encryption.usages import SIGN, WRAP, check_usage, usage_of
from etui.interfaces import Item, age_1, sign_1
from etui.interfaces import crypto_1 as crypto
from etui.sdk import Call, Prepared, RemoteError, prepares, provides, this_copy
from etui.standards.key_pairs import IN_WORDS, name_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_ID_BYTES: Final = 16
_MAX_PRIVATE_BYTES: Final = 8192


class Encryption(Secrecy, SshRequests):
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
        made = secret_keys if request.algorithm in {secret_keys.AES256, secret_keys.HMAC256} else algorithms
        return crypto.GenerateResult(item=self._keep(made.generated(request.algorithm), request, call))

    @provides(crypto.Import)
    def import_key(self, request: crypto.Import, call: Call) -> crypto.ImportResult:
        """Answers ``crypto/1.import``; a key that is here already is refused."""
        if len(request.private) > _MAX_PRIVATE_BYTES:
            raise UnfitError(f"the private key has {len(request.private)} bytes, and may have {_MAX_PRIVATE_BYTES}")
        if request.algorithm is not None:
            secret = secret_keys.given(request.algorithm, request.private)
            return crypto.ImportResult(item=self._keep(secret, request, call))
        try:
            private = algorithms.read_pkcs8(request.private)
        except ValueError:
            raise UnfitError(f"this is no private key of {IN_WORDS}") from None
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
        """Answers ``crypto/1.sign``; what means something to SSH, JOSE or COSE is refused."""
        entry = self._keyring.entry(request.item)
        ssh.refuse_ssh(request.data)
        tokens.refuse_tokens(request.data)
        return crypto.SignResult(signature=algorithms.sign(self._keyring.signing(entry), request.data))

    @provides(crypto.SignJws)
    def sign_jws(self, request: crypto.SignJws, _: Call) -> crypto.SignJwsResult:
        """Answers ``crypto/1.sign_jws``."""
        entry = self._keyring.entry(request.item)
        return crypto.SignJwsResult(jws=tokens.signed_jws(self._keyring.signing(entry), entry, request))

    @provides(crypto.SignCose)
    def sign_cose(self, request: crypto.SignCose, _: Call) -> crypto.SignCoseResult:
        """Answers ``crypto/1.sign_cose``."""
        entry = self._keyring.entry(request.item)
        return crypto.SignCoseResult(cose=tokens.signed_cose(self._keyring.signing(entry), entry, request))

    @provides(crypto.Verify)
    def verify(self, request: crypto.Verify, _: Call) -> crypto.VerifyResult:
        """Answers ``crypto/1.verify``."""
        entry = self._keyring.entry(request.item)
        check_usage(entry.usage, SIGN)
        public = algorithms.unkept_public(entry.spki)
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

    @provides(crypto.Export)
    def export(self, request: crypto.Export, _: Call) -> crypto.ExportResult:
        """Answers ``crypto/1.export``."""
        private = self._keyring.private(self._exportable(request.item))
        copy = private.value if isinstance(private, SecretKey) else algorithms.pkcs8(private)
        return crypto.ExportResult(private=copy)

    @prepares(crypto.Export)
    def prepare_export(self, request: crypto.Export, _: Call) -> Prepared:
        """Says what an export cannot undo; refuses before the user is asked."""
        self._exportable(request.item)
        return Prepared(notes=["Whoever has the copy can do all that the key can, without the wallet and for good."])

    @prepares(crypto.Delete)
    def prepare_delete(self, request: crypto.Delete, _: Call) -> Prepared:
        """Says what cannot be done any more without the key."""
        self._keyring.entry(request.item)
        return Prepared(notes=["It can be used no more then, and there is no copy of it but one that you exported."])

    # sign/1

    @provides(sign_1.SignText)
    def sign_text(self, request: sign_1.SignText, call: Call) -> sign_1.SignTextResult:
        """Answers ``sign/1.sign_text``."""
        entry = self._keyring.entry(request.item)
        return texts.signed_text(self._keyring.signing(entry), entry, request, call.consent)

    @prepares(sign_1.SignText)
    def prepare_sign_text(self, request: sign_1.SignText, _: Call) -> Prepared:
        """Refuses what would not be signed before the user reads it."""
        entry = self._keyring.entry(request.item)
        self._keyring.signing(entry)
        tokens.public_key(entry)
        texts.check(request.title, request.text, request.attachments or ())
        return Prepared()

    # age/1

    @provides(age_1.Locate)
    def locate_age(self, request: age_1.Locate, _: Call) -> age_1.LocateResult:
        """Answers ``age/1.locate``."""
        found = (entry for entry in self._keyring.entries.values() if files.public_of(entry) == request.public)
        return age_1.LocateResult(item=next((entry.item for entry in found), None))

    @provides(age_1.Unwrap)
    def unwrap_file_key(self, request: age_1.Unwrap, _: Call) -> age_1.UnwrapResult:
        """Answers ``age/1.unwrap``."""
        entry = self._keyring.entry(request.item)
        check_usage(entry.usage, WRAP)
        private = self._keyring.private(entry)
        return age_1.UnwrapResult(file_key=files.file_key(private, request.stanzas))

    def _keep(
        self, private: algorithms.PrivateKey | SecretKey, request: crypto.Generate | crypto.Import, call: Call
    ) -> Item:
        """Keeps a key that is new here, and says so."""
        public = None if isinstance(private, SecretKey) else private.public_key()
        algorithm = name_of(public) if public is not None else request.algorithm or ""
        usage = usage_of(algorithm, request.usage)
        if request.ssh and usage != SIGN:
            raise UnfitError(f"a key for {usage} signs nothing, so it is not for SSH")
        written, fingerprint = ("", "") if public is None else algorithms.written(public)
        told = {"algorithm": algorithm, "usage": usage, "fingerprint": fingerprint, "public": written}
        now_s = int(time.time())
        item = Item(
            item=secrets.token_hex(_ID_BYTES),
            kind=BOUND_KEY if request.bound else KEY,
            label=request.label,
            attributes={name: value for name, value in told.items() if value},
            created=now_s,
            modified=now_s,
        )
        call.makes(item)
        if public is not None and usage == SIGN:
            self._session.forget(ssh.blob_of(written))
        spki = b"" if public is None else algorithms.spki(public)
        copy = this_copy() if request.bound else ""
        self._keyring.add(Entry(item, spki, ssh=bool(request.ssh), usage=usage, copy=copy), private)
        self.tell("crypto/1.created", item)
        self.tell("ssh/1.changed")
        return item

    def _exportable(self, item: str) -> Entry:
        entry = self._keyring.entry(item)
        if entry.is_bound:
            raise BoundKeyError
        return entry


def _said_of(item: Item) -> str:
    return " ".join((item.label, *item.attributes.values())).casefold()
