"""docs/sdk.md: every public name of the SDK and the test kit stands in it, and so does what a call tells."""

from __future__ import annotations

import inspect
import re
from typing import get_type_hints

import pytest
from tests.docs.page import ROOT

from etui import sdk, testkit
from etui.protocol import CallInfo
from etui.sdk.aio import AsyncClient

TEXT = (ROOT / "docs" / "sdk.md").read_text(encoding="utf-8")
TOLD = sorted(get_type_hints(sdk.Call))
FROM_ASYNCIO = {name for name, _ in inspect.getmembers(__import__("asyncio").Protocol)}


def names_of(kind: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(kind) if not name.startswith("_")} - FROM_ASYNCIO


@pytest.mark.parametrize("name", [*sdk.__all__, *testkit.__all__])
def test_every_name_that_is_imported_stands_in_it(name: str) -> None:
    assert re.search(rf"`(etui\.sdk\.aio\.)?{name}\b", TEXT) or f"import {name}" in TEXT or f", {name}" in TEXT


@pytest.mark.parametrize(
    "kind",
    [sdk.Client, AsyncClient, sdk.Extension, sdk.Call, sdk.Store, testkit.TestWallet, testkit.ScriptedUser],
)
def test_every_public_method_stands_in_it(kind: type) -> None:
    named = set(re.findall(r"`(?:await )?(?:\w+\.)*(\w+)`", TEXT))
    assert names_of(kind) - named == set()


def test_what_it_shows_of_a_class_is_there() -> None:
    for owner, name in re.findall(r"`(Client|Extension|Call|Store)\.(\w+)`", TEXT):
        kind = getattr(sdk, owner)
        assert hasattr(kind, name) or name in get_type_hints(kind), f"{owner}.{name}"


def test_what_a_call_tells_is_typed() -> None:
    call = sdk.Call(sdk.Extension(), CallInfo(), lambda _: None)
    assert sorted(name for name in vars(call) if not name.startswith("_")) == TOLD


@pytest.mark.parametrize("name", TOLD)
def test_what_a_call_tells_stands_in_it_and_in_its_help(name: str) -> None:
    assert f"`Call.{name}`" in TEXT
    assert f"``{name}``: " in " ".join((inspect.getdoc(sdk.Call) or "").split())
