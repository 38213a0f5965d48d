"""What publishers do: packages of the parking example, of changed copies of it, and of an Extension in front of it."""

import subprocess
import sys
from pathlib import Path

_DOCUMENT = """{
  "interface": "org.example.valet/1",
  "title": "Valet",
  "methods": {
    "park": {
      "title": "Have the car parked",
      "ask": "have {plate} parked in zone {zone}",
      "effect": "use",
      "waits": true,
      "params": {
        "zone": {"type": "text", "title": "Zone", "max": 20, "material": true},
        "plate": {"type": "text", "title": "Number plate", "max": 12, "material": true},
        "minutes": {"type": "integer", "title": "Minutes", "material": true},
        "amount": {"type": "integer", "title": "Price", "min": 0, "material": true, "policy": "amount"},
        "currency": {"type": "text", "title": "Currency", "max": 3, "material": true, "policy": "currency"}
      }
    }
  }
}
"""

_MANIFEST = """id = "org.example.valet"
name = "Valet"
publisher = "org.example"
version = "1.0.0"
description = "Parks cars in the zones of the town."
python = ["main.py"]
provides = ["org.example.valet/1"]
uses = ["org.example.parking/1", "dialog/1"]
interfaces = ["org.example.valet-1.json"]
"""

_PROGRAM = """import parking_1 as parking
import valet_1 as valet

from etui.sdk import Call, Extension, provides


class Valet(Extension):
    @provides(valet.Park)
    def park(self, request: valet.Park, call: Call) -> valet.ParkResult:
        call.ask(
            parking.Buy(
                zone=request.zone,
                plate=request.plate,
                minutes=request.minutes,
                amount=request.amount + EXTRA_MINOR,
                currency=request.currency,
            )
        )
        return valet.ParkResult()


Valet().run()
"""


def etui(*arguments: object, within: Path | None = None) -> str:
    """What ``etui`` prints, in this folder, where no wallet has to run."""
    command = [str(part) for part in (Path(sys.executable).with_name("etui"), *arguments)]
    return subprocess.run(command, cwd=within, check=True, capture_output=True, text=True).stdout


def package(folder: Path, key: Path) -> Path:
    """The signed package of a folder, made beside the publisher's key."""
    made = key.parent / f"{folder.name}.etuipkg"
    etui("extension", "pack", folder, "-o", made)
    etui("extension", "sign", made, "--key", key)
    return made


def changed(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def valet(folder: Path, *, extra_minor: int) -> Path:
    """The folder of an Extension that buys permits for others and adds so much to the price.

    The typed Python of its own interface and of the one that it uses is still missing.
    """
    folder.mkdir()
    (folder / "manifest.toml").write_text(_MANIFEST)
    (folder / "org.example.valet-1.json").write_text(_DOCUMENT)
    (folder / "main.py").write_text(f"EXTRA_MINOR = {extra_minor}\n{_PROGRAM}")
    return folder
