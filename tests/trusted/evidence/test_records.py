"""The parsers of what the kernel writes, against proc(5) and whatever a process calls itself."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.trusted.evidence import records
from etui.trusted.evidence.process import Unit

_AFTER_NAME = "S 41 42 43 34816 44 4194304 1 2 3 4 5 6 7 8 20 0 1 0 987654 10 11"


@given(name=st.text(max_size=15))
def test_stat_is_read_right_whatever_the_process_calls_itself(name: str) -> None:
    parsed = records.stat(f"7 ({name}) {_AFTER_NAME}\n")
    assert parsed == records.Stat(state="S", ppid=41, session=43, tty=34816, start_ticks=987654)


def test_name_that_imitates_the_fields_after_it_changes_nothing() -> None:
    parsed = records.stat(f"7 (x) Z 1 1 1 0 (y)) {_AFTER_NAME}\n")
    assert (parsed.state, parsed.ppid) == ("S", 41)


@given(text=st.text(max_size=60))
def test_what_is_no_stat_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"stat|int"):
        records.stat(text)


def test_own_records_are_read_as_the_system_calls_say() -> None:
    stat = records.stat(Path("/proc/self/stat").read_text(encoding="utf-8"))
    status = records.status(Path("/proc/self/status").read_text(encoding="utf-8"))
    assert stat.ppid == os.getppid()
    assert status == records.Status(os.geteuid(), frozenset({os.getegid(), *os.getgroups()}))


def test_status_takes_the_effective_user() -> None:
    text = "Name:\tx\nUid:\t1000\t0\t0\t0\nGid:\t1000\t5\t5\t5\nGroups:\t24 27 \n"
    assert records.status(text) == records.Status(0, frozenset({5, 24, 27}))


def test_what_is_no_status_is_refused() -> None:
    with pytest.raises(ValueError, match="status"):
        records.status("Name:\tx\nUid:\t1000\n")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("0::/user.slice/a.scope\n", "/user.slice/a.scope"),
        ("9:name=systemd:/a.service\n0::/\n", "/a.service"),
        ("9:name=systemd:/a.service\n0::/a.service\n", "/a.service"),
        ("9:name=systemd:/\n8:freezer:/\n0::/b.service\n", "/b.service"),
        ("4:cpu,cpuacct:/docker/0a\n0::/\n", "/"),
        ("4:cpu,cpuacct:/docker/0a\n", ""),
        ("0::/a:b.service\n", "/a:b.service"),
    ],
)
def test_cgroup_is_the_one_that_systemd_keeps(text: str, path: str) -> None:
    assert records.cgroup(text).path == path


@given(path=st.text(st.characters(exclude_characters="\n"), max_size=40))
def test_cgroup_path_is_taken_whole(path: str) -> None:
    assert records.cgroup(f"8:freezer:/snap.x\n0::/{path}\n") == records.Cgroup(f"/{path}", "/snap.x")


@pytest.mark.parametrize(
    ("path", "unit"),
    [
        ("/system.slice/cups.service", Unit("cups.service", None)),
        ("/system.slice/system-getty.slice/getty@tty1.service", Unit("getty@tty1.service", None)),
        ("/system.slice/docker.service/sub/group", Unit("docker.service", None)),
        ("/user.slice/user-7.slice/user@7.service/app.slice/backup.service", Unit("backup.service", 7)),
        ("/user.slice/user-7.slice/user@7.service/app.slice/_a.service/x", Unit("a.service", 7)),
        ("/user.slice/user-7.slice/user@7.service/app.slice/app-gnome-x-5.scope", None),
        ("/user.slice/user-7.slice/user@7.service/init.scope", None),
        ("/user.slice/user-7.slice/session-2.scope", None),
        ("/user.slice/user-7.slice/session-2.scope/fake.service", None),
        ("/docker/0a/system.slice/cups.service", None),
        ("/../../system.slice/cups.service", None),
        ("/", None),
        ("", None),
    ],
)
def test_unit_is_the_outermost_service_and_never_a_scope(path: str, unit: Unit | None) -> None:
    assert records.unit(path) == unit


@given(path=st.text(alphabet="abuser@.service/slice10-_", max_size=60))
def test_every_path_has_a_unit_or_none(path: str) -> None:
    unit = records.unit(path)
    assert unit is None or unit.name.endswith(".service")
