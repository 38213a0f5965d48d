"""The anchor: a few bytes in the TPM that no copy of the disk sets back.

Rules:

1. It lies in an NV index of its own, whose place follows from the profile and whose authorization from the master key:
   who has neither can remove it, as the TPM's owner may, and can neither read nor write it. What is read comes in a
   session that only this TPM can hold up (``chip``).
2. Nothing on the disk says that there is one: a copy from before it was made cannot hide it.
3. What its bytes mean is the business of whoever keeps them there.

A TPM's NV memory wears, some 100,000 writes by its makers: whoever writes says how often.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from etui.sealing import Secret
from etui.standards import tpm2
from etui.trusted.vault.chip import open_chip, open_transport, transmit
from etui.trusted.vault.errors import NoAnchorError, TpmUnusableError

ANCHOR_BYTES: Final = 72
_FIRST_INDEX: Final = 0x0180_0000
"""TCG Registry of Reserved TPM 2.0 Handles, section 2.2: what the owner gives out."""
_INDICES: Final = 1 << 22


class Anchor:
    """The anchor of one profile. ``auth``: 32 bytes that follow from its master key."""

    def __init__(self, tpm: Path, profile: str, auth: Secret) -> None:
        self._tpm = tpm
        self._auth = auth
        digest = hashlib.sha256(b"etui/anchor/1\0" + profile.encode()).digest()
        self._index = _FIRST_INDEX + int.from_bytes(digest[:4], "big") % _INDICES

    def read(self) -> bytes:
        """Its content (``ANCHOR_BYTES``); raises ``NoAnchorError`` where there is none, ``TpmUnusableError``."""
        found = self._found()
        if found is None or not found.written:
            raise NoAnchorError
        with open_chip(self._tpm) as chip:
            return chip.nv_read(found, self._auth)

    def write(self, content: bytes) -> None:
        """Keep ``content`` (``ANCHOR_BYTES``), also where there was none; raises ``TpmUnusableError``."""
        found = self._found()
        with open_chip(self._tpm) as chip:
            if found is None:
                found = tpm2.NvIndex(self._index, ANCHOR_BYTES)
                chip.nv_define(found, self._auth)
            chip.nv_write(found, self._auth, content)

    def remove(self) -> None:
        """Have none from now on; nothing happens where there is none. Raises ``TpmUnusableError``."""
        found = self._found()
        if found is not None:
            with open_chip(self._tpm) as chip:
                chip.nv_undefine(found)

    def _found(self) -> tpm2.NvIndex | None:
        """The index as it stands in the TPM; raises ``TpmUnusableError`` where another's is in its place."""
        public = _public_of(self._tpm, self._index)
        if public is None:
            return None
        for written in (False, True):
            index = tpm2.NvIndex(self._index, ANCHOR_BYTES, written)
            if index.public == public:
                return index
        raise TpmUnusableError(
            f"NV index 0x{self._index:08X} of the TPM, where this wallet's anchor would be, is somebody else's"
        )


def _public_of(tpm: Path, index: int) -> bytes | None:
    command = tpm2.nv_read_public(index)
    with open_transport(tpm) as transport:
        try:
            answer = tpm2.read_answer(command, transmit(transport, command.encode()))
        except tpm2.TpmRefusedError as error:
            if error.what == tpm2.Code.HANDLE:
                return None
            raise
    return tpm2.Reader(answer.parameters).sized()
