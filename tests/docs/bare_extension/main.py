# ruff: noqa: ANN401, PLR0911, PTH109, PTH208
"""An Extension from docs/protocol.md alone: JSON as it comes, the standard library, and nothing of Etui's."""

import base64
import hashlib
import json
import os
import socket
from typing import Any

THING = {"item": "thing-1", "kind": "thing", "label": "A thing"}
descriptors = sorted(int(name) for name in os.listdir("/proc/self/fd"))[:-1]  # without that of the listing
with os.fdopen(4, "rb") as pipe:
    key = pipe.read()
router = socket.socket(fileno=3)
lines = router.makefile("rb")
heard: list[Any] = []


def send(**members: Any) -> None:
    router.sendall(json.dumps({"jsonrpc": "2.0", **members}).encode() + b"\n")


def hear() -> Any:
    return json.loads(lines.readline() or b"null")


def ask(number: int, method: str, params: Any, **beside: Any) -> Any:
    """What answers a request of its own; calls that come meanwhile are turned away, notifications kept."""
    send(id=number, method=method, params=params, **beside)
    while (message := hear()) and ("method" in message or message["id"] != number):
        if "id" in message:
            error = {"code": -32011, "message": "busy", "data": {"code": "too_many"}}
            send(id=message["id"], error=error)
        else:
            heard.append(message)
    return message


def seen(message: Any) -> Any:
    """What it knows: how it was started, how it was called, and what it was told."""
    started = {
        "descriptors": descriptors,
        "folder": os.getcwd(),
        "key_bytes": len(key),
        "key": hashlib.sha256(key).hexdigest(),
        "registered": registered,
    }
    return {"seen": json.dumps({**started, "message": message, "heard": heard})}


def served(message: Any) -> Any:
    call = message["call"]
    match message["method"].rpartition("/1.")[2]:
        case "inventory":
            return {"items": [THING], "more": False}
        case "locate":
            return {"items": [THING] if THING["item"] in message["params"]["ids"] else []}
        case "add":
            return {"item": THING}
        case "use" if call.get("prepare"):
            heard.append(message)
            return {"notes": ["It will be used up."]}
        case "talk":
            ask(2, "dialog/1.message", {"title": "Hello", "text": "From bare hands."}, under=call["id"])
            return {}
        case "tell" | "use":
            return seen(message)
    return None


public = base64.b64encode(bytes([9]) + bytes(31)).decode()  # a point of the curve, whose secret nobody needs here
registered = ask(1, "wallet/1.register", {"key": public, "provides": ["extension/1", "org.example.bare/1"]})
while message := hear():
    if "id" not in message:
        heard.append(message)
    elif message["method"].endswith(".wait"):
        pass  # it is answered by nobody; whoever waits for it gives up
    elif message["method"].endswith(".weigh"):
        heard.append(message)  # nor is this, neither when it is prepared nor else
    else:
        send(id=message["id"], result=served(message))
