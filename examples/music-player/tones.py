"""The tracks themselves: tones that are made when they are played, and what plays them."""

from __future__ import annotations

import io
import math
import shutil
import subprocess
import wave
from array import array
from pathlib import Path

RATE = 22_050
_NOTE_S = 0.22
_LOUD = 11_000
_FADE_S = 0.03
_MELODIES = {
    "track-harbour": "C4 E4 G4 C5 G4 E4 C4 -- D4 F4 A4 D5 A4 F4 D4 --",
    "track-lantern": "A4 C5 E5 C5 A4 -- G4 B4 D5 B4 G4 -- A4 A4",
    "track-ropeway": "E4 E5 E4 D5 E4 C5 E4 B4 E4 A4 E4 G4 E4 E4",
}
_REFUSES_S = 0.5
"""Within which a program that has no sound to play on says so."""
_STEPS = {"C": -9, "D": -7, "E": -5, "F": -4, "G": -2, "A": 0, "B": 2}
_PLAYERS = (("aplay", "-q"), ("paplay",), ("pw-play",))


def frequency(note: str) -> float:
    """Of a note, in hertz, in equal temperament: that of `A4` is 440."""
    return 440.0 * 2 ** ((_STEPS[note[0]] + 12 * (int(note[1]) - 4)) / 12)


def notes_of(track: str) -> list[str]:
    return _MELODIES[track].split()


def samples_of(track: str) -> array[int]:
    """One channel of 16 bits, `RATE` a second."""
    count, fade = int(RATE * _NOTE_S), int(RATE * _FADE_S)
    samples = array("h")
    for note in notes_of(track):
        turn = 0.0 if note == "--" else 2 * math.pi * frequency(note) / RATE
        for at in range(count):
            loud = _LOUD * min(1.0, at / fade, (count - at) / fade)
            samples.append(int(loud * math.sin(turn * at)))
    return samples


def wave_of(track: str) -> bytes:
    """A file in WAV."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples_of(track).tobytes())
    return out.getvalue()


class Player:
    """Plays one track at a time: by a program of the desktop's, or into a file where there is one to be written."""

    def __init__(self, into: Path | None = None) -> None:
        self._into = into
        self._playing: subprocess.Popen[bytes] | None = None

    def play(self, track: str, scratch: Path) -> str:
        """Begins to play; says by what."""
        self.stop()
        file = self._into or scratch / "playing.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(wave_of(track))
        if self._into:
            return f"written to {file}"
        for program, *options in _PLAYERS:
            if (found := shutil.which(program)) and self._plays([found, *options, str(file)]):
                return f"playing by {program}"
        return f"nothing here plays sound: it lies in {file}"

    def _plays(self, command: list[str]) -> bool:
        """Starts a program; whether it finds something to play on."""
        started = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            if started.wait(_REFUSES_S):
                return False
        except subprocess.TimeoutExpired:
            pass
        self._playing = started
        return True

    def stop(self) -> None:
        if self._playing is not None:
            self._playing.terminate()
            self._playing.wait()
            self._playing = None
