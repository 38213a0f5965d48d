"""Whose a request is by its handle, and which application a Client is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.doors.portal.names import caller_named_by, is_application

_REQUEST = "/org/freedesktop/portal/desktop/request/"


def test_a_handle_names_the_connection_that_asked() -> None:
    assert caller_named_by(f"{_REQUEST}1_42/token") == ":1.42"


@pytest.mark.parametrize(
    "handle",
    ["", "/", f"{_REQUEST}1_42", f"{_REQUEST}1_42/", f"{_REQUEST}1_2_3/t", f"{_REQUEST}a_b/t", f"/x{_REQUEST}1_2/t"],
)
def test_another_path_names_nobody(handle: str) -> None:
    assert caller_named_by(handle) == ""


@given(st.text() | st.from_regex(_REQUEST + r"\d+_\d+/\w*", fullmatch=True))
def test_whatever_comes_names_a_connection_or_nobody(handle: str) -> None:
    named = caller_named_by(handle)
    assert not named or f"{_REQUEST}{named[1:].replace('.', '_')}/" in handle


@pytest.mark.parametrize(
    ("client", "app_id", "same"),
    [
        ("flatpak:org.example.Notes", "org.example.Notes", True),
        ("flatpak:org.example.Notes", "org.example.Other", False),
        ("snap:notes", "snap.notes", True),
        ("snap:notes", "notes", False),
        ("flatpak:notes", "snap.notes", False),
        ("flatpak:snap.notes.App", "snap.notes.App", True),
        ("app:/usr/bin/notes", "", False),
        ("flatpak:", "", False),
        ("session:1000", "org.example.Notes", False),
    ],
)
def test_a_client_is_the_application_that_the_router_and_the_portal_both_name(
    client: str,
    app_id: str,
    same: bool,  # noqa: FBT001  # what is expected
) -> None:
    assert is_application(client, app_id) is same
