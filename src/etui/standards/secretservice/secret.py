"""The struct (oayays) in which a secret travels.

Source: Secret Service API Draft 0.2, type ``Secret``.
"""

from __future__ import annotations

from typing import Final

import msgspec

from etui.standards.secretservice.errors import SecretFormError

SECRET_SIGNATURE: Final = "(oayays)"  # noqa: S105  # a type
DEFAULT_CONTENT_TYPE: Final = "text/plain"
_MEMBERS: Final = 4


class Secret(msgspec.Struct, frozen=True):
    """A secret on its way.

    ``session``: the object path of the session that it travels in. ``parameters``: the initialisation vector (16
    bytes), empty in a plain session. ``value``: the ciphertext, or in a plain session the secret itself.
    """

    session: str
    parameters: bytes
    value: bytes
    content_type: str = DEFAULT_CONTENT_TYPE

    @classmethod
    def from_wire(cls, body: object) -> Secret:
        """The secret in a decoded D-Bus struct; raises ``SecretFormError``."""
        match body:
            case [str(session), bytes() | bytearray() | list() as parameters, value, str(content_type)]:
                return cls(session, _octets(parameters), _octets(value), content_type)
            case _:
                msg = f"a secret is a struct {SECRET_SIGNATURE} of {_MEMBERS} members"
                raise SecretFormError(msg)

    def wire(self) -> list[object]:
        """The members in the order of the struct."""
        return [self.session, self.parameters, self.value, self.content_type]

    def __repr__(self) -> str:
        return f"Secret({self.session!r}, {len(self.value)} bytes, {self.content_type!r})"


def _octets(value: object) -> bytes:
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    if value == []:  # how some decoders give an empty array
        return b""
    msg = "a secret's parameters and value are arrays of bytes"
    raise SecretFormError(msg)
