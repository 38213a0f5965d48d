"""What a confinement may say, and how it is said to bubblewrap."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pyseccomp
import pytest

from etui.trusted.sandbox import Confinement, ConfinementError, python_runtime
from etui.trusted.sandbox.bubblewrap import Entry, arguments, revealing_entries
from etui.trusted.sandbox.filter import syscall_filter
from etui.trusted.sandbox.syscalls import ALLOWED, FORKING_ALLOWED, REFUSED

PLAIN = Confinement(argv=("/usr/bin/true",), code=(Path("/usr/lib"),))
NEWER_THAN_LIBSECCOMP = {"mseal", "map_shadow_stack", "fchmodat2", "quotactl_fd"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"argv": ()}, "absolute path"),
        ({"argv": ("python3",)}, "absolute path"),
        ({"argv": ("/bin/true", "a\0--bind")}, "zero byte"),
        ({"env": {"A=B": "c"}}, "no name"),
        ({"env": {"": "c"}}, "no name"),
        ({"env": {"A": "\0"}}, "zero byte"),
        ({"memory_bytes": 1}, "memory_bytes"),
        ({"processes": 0}, "processes"),
        ({"files": 3}, "files"),
        ({"code": (Path("usr"),)}, "no plain absolute path"),
        ({"code": (Path("/usr/../etc"),)}, "no plain absolute path"),
        ({"code": (Path("/nowhere"),)}, "No such file"),
        ({"code": (Path("/"),)}, "private"),
        ({"code": (Path("/etc"),)}, "private"),
        ({"code": (Path("/home"),)}, "private"),
        ({"code": (Path.home(),)}, "private"),
        ({"folder": Path.home()}, "private"),
        ({"folder": Path("/etc/passwd")}, "no folder"),
    ],
)
def test_what_must_not_be_given_is_refused(change: dict[str, Any], words: str) -> None:
    PLAIN.check()
    with pytest.raises(ConfinementError, match=words) as caught:
        msgspec.structs.replace(PLAIN, **change).check()
    assert caught.value.code == "sandbox_confinement"


def test_a_link_to_a_private_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "package").symlink_to("/etc")
    with pytest.raises(ConfinementError, match="private"):
        msgspec.structs.replace(PLAIN, code=(tmp_path / "package",)).check()


def test_what_the_running_python_needs_may_be_given() -> None:
    msgspec.structs.replace(PLAIN, code=python_runtime()).check()


def test_trees_within_trees_are_mounted_once() -> None:
    code = (Path("/usr/lib/python3"), Path("/usr/lib"), Path("/usr/lib"), Path("/usr/lib64"))
    options = arguments(msgspec.structs.replace(PLAIN, code=code), ())
    mounted = [options[at + 1] for at, word in enumerate(options) if word == "--ro-bind"]
    assert mounted == ["/usr/lib", "/usr/lib64"]


def test_the_root_is_shut_after_everything_was_mounted() -> None:
    options = arguments(PLAIN, (Entry("/proc/sys", is_folder=True), Entry("/proc/kmsg", is_folder=False)))
    last = len(options) - options[::-1].index("--remount-ro") - 1
    assert options[last + 1] == "/"
    assert not {"--bind", "--ro-bind", "--dev-bind", "--tmpfs", "--proc"} & set(options[last:])


def test_entries_that_reveal_are_found_by_what_they_permit(tmp_path: Path) -> None:
    for name, mode in {"meminfo": 0o444, "kmsg": 0o400, "mtrr": 0o644, "keys": 0o444, "12": 0o400}.items():
        (tmp_path / name).touch()
        (tmp_path / name).chmod(mode)
    (tmp_path / "sys").mkdir()
    (tmp_path / "self").symlink_to("12")
    assert [entry.path for entry in revealing_entries(tmp_path)] == [
        f"/proc/{name}" for name in ("keys", "kmsg", "mtrr", "sys")
    ]


def test_the_filter_is_a_program_that_the_kernel_can_take() -> None:
    forkless, forking = syscall_filter(1), syscall_filter(2)
    assert forkless != forking
    for program in (forkless, forking):
        assert len(program) % 8 == 0
        assert 0 < len(program) // 8 <= 4096  # BPF_MAXINSNS


@pytest.mark.parametrize("architecture", ["X86_64", "AARCH64"])
def test_every_name_in_the_tables_is_a_call(architecture: str) -> None:
    arch = getattr(pyseccomp.Arch, architecture)
    names = {name for names in (*ALLOWED.values(), *REFUSED.values(), FORKING_ALLOWED) for name in names.split()}
    unknown = {name for name in names if pyseccomp.resolve_syscall(arch, name) == -1}
    assert unknown <= NEWER_THAN_LIBSECCOMP


def test_a_folder_for_storage_is_the_only_thing_mounted_writable(tmp_path: Path) -> None:
    options = arguments(msgspec.structs.replace(PLAIN, folder=tmp_path), ())
    at = options.index("--bind")
    assert options[at : at + 3] == ("--bind", str(tmp_path), "/data")
    assert options.count("--bind") == 1
    assert "--bind" not in arguments(PLAIN, ())
