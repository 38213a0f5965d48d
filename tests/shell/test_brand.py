"""Brand packs: what they change of the Shell, what is refused of them, and what they never reach."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.docs.page import ROOT
from tests.shell.conftest import shell_of
from tests.shell.visitor import Visitor

from etui.shell.brand import BrandError, contrast, encode_kept, read_kept, read_pack
from etui.testkit import TestWallet

EXAMPLE = ROOT / "examples" / "brand"


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A copy of the example's."""
    folder = tmp_path / "pack"
    shutil.copytree(EXAMPLE, folder)
    return folder


def changed(pack: Path, **members: Any) -> Path:  # noqa: ANN401  # JSON
    file = pack / "brand.json"
    file.write_bytes(msgspec.json.encode({**msgspec.json.decode(file.read_bytes()), **members}))
    return pack


def test_one_command_turns_the_shell_into_an_operators_and_a_button_back(wallet: TestWallet) -> None:
    used = wallet.etui("brand", "use", str(EXAMPLE))
    assert used.returncode == 0, used.stderr
    with shell_of(wallet) as link:
        visitor = Visitor(link)
        visitor.enter()
        page = visitor.get("/").text
        assert "<h1>Your Alpnet wallet</h1>" in page
        assert "Alpnet Wallet</a>" in page
        style = page.partition("<style>")[2].partition("</style>")[0]
        assert "--accent: #8c1d40;" in style.partition("@layer brand {")[2]
        assert visitor.get("/brand.png").headers["content-type"] == "image/png"
        branded = visitor.get("/").headers["content-security-policy"]
        wallet.user.forgets()
        wallet.user.approves()
        wallet.etui("set", "open_session", "on")
        settings = visitor.get("/settings").text
        assert '<span class="name">Alpnet Wallet<small>' in settings
        assert "etui brand use FOLDER" in settings
        assert visitor.does("/brand/drop", {}, on="/settings") == "The Shell looks as Etui made it."
        plain = visitor.get("/settings")
        assert "Alpnet" not in plain.text
        assert plain.headers["content-security-policy"] != branded, "its style is another, and the only one"
        assert visitor.get("/brand.png").status == 404
        assert not (wallet.home / "shell" / "brand.json").exists()
    assert "Alpnet" not in msgspec.json.encode(wallet.user.shown()).decode(), "the dialog is the user's own"
    assert "There was no brand." in wallet.etui("brand", "drop").stdout
    with shell_of(wallet) as link:
        visitor = Visitor(link)
        visitor.enter()
        page = visitor.get("/").text
        assert "<h1>Your wallet</h1>" in page
        assert "@layer brand {" not in page


def test_a_brand_that_was_damaged_is_named_with_what_to_do(wallet: TestWallet) -> None:
    assert wallet.etui("brand", "use", str(EXAMPLE)).returncode == 0
    file = wallet.home / "shell" / "brand.json"
    file.write_bytes(file.read_bytes()[:-20])
    said = wallet.etui("shell", "--no-open")
    assert said.returncode != 0
    assert "etui brand drop" in said.stderr
    assert wallet.etui("brand", "drop").returncode == 0
    assert not file.exists()


@pytest.mark.parametrize("eighth", range(8))
@pytest.mark.parametrize("altered", [False, True], ids=["cut short", "altered"])
def test_a_brand_that_was_damaged_anywhere_is_refused_or_is_one(tmp_path: Path, eighth: int, *, altered: bool) -> None:
    file = tmp_path / "shell" / "brand.json"
    file.parent.mkdir()
    whole = encode_kept(read_pack(EXAMPLE))
    at = len(whole) * eighth // 8
    file.write_bytes(whole[:at] + bytes((whole[at] ^ 0x80,)) + whole[at + 1 :] if altered else whole[:at])
    with pytest.raises(BrandError, match="etui brand drop"):
        read_kept(file)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"format": 2}, "version 2"),
        ({"name": ""}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"logo": "../brand.json"}, "logo"),
        ({"logo": "brand.json"}, "no PNG"),
        ({"logo": "none.png"}, "cannot be read"),
        ({"script": "alert(1)"}, "script"),
        ({"words": {"body": "x"}}, "body"),
        ({"light": {"ground": "#ffffff"}}, "missing"),
    ],
    ids=str,
)
def test_what_is_no_pack_is_refused(pack: Path, members: dict[str, Any], reason: str) -> None:
    with pytest.raises(BrandError, match=reason):
        read_pack(changed(pack, **members))


@pytest.mark.attack(173)
@pytest.mark.parametrize(
    "colour", ["red", "#fff", "url(http://evil.example)", "#ffffff; } body { display: none", "#ffffff\n"]
)
def test_a_colour_is_a_colour_and_nothing_else(pack: Path, colour: str) -> None:
    light = msgspec.json.decode((pack / "brand.json").read_bytes())["light"]
    with pytest.raises(BrandError, match="light"):
        read_pack(changed(pack, light={**light, "ground": colour}))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["ink", "soft", "accent", "warn", "on-accent"])
def test_what_could_not_be_read_is_refused(pack: Path, theme: str, name: str) -> None:
    colours = msgspec.json.decode((pack / "brand.json").read_bytes())[theme]
    under = colours["accent"] if name == "on-accent" else colours["ground"]
    with pytest.raises(BrandError, match=f"{theme}: {name} on .* contrast of 1.00"):
        read_pack(changed(pack, **{theme: {**colours, name: under}}))


def test_contrast_is_what_the_guidelines_say() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#ffffff", "#ffffff") == 1
