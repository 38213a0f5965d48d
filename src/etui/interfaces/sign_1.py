"""Signed texts: the typed Python of ``sign/1``.

Generated from the interface's document by ``etui interface generate``; do not edit.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

import msgspec
from msgspec import Meta

from etui.interfaces.binding import Request, Result

INTERFACE: Final = "sign/1"

__all__ = [
    "INTERFACE",
    "Attachment",
    "Key",
    "SignText",
    "SignTextResult",
    "Statement",
]


class Attachment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file that belongs to the text, by its digest.

    The user sees all of this, and not the file itself.
    """

    name: Annotated[str, Meta(max_length=255)]
    media_type: Annotated[str, Meta(max_length=127)]
    """As `application/pdf` (RFC 6838)."""
    size: Annotated[int, Meta(ge=0)]
    sha256: Annotated[str, Meta(max_length=64)]
    """64 digits of base 16, in lower case."""


class Key(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A public key as a JSON Web Key (RFC 7517; RFC 7518, section 6.2; RFC 8037, section 2)."""

    kty: Annotated[str, Meta(max_length=3)]
    crv: Annotated[str, Meta(max_length=20)]
    x: Annotated[str, Meta(max_length=100)]
    y: Annotated[str, Meta(max_length=100)] | None = None


class Statement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is signed: the text, and how the wallet says that it was shown.

    Both forms sign the same bytes, this object in JSON. No method has it in its params: the provider makes
    it of what the Router told it (`call.consent`).
    """

    statement: Literal["org.etui.signed-text/1"]
    """What this is, and by which version of it."""
    title: Annotated[str, Meta(max_length=200)]
    text: Annotated[str, Meta(max_length=65536)]
    """The very text that stood in the dialog."""
    text_sha256: Annotated[str, Meta(max_length=64)]
    """SHA-256 over the UTF-8 of the characters that the dialog drew, in base 16."""
    attachments: Annotated[list[Attachment], Meta(max_length=50)] | None = None
    relying_party: Annotated[str, Meta(max_length=200)] | None = None
    """For whom."""
    shown_at: int
    """When the user said yes, by the wallet's clock."""
    assurance: Literal["consent", "fingerprint", "pin"]
    """`consent`: a yes at the end of the text.

    `fingerprint`: and the machine recognised a finger, which the wallet did not check. `pin`: with the PIN
    or the passphrase.
    """
    face: Literal["window", "terminal", "script"]
    """`script`: no person was asked."""
    display: Annotated[str, Meta(max_length=40)]
    """`wayland`, `x11`, `terminal`, `offscreen` or `scripted`."""
    protected: bool
    """Whether no program of the session could see or press what was shown."""
    installed: Literal["per_user", "managed"]
    """Whether the wallet ran under its user's own account, or under accounts of its own."""
    test: bool
    """Whether it was a test profile, where nothing is promised."""
    key: Key
    """The key that signs."""


class SignTextResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``sign/1.sign_text``."""

    METHOD: ClassVar[str] = "sign/1.sign_text"

    jws: Annotated[str, Meta(max_length=1048576)] | None = None
    """Its header has `typ` `etui-signed-text+jws`, and the key's thumbprint (RFC 7638) in `kid`."""
    cose: Annotated[bytes, Meta(max_length=786432)] | None = None
    """Tagged; everything in its headers is protected: `typ` (RFC 9596) `application/etui-signed-text+cose`, and
    `kid` as in the other form.
    """


class SignText(Request[SignTextResult], frozen=True, kw_only=True, omit_defaults=True):
    """Sign a text.

    Has the user read the text to its end and signs it, as a JSON Web Signature in the compact form (RFC
    7515), as a COSE_Sign1 (RFC 9052), or both. What is signed is a `Statement`. A character that is not seen
    as it is, in any of the texts, is refused with its place; so are two attachments of one name, however
    written.
    """

    METHOD: ClassVar[str] = "sign/1.sign_text"
    RESULT: ClassVar[type[Result]] = SignTextResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    title: Annotated[str, Meta(max_length=200)]
    relying_party: Annotated[str, Meta(max_length=200)] | None = None
    """For whom, as the Client says."""
    attachments: Annotated[list[Attachment], Meta(max_length=50)] | None = None
    text: Annotated[str, Meta(max_length=65536)]
    form: Literal["jws", "cose", "both"]
