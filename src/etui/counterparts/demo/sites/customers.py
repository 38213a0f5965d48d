"""The operator's customers: how one registers and logs in, with a password and then a one-time code.

::

    register ─► PENDING ── a code of the new key ─► customer
    log in: user name, password ─► HALF ── a code, later than any that was used ─► IN

1. A password is kept as Argon2id makes it; who is unknown takes as long to refuse as a wrong password.
2. After five wrong tries, of either kind, an account waits a minute from the last one.
3. A one-time code is good once, in its step and the one before.

Sans-I/O: the time is passed in. Nothing is written anywhere: customers are known while the site is open.

Source: RFC 6238, section 5.2 (a code is accepted once; one step of delay); RFC 9106 (Argon2).
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from typing import Final
from urllib.parse import quote

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from etui.standards.otp import TotpKey, hotp

MOST_CUSTOMERS: Final = 1_000
LEAST_PASSWORD: Final = 10
MOST_PASSWORD: Final = 200
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{2,39}")
_SECRET_BYTES: Final = 20
_TRIES: Final = 5
_WAIT_S: Final = 60
_ISSUER: Final = "Alpnet"


class CustomerError(Exception):
    """The message says what is wrong, and what to do."""

    code = "customer"


class Customer:
    """``name``: by which one logs in. ``key``: of the one-time codes."""

    def __init__(self, name: str, password_hash: str) -> None:
        self.name = name
        self.key = TotpKey(secrets.token_bytes(_SECRET_BYTES))
        self._hash = password_hash
        self._used = -1
        self._wrong = 0
        self._wrong_at_s = 0

    @property
    def secret(self) -> str:
        """The key as a person types it: base32, in groups of four."""
        text = base64.b32encode(self.key.secret).decode()
        return " ".join(text[at : at + 4] for at in range(0, len(text), 4))

    @property
    def uri(self) -> str:
        """The key for a program that shows codes."""
        secret = self.secret.replace(" ", "")
        return f"otpauth://totp/{_ISSUER}:{quote(self.name)}?secret={secret}&issuer={_ISSUER}"

    def check_password(self, hasher: PasswordHasher, password: str, at_s: int) -> None:
        """Raises ``CustomerError``."""
        self._check_tries(at_s)
        try:
            hasher.verify(self._hash, password)
        except VerifyMismatchError:
            self._missed(at_s)
            raise _unknown() from None

    def check_code(self, code: str, at_s: int) -> None:
        """Takes a code, for good; raises ``CustomerError``."""
        self._check_tries(at_s)
        now = at_s // self.key.period_s
        digits = code.replace(" ", "").encode()
        for step in (now, now - 1):
            if step > self._used and hmac.compare_digest(hotp(self.key.secret, step).encode(), digits):
                self._used, self._wrong = step, 0
                return
        self._missed(at_s)
        raise CustomerError("That code is not right, or was used before: take the one that is shown next.")

    def _check_tries(self, at_s: int) -> None:
        if self._wrong >= _TRIES and at_s < self._wrong_at_s + _WAIT_S:
            raise CustomerError("That was wrong too often: wait a minute, then try again.")

    def _missed(self, at_s: int) -> None:
        self._wrong, self._wrong_at_s = self._wrong + 1, at_s


class Customers:
    """Everybody who registered."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._known: dict[str, Customer] = {}
        self._nobody = Customer("nobody", self._hasher.hash(secrets.token_hex()))

    def new(self, name: str, password: str) -> Customer:
        """Somebody who may become a customer; raises ``CustomerError``."""
        if not _NAME.fullmatch(name):
            raise CustomerError(
                "A user name has 3 to 40 characters: a to z, digits, and . _ - but not at its beginning."
            )
        if name in self._known:
            raise CustomerError(f"Somebody is called {name} already: take another user name.")
        if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
            raise CustomerError(f"A password has {LEAST_PASSWORD} to {MOST_PASSWORD} characters.")
        return Customer(name, self._hasher.hash(password))

    def admit(self, pending: Customer, code: str, at_s: int) -> None:
        """Makes somebody a customer who shows a code of the new key; raises ``CustomerError``."""
        pending.check_code(code, at_s)
        if pending.name in self._known:
            raise CustomerError(f"Somebody is called {pending.name} by now: register with another user name.")
        if len(self._known) >= MOST_CUSTOMERS:
            raise CustomerError("So many have registered that nobody else can.")
        self._known[pending.name] = pending

    def known(self, name: str, password: str, at_s: int) -> Customer:
        """The customer with that password; raises ``CustomerError``."""
        found = self._known.get(name)
        (found or self._nobody).check_password(self._hasher, password, at_s)
        if found is None:
            raise _unknown()
        return found


def _unknown() -> CustomerError:
    return CustomerError("User name or password is not right.")
