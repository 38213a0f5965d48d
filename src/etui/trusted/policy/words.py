"""What each policy says, in words for people, by the id under which a record names it."""

from __future__ import annotations

from typing import Final

_MANUFACTURER: Final = {
    "manufacturer/harmless": "What discloses and changes nothing of value is free to every program.",
    "manufacturer/add-own": "Everybody may add something of their own.",
    "manufacturer/consent": "You may say yes to anything that nothing forbids.",
    "manufacturer/extension-uses": "An Extension may use what you saw that it uses when it was installed.",
    "manufacturer/declared-host": "An Extension may reach the hosts that you saw when it was installed.",
    "manufacturer/host-by-consent": "You are asked before an Extension reaches a host that it learned of later.",
    "manufacturer/derived": "What serves Extensions is there for the calls that they serve.",
    "manufacturer/covered": "Your yes to a call covers what follows from it with the same payee and amount.",
    "manufacturer/extensions-only": "What serves Extensions is closed to programs.",
    "manufacturer/doors-only": "Only a door says what comes from outside.",
    "manufacturer/extension-undeclared": "An Extension reaches nothing that its manifest does not name.",
    "manufacturer/whole-by-passphrase": "What uses the wallet as a whole takes your passphrase or PIN.",
    "manufacturer/router-only": "Only the wallet itself asks this.",
}
_BY_BEGINNING: Final = {
    "operator/": "A rule in a policy file of this profile.",
    "profile/": "A rule of the Extension that keeps the item: who may use it, and how.",
    "user/refused": "What you refused is not put to you again at once; `etui clients --ask-again` ends that.",
    "g-": "A lasting right, which you can take back.",
    "t-": "A permission for one run of a program or one terminal, until the lock.",
}


def said(policy: str) -> str:
    """What a policy says; empty where nothing is known of it but its id."""
    if policy in _MANUFACTURER:
        return _MANUFACTURER[policy]
    return next((words for beginning, words in _BY_BEGINNING.items() if policy.startswith(beginning)), "")
