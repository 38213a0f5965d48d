"""docs/sdk.md: every public name of the SDK and the test kit stands in it, and its code is Python that imports."""

from __future__ import annotations

import inspect
import re

import pytest
from tests.docs.page import ROOT

from etui import sdk, testkit
from etui.sdk.aio import AsyncClient

TEXT = (ROOT / "docs" / "sdk.md").read_text(encoding="utf-8")
CODE = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
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
        assert hasattr(getattr(sdk, owner), name), f"{owner}.{name}"


@pytest.mark.parametrize("code", CODE)
def test_its_code_is_python_whose_imports_are_there(code: str) -> None:
    compile(code, "docs/sdk.md", "exec")
    exec("\n".join(re.findall(r"^(?:from|import) .*$", code, flags=re.MULTILINE)), {})  # our own page
