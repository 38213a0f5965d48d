"""A message bus of a test's own, with the policy of a usual session bus; by itself it starts nothing."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_CONFIG: Final = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
{services}  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""
_END_S: Final = 30.0


class PrivateBus(msgspec.Struct, frozen=True):
    """A bus that runs: its address, as in ``DBUS_SESSION_BUS_ADDRESS``, and the id of its process."""

    address: str
    pid: int


class BusError(RuntimeError):
    """The bus did not start; the message is what it said."""


@contextlib.contextmanager
def private_bus(folder: Path, *, services: Path | Sequence[Path] = ()) -> Iterator[PrivateBus]:
    """A bus in ``folder``, whose path has to be short; it ends with the block.

    ``services``: a folder of service files, or several, by which the bus starts programs; of two files for one name it
    is the one of the first folder. What it started is not ended with it.
    Raises ``FileNotFoundError`` where ``dbus-daemon`` is not installed, ``BusError`` where it does not start.
    """
    config, log = folder / "bus.conf", folder / "bus.log"
    folders = [services] if isinstance(services, Path) else services
    started = "".join(f"  <servicedir>{one}</servicedir>\n" for one in folders)
    config.write_text(_CONFIG.format(socket=folder / "bus", services=started), encoding="utf-8")
    read, write = os.pipe()
    command = ["dbus-daemon", f"--config-file={config}", "--nofork", "--nopidfile", f"--print-address={write}"]
    try:
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, pass_fds=[write], stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
    except BaseException:
        os.close(read)
        raise
    finally:
        os.close(write)
    try:
        with os.fdopen(read, encoding="utf-8") as printed:
            address = printed.readline().strip()
        if not address:
            raise BusError(log.read_text(encoding="utf-8", errors="replace"))
        yield PrivateBus(address, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
