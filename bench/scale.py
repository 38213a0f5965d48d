"""``scale.*``: many items, many Clients, and one Client that wants everything for itself."""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from bench.crowd import Crowd
from bench.echo import echo_1 as echo
from bench.extent import Extent
from bench.figures import Figure, absolute, median_of, percentile, ratio_of, timed
from bench.route import install
from bench.wallets import fill, folder, unlocked_wallet
from etui.interfaces import secret_1 as secret
from etui.sdk import Client
from etui.testkit import TestWallet

_FEW = 10
_SECRET = b"s" * 32
_SAY = msgspec.json.encode(echo.Say(text="e" * 150))


def measure(extent: Extent) -> list[Figure]:
    """Many items, then many Clients."""
    return [*_many_items(extent), *_many_clients(extent)]


def _many_items(extent: Extent) -> list[Figure]:
    """``scale.find_ms`` and ``scale.get_ratio``: by ``sdk.Client``, whose own items they are.

    The last of them is asked for: a process that cannot be told from others, as one run by ``python -m``, has the
    rights to the newest 4,096 alone.
    """
    with (
        folder() as one,
        folder() as other,
        unlocked_wallet(one) as many,
        unlocked_wallet(other) as few,
        many.connect() as among_many,
        few.connect() as among_few,
    ):
        _fill(among_many, extent.many_items)
        _fill(among_few, _FEW)
        find = _finder(among_many, extent.many_items - 1)
        rounds = [timed(find, 100) for _ in range(extent.rounds)]
        found = absolute(
            "scale.find_ms",
            3.0,
            [taken for times in rounds for taken in times],
            rounds=[statistics.median(times) for times in rounds],
            scale=1e3,
            unit="ms",
        )
        got = ratio_of(
            "scale.get_ratio",
            1.2,
            _getter(among_many, extent.many_items - 1),
            _getter(among_few, _FEW - 1),
            peer=f"the same among {_FEW}",
            rounds=extent.rounds,
            count=500,
        )
        return [found, got]


def _fill(client: Client, items: int) -> None:
    for number in range(items):
        client.call(
            secret.Create(kind="password", label=f"Item {number}", attributes=_attributes(number), value=_SECRET)
        )


def _attributes(number: int) -> dict[str, str]:
    return {"service": f"site-{number}.example", "user": "ada"}


def _finder(client: Client, number: int) -> Callable[[], object]:
    request = secret.Find(attributes=_attributes(number))
    (found,) = client.call(request).items
    if found.label != f"Item {number}":
        msg = "the wallet found something else"
        raise RuntimeError(msg)
    return lambda: client.call(request)


def _getter(client: Client, number: int) -> Callable[[], object]:
    (found,) = client.call(secret.Find(attributes=_attributes(number))).items
    request = secret.Read(item=found.item)
    if client.call(request).value != _SECRET:
        msg = "the wallet gave another secret"
        raise RuntimeError(msg)
    return lambda: client.call(request)


def _many_clients(extent: Extent) -> list[Figure]:
    """``scale.starved`` and ``scale.flood_ratio``: calls of a confined echo."""
    with folder() as path:
        wallet = TestWallet(path)
        install(wallet.home)
        with unlocked_wallet(path) as running:
            with running.connect() as client:
                fill(client, extent.items)
            return [_starved(running, extent), _flooded(running, extent)]


def _starved(wallet: TestWallet, extent: Extent) -> Figure:
    """The slowest Client's p99 ÷ the median Client's, where each has one call outstanding all the time."""
    ratios: list[float] = []
    every: list[float] = []
    with Crowd(wallet.socket, echo.Say.METHOD, _SAY, extent.clients) as crowd:
        crowd.call(2)
        for _ in range(extent.rounds):
            each = [[answered - called for called, answered in turns] for turns in crowd.call(extent.calls // 200)]
            tails = [percentile(times, 0.99) for times in each]
            ratios.append(max(tails) / statistics.median(tails))
            every += [taken for times in each for taken in times]
    return median_of(
        "scale.starved",
        1.5,
        ratios,
        times=every,
        scale=1e3,
        unit="ms",
        note=f"{extent.clients:,} processes, each with one connection",
    )


def _flooded(wallet: TestWallet, extent: Extent) -> Figure:
    """The p99 of a Client's calls while another one floods ÷ without, in alternating rounds."""
    ratios: list[float] = []
    own: list[float] = []
    other: list[float] = []
    with wallet.connect() as client:
        request = echo.Say(text="e" * 150)

        def call() -> object:
            return client.call(request)

        calls = extent.calls // 20
        timed(call, calls // 4)
        for _ in range(extent.rounds):
            calm = timed(call, calls)
            with _flood(wallet.socket):
                flooded = timed(call, calls)
            ratios.append(percentile(flooded, 0.99) / percentile(calm, 0.99))
            own += flooded
            other += calm
    return median_of(
        "scale.flood_ratio",
        3.0,
        ratios,
        times=own,
        scale=1e3,
        unit="ms",
        peer="without a flood",
        peer_times=other,
    )


@contextlib.contextmanager
def _flood(path: Path) -> Iterator[None]:
    """A process that calls the same as fast as the Router lets it."""
    command = [sys.executable, "-m", "bench.flood", str(path), echo.Say.METHOD, _SAY.decode()]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        if process.stdout.readline() != b"floods\n":
            msg = "the flood does not begin"
            raise RuntimeError(msg)
        yield
    finally:
        process.kill()
        process.wait()
