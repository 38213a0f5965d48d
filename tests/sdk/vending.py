"""An Extension for tests: each method does what one test asks of an Extension."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence

from etui.interfaces import Item
from etui.interfaces import dialog_1 as dialog
from etui.interfaces import secret_1 as secret
from etui.interfaces import storage_1 as storage
from etui.sdk import Call, ErrorCode, Extension, Prepared, ProtocolError, prepares, provides

SECRET = b"hunter2"


class Vending(Extension):
    """Sells nothing."""

    def begin(self) -> None:
        """Remembers what there is."""
        self.items = [Item(item=f"{number:04}", kind="login", label="x" * 500) for number in range(1500)]
        if os.environ.get("SAYS_WHEN_IT_BEGINS"):
            self.call(storage.Usage())

    def inventory(self) -> Sequence[Item]:
        return self.items

    @provides(secret.Generate)
    def generate(self, request: secret.Generate, _: Call) -> secret.GenerateResult:
        return secret.GenerateResult(value=b"x" * (request.length or 8))

    @provides(secret.Describe)
    def describe(self, request: secret.Describe, call: Call) -> secret.DescribeResult:
        told = f"{request.item} {call.id} {call.client} {call.name} {len(call.key)} {threading.active_count()}"
        return secret.DescribeResult(item=Item(item=request.item, kind="login"), content_type=told)

    @provides(secret.Create)
    def create(self, request: secret.Create, _: Call) -> secret.CreateResult:
        self.store.put({("values", request.label): request.value})
        return secret.CreateResult(item=Item(item=request.label, kind=request.kind))

    @provides(secret.Read)
    def read(self, request: secret.Read, _: Call) -> secret.ReadResult:
        """Fails, with a secret in every place where a careless log would look for one."""
        value = SECRET.decode()
        raise ValueError(value, {value: request})

    @provides(secret.Code)
    def code(self, request: secret.Code, _: Call) -> secret.CodeResult:
        raise ProtocolError(ErrorCode.UNKNOWN_ITEM, f"there is no item {request.item}", why="d-1")

    @provides(secret.History)
    def history(self, _: secret.History, __: Call) -> secret.HistoryResult:
        return None  # type: ignore[return-value]  # what a careless author may write

    @provides(secret.Find)
    def find(self, request: secret.Find, call: Call) -> secret.FindResult:
        """Asks the Router within a call, on the main thread."""
        text = call.ask(dialog.Choose(title=request.text or "", options=[]), provider="ext:d/d").chosen
        return secret.FindResult(items=[Item(item=text, kind="login")])

    @provides(secret.Reveal)
    def reveal(self, request: secret.Reveal, call: Call) -> secret.RevealResult:
        """Waits for the user, on a thread of its own."""
        call.ask(dialog.Reveal(title=request.item, secret=SECRET))
        return secret.RevealResult()

    @provides(secret.Delete)
    def delete(self, _: secret.Delete, __: Call) -> secret.DeleteResult:
        return secret.DeleteResult()

    @prepares(secret.Delete)
    def prepare_delete(self, request: secret.Delete, _: Call) -> Prepared:
        return Prepared(notes=[f"{request.item} will be gone."])

    @provides(secret.Restore)
    def restore(self, request: secret.Restore, _: Call) -> secret.RestoreResult:
        """Answers more than a message may hold."""
        return secret.RestoreResult(item=Item(item=request.item, kind="login", label="x" * (5 << 20)))


if __name__ == "__main__":
    Vending().run()
    for waiting in threading.enumerate():
        if waiting is not threading.main_thread():
            waiting.join(5)
            sys.stderr.write("a thread waits for ever\n" if waiting.is_alive() else "")
