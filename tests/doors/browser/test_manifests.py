"""What `etui browser install` writes, and that the extension has the id which the manifests let in."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from etui.doors.browser.extension_ids import CHROMIUM, FIREFOX, ORIGIN, extension_of
from etui.doors.browser.manifests import BROWSERS, EXTENSION, HOST

_MANIFEST: dict[str, Any] = msgspec.json.decode((EXTENSION / "manifest.json").read_bytes())


def etui(home: Path, *words: str, **variables: str) -> Any:  # noqa: ANN401  # JSON
    command = [sys.executable, "-I", "-m", "etui.cli", "browser", *words, "--json"]
    done = subprocess.run(command, env={"HOME": str(home), **variables}, capture_output=True, check=True)
    return msgspec.json.decode(done.stdout)


def test_the_extensions_ids_are_those_of_its_manifest() -> None:
    digest = hashlib.sha256(base64.b64decode(_MANIFEST["key"])).hexdigest()[:32]
    assert "".join(chr(ord("a") + int(digit, 16)) for digit in digest) == CHROMIUM
    assert _MANIFEST["browser_specific_settings"]["gecko"]["id"] == FIREFOX


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ([ORIGIN], CHROMIUM),
        ([ORIGIN, "--parent-window=0"], CHROMIUM),
        (["/home/ada/.mozilla/native-messaging-hosts/org.etui.browser.json", FIREFOX], FIREFOX),
        ([f"chrome-extension://{CHROMIUM[::-1]}/"], None),
        ([CHROMIUM], None),
        (["/home/ada/x.json", "other@etui.example"], None),
        (["/home/ada/x.json"], None),
        ([FIREFOX, FIREFOX], None),
        ([], None),
    ],
)
def test_an_extension_is_told_by_how_browsers_start_a_host(arguments: list[str], found: str | None) -> None:
    assert extension_of(arguments) == found


@pytest.mark.parametrize("browser", BROWSERS, ids=lambda one: one.name)
def test_a_browser_finds_a_host_that_may_be_run(browser: Any, tmp_path: Path) -> None:  # noqa: ANN401
    told = etui(tmp_path, "install", browser.name)
    script, manifest = map(Path, told["files"])
    said = msgspec.json.decode(manifest.read_bytes())
    assert manifest == tmp_path / browser.settings / browser.hosts / f"{HOST}.json"
    assert (said["name"], said["path"], said["type"]) == (HOST, str(script), "stdio")
    allowed = said["allowed_origins"] if browser.chromium else said["allowed_extensions"]
    assert allowed == [ORIGIN if browser.chromium else FIREFOX]
    assert script.stat().st_mode & 0o777 == 0o700
    assert manifest.stat().st_mode & 0o777 == 0o600
    environ = {"XDG_RUNTIME_DIR": str(tmp_path)}
    ended = subprocess.run([script, ORIGIN], env=environ, input=b"", capture_output=True, check=False)
    assert ended.returncode == 1, "no wallet runs here"
    assert msgspec.json.decode(ended.stdout[4:])["state"] == "absent"


def test_the_host_finds_the_profile_for_which_it_was_installed(tmp_path: Path) -> None:
    profile = tmp_path / "it's mine"
    script = Path(etui(tmp_path, "install", "chromium", ETUI_HOME=str(profile))["files"][0])
    assert "ETUI_HOME='" in script.read_text(encoding="utf-8")
    checked = subprocess.run(["sh", "-n", script], check=False)
    assert checked.returncode == 0


def test_a_dry_run_writes_nothing_and_uninstalling_leaves_nothing(tmp_path: Path) -> None:
    wanted = etui(tmp_path, "install", "--dry-run", "firefox")["files"]
    assert not list(tmp_path.iterdir())
    assert etui(tmp_path, "install", "firefox")["files"] == wanted
    assert etui(tmp_path, "uninstall", "--dry-run", "firefox")["files"] == wanted
    assert all(Path(path).exists() for path in wanted)
    assert etui(tmp_path, "uninstall")["files"] == wanted, "the browser whose folder is there"
    assert not any(Path(path).exists() for path in wanted)
