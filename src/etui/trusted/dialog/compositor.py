"""Whether a Wayland compositor keeps to itself what is shown and typed: who runs it, and what it offers its clients.

Rules:

1. It listens as a system account, and as none whose programs are others': who runs as it does reads its memory.
2. What it offers is known to give no client another one's picture or keys. What is not known here may.

What a compositor offers to some clients alone (``security-context-v1``, or by its own rules) is not seen here.

Source: Wayland, "Wire Protocol" (``wl_display``, ``wl_registry``); the protocols that are named, by their descriptions.
"""

from __future__ import annotations

import os
import re
import socket
import struct
from pathlib import Path
from typing import Final

HARMLESS: Final = frozenset(
    {
        "wl_compositor",
        "wl_data_device_manager",  # what was copied comes to who has the keys
        "wl_drm",
        "wl_output",
        "wl_seat",
        "wl_shell",
        "wl_shm",
        "wl_subcompositor",
        "weston_content_protection",
        "weston_direct_display_v1",
        "weston_screenshooter",  # for the program that Weston started for it alone, unless it runs with --debug
        "wp_content_type_manager_v1",
        "wp_cursor_shape_manager_v1",
        "wp_fractional_scale_manager_v1",
        "wp_presentation",
        "wp_single_pixel_buffer_manager_v1",
        "wp_tearing_control_manager_v1",
        "wp_viewporter",
        "xdg_activation_v1",
        "xdg_wm_base",
        "zwp_idle_inhibit_manager_v1",
        "zwp_input_timestamps_manager_v1",
        "zwp_linux_dmabuf_v1",
        "zwp_linux_explicit_synchronization_v1",
        "zwp_pointer_constraints_v1",
        "zwp_pointer_gestures_v1",
        "zwp_primary_selection_device_manager_v1",
        "zwp_relative_pointer_manager_v1",
        "zwp_tablet_manager_v2",
        "zwp_text_input_manager_v1",
        "zwp_text_input_manager_v3",
        "zxdg_decoration_manager_v1",
        "zxdg_exporter_v2",
        "zxdg_importer_v2",
        "zxdg_output_manager_v1",
        "zxdg_shell_v6",
    }
)
_HEADER: Final = struct.Struct("=II")
_DISPLAY: Final = 1
_REGISTRY: Final = 2
_DONE: Final = 3
_SYNC: Final = 0
_GET_REGISTRY: Final = 1
_NAME_AT: Final = 8
"""Behind the global's number and the length of its name."""
_MOST: Final = 500
_ANSWER_S: Final = 10.0
_UCRED: Final = struct.Struct("3i")
_LOGIN_DEFS: Final = Path("/etc/login.defs")
_DEFAULT_UID_MIN: Final = 1000


class _UnknownError(Exception):
    """The other end does not say what it offers."""


def exposure(connection: socket.socket, person: int) -> str:
    """Why what is shown by this compositor is not kept from programs of user ``person``, for people; empty where it is.

    The connection is used up.
    """
    uid = listener_of(connection)
    if uid in {person, os.getuid()} or not 0 <= uid < _least_person_uid():
        return f"its compositor runs as user {uid}, and not as a system account of its own"
    try:
        more = sorted(offered(connection) - HARMLESS)
    except _UnknownError as error:
        return f"its compositor does not say what it offers its clients: {error}"
    return f"its compositor offers its clients {', '.join(more)}" if more else ""


def listener_of(connection: socket.socket) -> int:
    """The user as whom the other end listened (unix(7), SO_PEERCRED)."""
    return int(_UCRED.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size))[1])


def offered(connection: socket.socket) -> frozenset[str]:
    """The interfaces of everything that the compositor offers this client; raises ``_UnknownError``."""
    connection.settimeout(_ANSWER_S)
    names: set[str] = set()
    try:
        connection.sendall(_request(_GET_REGISTRY, _REGISTRY) + _request(_SYNC, _DONE))
        with connection.makefile("rb") as events:
            for _ in range(_MOST):
                sender, word = _HEADER.unpack(events.read(_HEADER.size))
                body = events.read((word >> 16) - _HEADER.size)
                if sender == _DONE:
                    return frozenset(names)
                if sender != _REGISTRY:
                    raise _UnknownError("it speaks of something else")
                names.add(_interface(body))
    except (OSError, ValueError, struct.error) as error:
        raise _UnknownError(str(error)) from None
    raise _UnknownError("it has too much")


def _request(opcode: int, new: int) -> bytes:
    """A request to the display whose one argument is the new object."""
    return _HEADER.pack(_DISPLAY, 12 << 16 | opcode) + struct.pack("=I", new)


def _interface(body: bytes) -> str:
    """Of ``wl_registry.global``: a number, a text that ends with a zero, a version."""
    _, length = _HEADER.unpack_from(body)
    text = body[_NAME_AT : _NAME_AT + length]
    if len(text) != length or not text.endswith(b"\0"):
        raise ValueError("an interface has no name")
    return text[:-1].decode("ascii")


def _least_person_uid() -> int:
    """UID_MIN of login.defs(5); 1000 where it says nothing."""
    try:
        text = _LOGIN_DEFS.read_text("utf-8", errors="replace")
    except OSError:
        return _DEFAULT_UID_MIN
    found = re.search(r"^UID_MIN\s+(\d+)", text, re.MULTILINE)
    return int(found[1]) if found else _DEFAULT_UID_MIN
