"""``pinentry-gnome3`` of Debian as GnuPG's agent uses it: a passphrase that was stored for a key is not asked for."""

from __future__ import annotations

from judges.expected import Verdict
from judges.stage import Stage
from judges.steps import taken


def judge(stage: Stage) -> Verdict:
    """Its verdict."""

    def pinentry(*commands: str) -> list[str]:
        asked = "\n".join(("OPTION allow-external-password-cache", *commands, "BYE", ""))
        return stage.run("pinentry-gnome3", stdin=asked).stdout.splitlines()

    def store(key: str, value: str) -> bool:
        attributes = ("xdg:schema", "org.gnupg.Passphrase", "stored-by", "GnuPG Pinentry", "keygrip", key)
        return stage.run("secret-tool", "store", "--label=GnuPG", *attributes, stdin=value).returncode == 0

    def known(key: str) -> bool:
        return "D open sesame" in pinentry(f"SETKEYINFO {key}", "GETPIN")

    steps = {
        "the passphrase of a key": lambda: store("n/0123", "open sesame") and known("n/0123"),
        "not that of another key": lambda: not known("n/4567"),
        "forget": lambda: "OK" in pinentry("CLEARPASSPHRASE n/0123") and not known("n/0123"),
    }
    return taken(steps)
