"""The keys of Extensions: 32 random bytes for each installation, wrapped by the master key.

Rules:

1. The place of a wrapped key names profile, publisher and installation: a file that was copied to another
   installation's name, or asked for under another publisher, does not open.
2. A file's name is a MAC of the installation's id, so that a locked disk shows how many there are and no names.
3. A key is made at its first use and handed out only when it is on the disk. A damaged file is refused and never
   replaced: a new key would make the Extension's records unreadable without a word.
4. An installation whose key was destroyed gets a new one: it inherits nothing.
"""

from __future__ import annotations

import hmac
import os
from typing import Final

import msgspec

from etui.sealing import NewerRecordError, RecordKey, SealedRecordError, derive
from etui.trusted.vault.directory import VaultDirectory
from etui.trusted.vault.errors import KeyRefusedError, NewerFormatError

KEY_BYTES: Final = 32


class ExtensionKeys:
    """The key files of one profile; ``directory`` must be held by this process."""

    def __init__(self, master: bytes, profile: str, directory: VaultDirectory) -> None:
        self._wrapping = RecordKey(derive(master, "etui/vault/extension-keys/1"))
        self._naming = derive(master, "etui/vault/key-names/1")
        self._profile = profile
        self._directory = directory

    def key_for(self, installation: str, publisher: str) -> bytes:
        """The key (32 bytes) of ``installation`` by ``publisher``, made at its first use.

        Raises ``KeyRefusedError`` where the file does not open for the two, ``NewerFormatError``, and ``StorageError``
        where a new one cannot be written.
        """
        name = self._name(installation)
        place = msgspec.json.encode(["etui/extension-key/1", self._profile, publisher, installation])
        wrapped = self._directory.read(name)
        if wrapped is None:
            key = os.urandom(KEY_BYTES)
            self._directory.write(name, self._wrapping.seal(key, place))
            return key
        try:
            return self._wrapping.open(wrapped, place)
        except NewerRecordError as error:
            raise NewerFormatError(f"the key of {installation} cannot be used: {error}") from None
        except SealedRecordError:
            raise KeyRefusedError(
                f"{self._directory.path / name} does not open for the Extension {installation} of {publisher}: it is"
                " damaged, or was made for another; restore it from a backup, or remove and install the Extension again"
            ) from None

    def destroy(self, installation: str) -> None:
        """Destroy the key of ``installation``, durably; nothing happens if there is none."""
        self._directory.destroy(self._name(installation))

    def _name(self, installation: str) -> str:
        return hmac.digest(self._naming, installation.encode(), "sha256").hex()[:32]
