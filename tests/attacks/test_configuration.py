"""A program of the same user changes what the wallet is told before it is unlocked, while that does not run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.cli.etui import done, told, wait_until
from tests.cli.test_run import first_line, running

from etui.interfaces import secret_1 as secret
from etui.testkit import TestWallet
from etui.testkit.user import PASSPHRASE
from etui.trusted.dialog.requests import Looks
from etui.trusted.router.header import read_looks, write_looks

SECRET = "planted-in-the-wallet"
_OWN = Looks(picture="fox", phrase="a fox in the snow", colour="#2f6f6f")
_PLANTED = Looks(picture="owl", phrase="chosen by another program", colour="#1f5f8b")


@pytest.mark.attack(268)
def test_a_door_that_is_written_into_the_settings_opens_without_a_right_and_the_looks_are_whose_they_are(
    short_dir: Path, bus: str
) -> None:
    """Outside of what is promised: nobody can be asked before the unlock, and what is shown then lies in the clear."""
    if shutil.which("secret-tool") is None:
        pytest.skip("needs package libsecret-tools")
    stage = TestWallet(short_dir, environ={"DBUS_SESSION_BUS_ADDRESS": bus, "HOME": str(short_dir)})
    chosen = {"picture": _OWN.picture, "phrase": _OWN.phrase, "colour": _OWN.colour}
    stage.user.rule("create", when={"face": "create"}, passphrase=PASSPHRASE, **chosen)
    with stage:
        stage.create()
        with stage.connect() as client:
            request = secret.Create(kind="note", label="Mail", attributes={"service": "mail"}, value=SECRET.encode())
            client.call(request)
        before = told(stage, "settings")

    assert read_looks(stage.home) == _OWN, "a program of the user sees them"
    write_looks(stage.home, _PLANTED)
    (stage.home / "settings.json").write_text('{"format": 1, "doors": ["secret-service"]}')

    with running(stage, "--transcript", str(stage.user.transcript)) as process:
        assert "is locked" in first_line(process)
        done(stage, "unlock")
        wait_until(lambda: states(stage)["secret-service"] == "open")
        assert stage.user.asked() == [], "nobody was asked about the door"
        assert read_looks(stage.home) == _PLANTED
        assert told(stage, "settings") == before, "nothing but doors is set outside of what is sealed"

        stage.user.refuses(action_contains="Mail")
        (short_dir / "game").write_text("secret-tool lookup service mail; exit\n", encoding="utf-8")
        looked = stage.run("sh", str(short_dir / "game"))
        assert "the user refused" in looked.stderr
        assert SECRET not in looked.stdout + looked.stderr
        assert len(stage.user.asked()) == 1, "the door has no right of its own"


def states(stage: TestWallet) -> dict[str, str]:
    """How each door stands."""
    return {row["door"]: row["state"] for row in told(stage, "door")}
