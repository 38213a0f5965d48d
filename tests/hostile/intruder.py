"""A hostile Extension: a package like any other, whose process speaks the Router's protocol by itself, and wrongly.

It runs the Python that it is sent, in its own confinement, without the SDK: nothing there keeps it to what is allowed.
"""

from __future__ import annotations

import json
import textwrap
from typing import Any

import pytest
from tests.trusted.router.strangers import Stranger

from etui.protocol import ErrorCode, ProtocolError
from etui.sdk import Client

_CODE = """
import base64, ctypes, errno, fcntl, json, mmap, os, resource, select, signal, socket, sys, threading, time

libc = ctypes.CDLL(None, use_errno=True)
channel = socket.socket(fileno=3)
arriving = channel.makefile("rb")
early, kept = [], {}

def attempt(call, *arguments):
    try:
        call(*arguments)
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"

# BEFORE
with open(4, "rb") as pipe:
    key = pipe.read()

def say(**members):
    channel.sendall(json.dumps({"jsonrpc": "2.0", **members}).encode() + b"\\n")

def hear(wanted=None):
    '''The answer to what was asked under this id; without one, the next request.'''
    while True:
        for place, message in enumerate(early):
            is_request = "method" in message and "id" in message
            if is_request if wanted is None else message.get("id") == wanted and not is_request:
                return early.pop(place)
        line = arriving.readline()
        if not line:
            sys.exit("the Router closed the connection")
        early.append(json.loads(line))

def ask(number, method, params, **members):
    say(id=number, method=method, params=params, **members)
    answer = hear(number)
    return answer["error"]["data"]["code"] if "error" in answer else answer["result"]

def notify(method, **params):
    say(method=method, params=params)

def serve(request):
    call = request.get("call", {})
    code = request["params"].get("code", "pass")
    told = []
    answer = lambda **result: say(id=request["id"], result=result)
    scope = {**globals(), "request": request, "call": call, "told": told, "tell": told.append, "answer": answer}
    exec(code, scope)
    if request["method"].endswith(".run") and not scope.get("silent"):
        answer(told=json.dumps(told))

own = ["org.example.intruder/1", "extension/1"]
ask("hello", "wallet/1.register", {"key": base64.b64encode(bytes(range(32))).decode(), "provides": own})
while True:
    serve(hear())
"""
_ITEMS = {"items": {"type": "list", "of": {"type": "item"}, "title": "Items"}}
_CODED = {"code": {"type": "text", "optional": True}}
_METHODS: dict[str, Any] = {
    "run": {"title": "Run", "effect": "none", "params": _CODED, "result": {"told": {"type": "text"}}},
    "brief": {
        "title": "Run for a second",
        "effect": "none",
        "timeout_s": 1,
        "params": _CODED,
        "result": {"told": {"type": "text"}},
    },
    "make": {
        "title": "Make",
        "effect": "add",
        "creates": True,
        "params": _CODED,
        "result": {"item": {"type": "item"}},
    },
    "list": {"title": "List", "effect": "none", "decide": "show", "params": _CODED, "result": _ITEMS},
    "show": {
        "title": "Show",
        "ask": "show {item}",
        "effect": "disclose",
        "params": {
            "item": {"type": "reference", "kinds": ["thing"], "policy": "item", "title": "Thing"},
            **_CODED,
        },
        "result": {"told": {"type": "text"}},
    },
    "whisper": {"title": "Whisper", "effect": "none", "params": _CODED, "result": {"value": {"type": "sealed"}}},
    "pay": {
        "title": "Pay",
        "ask": "pay {amount} to {payee}",
        "effect": "use",
        "prepare": True,
        "params": {
            "payee": {"type": "text", "material": True, "policy": "payee", "title": "To"},
            "amount": {"type": "integer", "material": True, "title": "Amount", "min": 0},
            **_CODED,
        },
        "result": {"told": {"type": "text"}},
    },
}


class Intruder(Stranger):
    """A package whose process runs what a test sends it; each test has one of a name of its own.

    ``before``: what it runs before it reads its key.
    """

    def __init__(self, name: str, *, hosts: tuple[str, ...] = (), before: str = "") -> None:
        code = _CODE.replace("org.example.intruder", f"org.example.{name}")
        super().__init__(
            name,
            code.replace("# BEFORE", textwrap.dedent(before)),
            _METHODS,
            uses=("dialog/1", "egress/1", "secret/1", "storage/1"),
            hosts=hosts,
            owner=["show"],
            kinds={"thing": {"title": "Thing"}},
            events={"moved": {"title": "It moved", "decide": "show"}, "noise": {"title": "Noise", "fields": {}}},
        )

    def told(self, client: Client, text: str, *, method: str = "run", **params: object) -> Any:  # noqa: ANN401  # JSON
        """What it tells of running this; in the text are ``request``, its ``call`` and ``tell``."""
        answer = self.call(client, method, code=textwrap.dedent(text).strip(), **params)
        return json.loads(str(answer["told"]))

    def fails(self, client: Client, text: str, *, method: str = "run", **params: object) -> ErrorCode:
        """The error by which a call that runs this ends."""
        with pytest.raises(ProtocolError) as caught:
            self.call(client, method, code=textwrap.dedent(text).strip(), **params)
        return caught.value.code
