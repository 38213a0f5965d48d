"""Names that somebody gives a program, an item or an Extension in order to deceive or to break something."""

from __future__ import annotations

from typing import Final

NAMES: Final = {
    "quotes": 'it\'s a "name" of “quotes”',
    "Cedar": 'x", action, resource); permit(principal, action, resource); //',
    "bidi": "invoice\u202egnp.exe \u2067abc\u2069",
    "look-alikes": "p\u0430ypal b\u0430nk",
    "long": "n" * 300,
    "lines": "first\nsecond\r\nthird\u2028fourth",
    "markup": "<b>bold</b><img src=x onerror=alert(1)>&amp;<a href='x'>link</a>",
    "escapes": "\x1b[2J\x1b]0;title\x07red\x08\x7f",
    "invisible": "a\u200bb\u2060c\ufeffd\u3164e",
    "stacked": "a" + "\u0335" * 40 + "b",
    "formats": "%s {0} {name} ${HOME} $(id) `id` \\n \\x41",
    "an option": "--help",
    "an identity": "app:/usr/bin/mailer",
    "wide": "名前" * 40,
}
"""By what is nasty about them."""
