"""``python -m etui.trusted.vault --fd N --directory PATH [--tpm PATH]``: the process that holds the master key.

It answers its supervisor alone, over descriptor N, one request at a time, and ends when that closes. Nothing that it is
sent or answers can be read by whoever relays it: secrets arrive sealed to its session key, a recovery key leaves sealed
to the dialog, and keys leave through pipes that lead to where they are used. It alone speaks to the TPM.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path

from etui.sealing import ChannelKey, SealedValueError, Secret
from etui.trusted.control import UNASKED, HandKey, Link, LinkClosed, Reply, ToVault, VaultAsk, VaultOperation
from etui.trusted.memory import Protection, protect_memory
from etui.trusted.vault import (
    DEVICE,
    NewRecovery,
    Passphrase,
    Recovery,
    UnlockPin,
    Vault,
    VaultError,
    unlock_pin_tries_left,
)


class VaultProcess:
    """Serves one vault directory over one control channel."""

    def __init__(
        self, link: Link[Reply, ToVault], directory: Path, protections: tuple[Protection, ...], tpm: Path = DEVICE
    ) -> None:
        self._link = link
        self._weaknesses = "\n".join(found.words for found in protections if not found.held)
        self._directory = directory
        self._tpm = tpm
        self._session = ChannelKey()
        self._vault: Vault | None = None
        self._recovery: NewRecovery | None = None

    def serve(self) -> None:
        """Answers requests until the channel closes."""
        while True:
            message, descriptor = self._link.receive()
            match message:
                case HandKey():
                    self._hand(message, descriptor)
                case VaultAsk():
                    self._link.send(self._answer(message))

    def _answer(self, ask: VaultAsk) -> Reply:
        try:
            match ask.operation:
                case VaultOperation.PIN:
                    left = self._opened().pin_tries_left
                    return Reply(number=ask.number, tries_left=-1 if left is None else left)
                case VaultOperation.UNLOCK_PIN:
                    return Reply(number=ask.number, tries_left=unlock_pin_tries_left(self._directory, self._tpm))
                case VaultOperation.PUBLIC:
                    return Reply(number=ask.number, value=self._session.public, message=self._weaknesses)
                case _:
                    return Reply(number=ask.number, value=self._perform(ask))
        except VaultError as error:
            return Reply(
                number=ask.number,
                code=error.code,
                message=str(error),
                tries_left=error.tries_left,
                wait_s=error.wait_s,
            )
        except SealedValueError:
            return Reply(
                number=ask.number, code="stale_key", message="the value was sealed to an earlier vault process"
            )

    def _perform(self, ask: VaultAsk) -> bytes:  # noqa: C901, PLR0912  a table
        match ask.operation:
            case VaultOperation.CREATE:
                self._vault, recovery = Vault.create(self._directory, ask.profile, self._secret(ask))
                return self._to_dialog(ask, recovery)
            case VaultOperation.OPEN:
                self._open(Passphrase(self._secret(ask)))
            case VaultOperation.RECOVER:
                self._open(Recovery(self._secret(ask)))
            case VaultOperation.OPEN_BY_PIN:
                self._refuse_open()
                self._vault = Vault.open_by_pin(self._directory, UnlockPin(self._pin(ask.sealed)), self._tpm)
            case VaultOperation.SET_UNLOCK_PIN:
                self._opened().set_unlock_pin(self._secret(ask), self._pin(ask.sealed_new), self._tpm)
            case VaultOperation.REMOVE_UNLOCK_PIN:
                self._opened().remove_unlock_pin()
            case VaultOperation.READ_ANCHOR:
                return self._opened().anchor(self._tpm).read()
            case VaultOperation.WRITE_ANCHOR:
                self._opened().anchor(self._tpm).write(ask.anchor)
            case VaultOperation.REMOVE_ANCHOR:
                self._opened().anchor(self._tpm).remove()
            case VaultOperation.CONFIRM:
                self._opened().confirm(self._secret(ask))
            case VaultOperation.CONFIRM_BY_PIN:
                self._opened().confirm_by_pin(self._pin(ask.sealed))
            case VaultOperation.SET_PIN:
                self._opened().set_pin(self._secret(ask), self._pin(ask.sealed_new))
            case VaultOperation.REMOVE_PIN:
                self._opened().remove_pin()
            case VaultOperation.OPEN_AT_LOGIN:
                self._open_at_login(Secret(self._session.open(ask.sealed, "vault.login_key")))
            case VaultOperation.SET_LOGIN:
                password = Secret(self._session.open(ask.sealed_new, "vault.login"))
                self._opened().set_login(self._secret(ask), password)
            case VaultOperation.REMOVE_LOGIN:
                self._opened().remove_login()
            case VaultOperation.CHANGE:
                self._opened().change_passphrase(Passphrase(self._secret(ask)), self._new_secret(ask))
            case VaultOperation.CHANGE_BY_RECOVERY:
                self._opened().change_passphrase(Recovery(self._secret(ask)), self._new_secret(ask))
            case VaultOperation.NEW_RECOVERY:
                self._recovery = self._opened().new_recovery(Passphrase(self._secret(ask)))
                return self._to_dialog(ask, self._recovery.text)
            case VaultOperation.KEEP_RECOVERY:
                self._keep_recovery()
            case VaultOperation.DESTROY:
                self._opened().destroy_key(ask.installation)
        return b""

    def _open(self, proof: Passphrase | Recovery) -> None:
        self._refuse_open()
        self._vault = Vault.open(self._directory, proof).vault

    def _refuse_open(self) -> None:
        if self._vault is not None:
            raise _OpenError("the vault is open already")

    def _open_at_login(self, key: Secret) -> None:
        if self._vault is not None:
            raise _OpenError("the vault is open already")
        self._vault = Vault.open_at_login(self._directory, key)

    def _opened(self) -> Vault:
        if self._vault is None:
            raise _NotOpenError("the vault is not open: unlock the wallet first")
        return self._vault

    def _keep_recovery(self) -> None:
        new, self._recovery = self._recovery, None
        if new is None:
            raise _NoRecoveryError("there is no new recovery key that waits to be kept")
        self._opened().replace_recovery(new)

    def _secret(self, ask: VaultAsk) -> Secret:
        return Secret(self._session.open(ask.sealed, "vault.passphrase"))

    def _new_secret(self, ask: VaultAsk) -> Secret:
        return Secret(self._session.open(ask.sealed_new, "vault.new"))

    def _pin(self, sealed: bytes) -> Secret:
        return Secret(self._session.open(sealed, "vault.pin"))

    def _to_dialog(self, ask: VaultAsk, recovery: Secret) -> bytes:
        return self._session.seal_to(ask.dialog_key, recovery.reveal(), "vault.recovery")

    def _hand(self, request: HandKey, descriptor: int | None) -> None:
        """Writes a key into the pipe; where there is none to give, closing the pipe empty says so.

        It waits for nobody: whoever holds a pipe's reading end can open the other one too, and fill it.
        """
        if descriptor is None:
            return
        os.set_blocking(descriptor, False)
        with open(descriptor, "wb", buffering=0) as pipe, suppress(BrokenPipeError):  # noqa: PTH123
            vault = self._vault
            if vault is None:
                return
            try:
                if request.installation:
                    key = vault.key_for(request.installation, request.publisher)
                else:
                    key = vault.router_key() + vault.audit_key() + vault.header_key()
                if pipe.write(key) is None:
                    sys.stderr.write("vault: a key was not handed out: its pipe was filled by whoever was to read it\n")
            except VaultError as error:
                sys.stderr.write(f"vault: a key was not handed out: {error}\n")
                self._link.send(Reply(number=UNASKED, code=error.code, message=str(error)))


class _OpenError(VaultError):
    code = "open"


class _NotOpenError(VaultError):
    code = "locked"


class _NoRecoveryError(VaultError):
    code = "no_recovery"


def main() -> int:
    """Runs the vault's process."""
    parser = argparse.ArgumentParser(prog="etui-vault")
    parser.add_argument("--fd", type=int, required=True)
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--tpm", type=Path, default=DEVICE)
    arguments = parser.parse_args()
    protections = protect_memory()
    os.umask(0o077)
    link: Link[Reply, ToVault] = Link(socket.socket(fileno=arguments.fd), ToVault)
    with suppress(LinkClosed):
        VaultProcess(link, arguments.directory, protections, arguments.tpm).serve()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
