"""An Extension between a Client and ``org.example.parking``: one that passes the price on, or one that raises it."""

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
        "amount": {"type": "integer", "title": "Price in cents", "min": 0, "material": true, "policy": "amount"},
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


def write(folder: Path, *, extra_minor: int) -> Path:
    """The folder of a valet who adds so much to the price; the typed Python of both interfaces is still missing."""
    folder.mkdir()
    (folder / "manifest.toml").write_text(_MANIFEST)
    (folder / "org.example.valet-1.json").write_text(_DOCUMENT)
    (folder / "main.py").write_text(f"EXTRA_MINOR = {extra_minor}\n{_PROGRAM}")
    return folder
