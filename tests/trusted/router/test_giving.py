"""Rights that are given: none is in force that is not on record."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from etui.protocol import ErrorCode, ProtocolError
from etui.trusted.evidence import Strength
from etui.trusted.policy import Origin, Principal, PrincipalType, Scope, ScopeType
from etui.trusted.router.callers import Caller
from etui.trusted.router.giving import give
from etui.trusted.router.recording import Recorder
from etui.trusted.router.registry import Registry
from etui.trusted.router.wallet import Keys, Opened

SHELL = Caller(
    principal=Principal(type=PrincipalType.CLIENT, id="app:/usr/bin/shell", strength=2),
    label="shell",
    sentence="A program.",
    strength=Strength.OBSERVED,
)


def test_a_right_that_cannot_be_recorded_holds_no_more(tmp_path: Path) -> None:
    async def story() -> None:
        opened = Opened(tmp_path, Keys(bytes(32), bytes(32), bytes(32)), Registry([]))
        recorder = Recorder()
        recorder.close()
        router = SimpleNamespace(unlocked=lambda: opened, recorder=recorder, record_now=recorder.flush)
        scope = Scope(ScopeType.EXTENSION, "ext:e")
        given = [opened.add_grant("app:/opt/shop", (action,), scope, Origin.GIVEN) for action in ("e/1.a", "e/1.b")]
        with pytest.raises(ProtocolError) as caught:
            await give(cast("Any", router), SHELL, given)
        assert caught.value.code is ErrorCode.LOCKED
        assert opened.lasting_grants() == []
        await opened.state.close()

    asyncio.run(story())
