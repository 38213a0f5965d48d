"""A profile's header is read alike by everybody; what is none is refused with what, where and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from etui.trusted.profile import Profile, ProfileError, TestProfile, read_profile


def test_a_header_is_read_with_all_that_a_test_profile_may_do(tmp_path: Path) -> None:
    text = '{"format": 1, "id": "p", "test": {"hosts": {"a.etui.test": 8443}, "ca": "ca.pem", "idle_s": 2}}'
    (tmp_path / "profile.json").write_text(text)
    test = TestProfile(hosts={"a.etui.test": 8443}, ca="ca.pem", idle_s=2)
    assert read_profile(tmp_path) == Profile(id="p", test=test)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read: No such file or directory; ETUI_HOME names another profile"),
        (b"{", "is not a profile's header (Input data was truncated); restore it from a backup"),
        (b"\xff", "is not a profile's header"),
        (b"[" * 100_000, "is not a profile's header"),
        (b'{"id": "p"}', "missing required field `format`"),
        (b'{"format": 1, "id": "p", "more": 1}', "unknown field `more`"),
        (b'{"format": 1, "id": "p", "test": {"hosts": {"a": 65536}}}', "$.test.hosts[...]"),
        (b'{"format": 0, "id": "p"}', "there never was a format 0"),
        (b'{"format": 2, "anew": 1}', "a newer version of Etui (format 2; this one reads up to 1); use that version"),
    ],
)
def test_what_is_no_header_is_named_with_its_place_and_cure(tmp_path: Path, text: bytes | None, said: str) -> None:
    path = tmp_path / "profile.json"
    if text is not None:
        path.write_bytes(text)
    with pytest.raises(ProfileError) as caught:
        read_profile(tmp_path)
    assert str(caught.value).startswith(f"{path} ")
    assert said in str(caught.value)
