"""``start.*``: how fast the wallet, its dialog and an Extension are there."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from bench.echo import echo_1 as echo
from bench.extent import Extent
from bench.figures import Figure, absolute, median_of
from bench.peers import x_server
from bench.route import install
from bench.wallets import fill, folder
from etui.interfaces import wallet_1 as wallet
from etui.protocol import FrameReader, decode_message, encode_notification, encode_request
from etui.sdk import Client, ConnectionLost
from etui.sealing import Secret
from etui.sealing.slots import PassphraseSlot
from etui.testkit import TestWallet
from etui.trusted.dialog.requests import Asker, Confirm, Looks, RememberChoice, Showing, ShownField, Strength

_ETUI = Path(sys.executable).with_name("etui")
_SETTLE_S = 0.5
_TYPES_S = 1.0
"""How long the user takes for the passphrase: little, for a person."""
_PATIENCE_S = 30.0
_SHOWINGS = 5
_CONFIRM = Confirm(
    asker=Asker(
        name="Thunderbird",
        principal="app:/usr/lib/thunderbird/thunderbird",
        strength=Strength.OBSERVED,
        sentence="It is the program /usr/lib/thunderbird/thunderbird.",
    ),
    action="read a password",
    digest=bytes(32),
    fields=(ShownField(title="Password", value="Mail account of Ada", material=True),),
    remember=(
        RememberChoice(id="once", label="Just this once"),
        RememberChoice(id="always", label="Always, until I take it back"),
    ),
)


def measure(extent: Extent) -> list[Figure]:
    """The wallet, an Extension, an unlock, and the dialog."""
    with folder() as path:
        prepared = TestWallet(path)
        install(prepared.home)
        prepared.start()
        try:
            prepared.create()
            with prepared.connect() as client:
                fill(client, extent.items)
            times = [_extension(prepared) for _ in range(extent.starts)]
            extension = absolute("start.extension_ms", 150.0, times, scale=1e3, unit="ms")
            unlock = _unlock(prepared, extent)
        finally:
            prepared.end()
        up = [_up(prepared) for _ in range(extent.starts)]
    return [
        absolute("start.up_s", 0.6, up),
        _dialog(extent),
        extension,
        unlock,
    ]


def _up(prepared: TestWallet) -> float:
    """From exec of ``etui up``, the command as people type it, to the first ``status: locked`` answered."""
    command = [str(_ETUI), "up", "--as-root", "--no-doors", "--test-profile"]
    command += ["--script", str(prepared.user.script), "--transcript", str(prepared.user.transcript)]
    socket_path = prepared.socket
    began = time.perf_counter()
    process = subprocess.Popen(command, env=prepared.environ, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                with Client.connect(socket_path) as client:
                    state = client.call(wallet.Status()).state
            except ConnectionLost:
                time.sleep(0.002)
                continue
            taken = time.perf_counter() - began
            if state != "locked":
                raise RuntimeError(state)
            return taken
    finally:
        process.terminate()
        process.wait(10)


def _extension(running: TestWallet) -> float:
    """From the first request to an Extension after the unlock, which starts its process, to the answer.

    The wallet is started anew each time, and so has no spare of this Extension.
    """
    running.end()
    running.start()
    running.unlock()
    with running.connect() as client:
        time.sleep(_SETTLE_S)  # what follows an unlock is no part of it
        began = time.perf_counter()
        client.call(echo.Say(text="first"))
        return time.perf_counter() - began


def _unlock(running: TestWallet, extent: Extent) -> Figure:
    """From the passphrase to the first answer of an Extension ÷ the derivation of the passphrase's key alone.

    The Extension answered before the lock and has had no key since; the user takes ``_TYPES_S`` seconds to type. The
    passphrase is there when the dialog notes that it was typed: the last that it writes in its transcript.
    """
    secret = Secret.from_text("correct horse battery staple")
    slot = PassphraseSlot.wrap(Secret(bytes(32)), secret, "bench")
    ratios: list[float] = []
    own: list[float] = []
    derived: list[float] = []
    for _ in range(extent.starts):
        running.lock()
        time.sleep(_SETTLE_S)
        began = time.perf_counter()
        slot.unwrap(secret, "bench")
        derived.append(time.perf_counter() - began)
        with running.connect() as client, running.connect() as other, ThreadPoolExecutor(1) as pool:
            running.user.waits(face="unlock")
            shown = len(running.user.shown())
            unlocking = pool.submit(client.call, wallet.Unlock())
            while len(running.user.shown()) == shown:
                time.sleep(0.01)
            time.sleep(_TYPES_S)
            if (state := other.call(wallet.Status()).state) != "locked":  # else some process may have a key already
                raise RuntimeError(state)
            running.user.forgets()
            unlocking.result()
            client.call(echo.Say(text="first"))
            own.append((time.time_ns() - running.user.transcript.stat().st_mtime_ns) / 1e9)
        ratios.append(own[-1] / derived[-1])
    return median_of(
        "start.unlock_ratio",
        2.0,
        ratios,
        times=own,
        scale=1e3,
        unit="ms",
        peer="Argon2id alone",
        peer_times=derived,
        note=f"the passphrase is given {_TYPES_S:.0f} s after the dialog asked for it and measured from then; the "
        "Extension ran before the lock, and its process is started anew, without a key, when the dialog asks",
    )


def _dialog(extent: Extent) -> Figure:
    """A question of the Router to a dialog that has shown one before, until the X server has painted it."""
    with folder() as path, x_server() as display:
        environ = {**os.environ, **display, "HOME": str(path), "XDG_RUNTIME_DIR": str(path), "QT_QPA_PLATFORM": "xcb"}
        ours, theirs = socket.socketpair()
        read, write = os.pipe()
        command = [sys.executable, "-m", "bench.painted", str(write), "--fd", str(theirs.fileno()), "--face", "qt"]
        process = subprocess.Popen(command, pass_fds=[write, theirs.fileno()], env=environ)
        theirs.close()
        os.close(write)
        try:
            asking = _Asking(ours, read)
            asking.shown()
            times = [asking.shown() for _ in range(extent.starts * _SHOWINGS)]
            return absolute("start.dialog_ms", 30.0, times, scale=1e3, unit="ms")
        finally:
            ours.close()
            os.close(read)
            process.wait(10)


class _Asking:
    """The Router's end of a dialog's socket, and the pipe on which its paints are told."""

    def __init__(self, connection: socket.socket, painted: int) -> None:
        self._connection = connection
        self._painted = painted
        self._frames = FrameReader()
        self._number = 0
        self._message()  # hello
        looks = Looks(picture="fox", phrase="a fox in the snow", colour="#2f6f6f")
        connection.sendall(encode_notification("dialog.appearance", msgspec.json.encode(looks)))

    def shown(self) -> float:
        """Seconds from the request to the end of its paint; it is taken away again."""
        self._number += 1
        line = encode_request(
            self._number, "dialog.show", msgspec.json.encode(Showing(number=self._number, request=_CONFIRM))
        )
        began = time.monotonic_ns()
        self._connection.sendall(line)
        _await(self._painted)
        ended = int(os.read(self._painted, 100))
        self._connection.sendall(encode_notification("dialog.close", b'{"number":%d}' % self._number))
        self._message()  # cancelled
        time.sleep(0.05)  # the window goes
        return (ended - began) / 1e9

    def _message(self) -> None:
        while True:
            _await(self._connection.fileno())
            data = self._connection.recv(1 << 16)
            if not data:
                msg = "the dialog ended"
                raise RuntimeError(msg)
            if [decode_message(line) for line in self._frames.feed(data)]:
                return


def _await(descriptor: int) -> None:
    ready, _, _ = select.select([descriptor], [], [], _PATIENCE_S)
    if not ready:
        msg = "the dialog says nothing"
        raise RuntimeError(msg)
