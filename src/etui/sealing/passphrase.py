"""The one spelling of a passphrase: what was typed on two keyboards becomes the same bytes.

Rules, those of the OpaqueString profile (RFC 8265, section 4.2):

1. Every space that is not ASCII's becomes U+0020; width, case and direction stay as they were typed.
2. The text is normalised to NFC and encoded as UTF-8. NFC of assigned characters never changes with a later
   Unicode, so a passphrase opens its wallet for good.
3. An empty text is refused, and so are control characters, surrogates, private-use and unassigned code
   points. The contextual rules of the FreeformClass (RFC 8264) are left out: they refuse joiners that
   keyboards type.
4. One that is chosen anew has at least 15 characters, which is what NIST SP 800-63B-4, section 3.1.1.2, asks
   where a password protects something alone; there are no rules of composition. So a PIN is no passphrase: a
   copied disk ignores every counter.

Nothing is trimmed and no two spaces become one: what is checked is what was typed.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from etui.sealing.secret import Secret

LEAST_CHARACTERS: Final = 15
MAX_CHARACTERS: Final = 1024
_REFUSED: Final = frozenset({"Cc", "Cs", "Co", "Cn"})


class PassphraseTextError(Exception):
    """A text cannot be a passphrase; the message says why and shows nothing of it."""

    code = "passphrase_text"


def prepared(passphrase: Secret) -> Secret:
    """The bytes that stand for a typed ``passphrase`` (UTF-8, at most ``MAX_CHARACTERS`` code points).

    Raises ``PassphraseTextError`` for a text that rule 3 refuses. Source: RFC 8265, section 4.2.
    """
    try:
        typed = passphrase.reveal_text()
    except UnicodeDecodeError:
        raise PassphraseTextError("the passphrase is not UTF-8 text") from None
    if len(typed) > MAX_CHARACTERS:
        raise PassphraseTextError(f"the passphrase is longer than {MAX_CHARACTERS} characters")
    spaced = "".join(" " if unicodedata.category(character) == "Zs" else character for character in typed)
    text = unicodedata.normalize("NFC", spaced)
    if not text:
        raise PassphraseTextError("the passphrase is empty")
    if any(unicodedata.category(character) in _REFUSED for character in text):
        raise PassphraseTextError(
            "the passphrase holds a character that keyboards do not type alike: a control character such as a"
            " line break, or one that Unicode does not define"
        )
    return Secret.from_text(text)


def prepared_new(passphrase: Secret) -> Secret:
    """As ``prepared``, for a passphrase that somebody chooses: at least ``LEAST_CHARACTERS`` code points.

    Raises ``PassphraseTextError`` for a text that rule 3 or rule 4 refuses. Source: NIST SP 800-63B-4, 3.1.1.2.
    """
    new = prepared(passphrase)
    length = len(new.reveal_text())
    if length < LEAST_CHARACTERS:
        raise PassphraseTextError(
            f"the passphrase has {length} characters and needs at least {LEAST_CHARACTERS}: take several words"
        )
    return new
