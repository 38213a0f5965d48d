"""Who asks in the pictures, and which Extensions keep what is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from etui.extensions import cards, encryption, guard, secrets
from etui.trusted.dialog.requests import Asker, Frame, Strength

MAIL: Final = Asker(
    name="thunderbird",
    principal="app:/usr/lib/thunderbird/thunderbird",
    strength=Strength.OBSERVED,
    sentence="The program /usr/lib/thunderbird/thunderbird of your own user, as far as the system shows. Another"
    " program of yours could pretend to be it.",
    through=("secret-service",),
)
SHOP: Final = Asker(
    name="shop.example",
    principal="web:https://shop.example@firefox-7f3a",
    strength=Strength.OBSERVED,
    sentence="The page https://shop.example, in Firefox (paired on 3 May 2026).",
    through=("firefox", "browser"),
)
BROWSER: Final = Asker(
    name="firefox",
    principal="app:/usr/lib/firefox-esr/firefox-esr",
    strength=Strength.OBSERVED,
    sentence="The program /usr/lib/firefox-esr/firefox-esr of your own user, as far as the system shows. Another"
    " program of yours could pretend to be it.",
    through=("browser",),
)
SHELL: Final = Asker(
    name="etui",
    principal="app:/usr/bin/etui",
    strength=Strength.OBSERVED,
    sentence="The program /usr/bin/etui of your own user, as far as the system shows. Another program of yours could"
    " pretend to be it.",
)
STRANGER: Final = Asker(
    name="\u0420ayPal-\u202egnp.tool",
    principal="script:/home/mira/Downloads/very/long/path/that/goes/on/and/on/without/any/space/at/all/pay.sh@session",
    strength=Strength.CLAIMED,
    sentence="The script pay.sh, started in this session, as its command line says. Another program of yours could"
    " pretend to be it.",
)
SECRETS: Final = Frame(
    extension="ext:etui/org.etui.secrets",
    name="Secrets",
    publisher="etui",
    logo=(Path(secrets.__file__).parent / "logo.png").read_bytes(),
)
KEYS: Final = Frame(
    extension="ext:etui/org.etui.encryption",
    name="Keys",
    publisher="etui",
    logo=(Path(encryption.__file__).parent / "logo.png").read_bytes(),
)
PAYMENTS: Final = Frame(
    extension="ext:etui/org.etui.cards",
    name="Payments",
    publisher="etui",
    logo=(Path(cards.__file__).parent / "logo.png").read_bytes(),
)
GUARD: Final = Frame(
    extension="ext:etui/org.etui.guard",
    name="Guard",
    publisher="etui",
    logo=(Path(guard.__file__).parent / "logo.png").read_bytes(),
)
CARDS: Final = Frame(extension="ext:example.alp/example.alp.cards", name="Alpbank Cards", publisher="example.alp")
