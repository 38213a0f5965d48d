"""The Trusted Dialog: the one window that the wallet itself draws.

One request in order: ``link`` (frames) · ``desk`` (messages to events) · ``machine`` (when Approve is taken) ·
``content`` (what is said) · a face (``qt``, ``terminal`` or ``scripted``) · ``answers`` (what goes back, sealed).

Rules of this room:

1. ``machine``, ``front``, ``answers``, ``entries``, ``content``, ``text`` and ``passphrases`` are sans-I/O.
2. Text of others reaches a face through ``text`` alone and is never read as markup.
3. What is typed is sealed as soon as it is approved, and the field that held it is emptied.
4. The Router imports ``requests`` and nothing else of this room.
"""

from etui.trusted.dialog import requests

__all__ = ["requests"]
