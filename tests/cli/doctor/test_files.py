"""What the files of a machine say: kernel, core files, TPM, mounts, containers."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cli.doctor.machines import machine

from etui.cli.doctor import kernel, memory, surroundings
from etui.cli.doctor.findings import Check, State
from etui.cli.doctor.storage import file_system, mount_of

SCOPE = "/proc/sys/kernel/yama/ptrace_scope"
ACTIONS = "/proc/sys/kernel/seccomp/actions_avail"
PATTERN = "/proc/sys/kernel/core_pattern"
TPM_VERSION = "/sys/class/tpm/tpm0/tpm_version_major"
# As the systems write them: Debian 12, Ubuntu 24.04, Fedora 41, a kernel of Linux 4.9 without kill_process.
APPORT = "|/usr/share/apport/apport -p%p -s%s -c%c -d%d -P%P -u%u -g%g -- %E\n"
SYSTEMD = "|/usr/lib/systemd/systemd-coredump %P %u %g %s %t %c %h\n"
ALL_ACTIONS = "kill_process kill_thread trap errno user_notif trace log allow\n"
OLD_ACTIONS = "kill trap errno trace allow\n"


@pytest.mark.parametrize(
    ("check", "files", "state", "says"),
    [
        (kernel.tracing, {SCOPE: "1\n"}, State.HOLDS, "ptrace_scope is 1"),
        (kernel.tracing, {SCOPE: "3\n"}, State.HOLDS, "ptrace_scope is 3"),
        (kernel.tracing, {SCOPE: "0\n"}, State.LIMITS, "ptrace_scope is 0"),
        (kernel.tracing, {}, State.LIMITS, "no Yama"),
        (kernel.seccomp, {ACTIONS: ALL_ACTIONS}, State.HOLDS, "filtered"),
        (kernel.seccomp, {ACTIONS: OLD_ACTIONS}, State.STOPS, "(kill_process)"),
        (kernel.seccomp, {}, State.STOPS, "allow, errno, kill_process"),
        (memory.core_files, {PATTERN: APPORT}, State.LIMITS, "/usr/share/apport/apport."),
        (memory.core_files, {PATTERN: SYSTEMD}, State.LIMITS, "/usr/lib/systemd/systemd-coredump."),
        (memory.core_files, {PATTERN: "\n"}, State.HOLDS, "no core file"),
        (memory.tpm, {}, State.LIMITS, "There is no TPM."),
        (memory.tpm, {TPM_VERSION: "1\n", "/dev/tpm0": ""}, State.LIMITS, "TPM 1"),
        (memory.tpm, {TPM_VERSION: "2\n"}, State.LIMITS, "without /dev/tpmrm0"),
        (memory.tpm, {TPM_VERSION: "2\n", "/dev/tpmrm0": ""}, State.HOLDS, "you may use"),
        (surroundings.container, {}, State.HOLDS, "No container"),
        (surroundings.container, {"/.dockerenv": ""}, State.LIMITS, "Docker"),
        (surroundings.container, {"/run/.containerenv": ""}, State.LIMITS, "Podman"),
    ],
)
def test_a_file_says_what_holds(check: Check, files: dict[str, str], state: State, says: str, tmp_path: Path) -> None:
    finding = check(machine(tmp_path, files))
    assert finding.state is state
    assert says in finding.found
    assert bool(finding.consequence) == (state is not State.HOLDS)


@pytest.mark.parametrize(("limit", "state"), [(0, State.HOLDS), (4096, State.LIMITS)])
def test_core_files_hang_on_the_limit_where_no_program_takes_them(limit: int, state: State, tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    if hard != resource.RLIM_INFINITY and hard < limit:
        pytest.skip("the hard limit of core files is 0 here")
    resource.setrlimit(resource.RLIMIT_CORE, (limit, hard))
    try:
        assert memory.core_files(machine(tmp_path, {PATTERN: "core\n"})).state is state
        assert memory.core_files(machine(tmp_path, {PATTERN: APPORT})).state is State.LIMITS
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))


ROOT = "21 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw,errors=remount-ro\n"
# Homes, as they are mounted: a university's, a file server's by SSH, a stick, a share of Windows, a disk in a hurry.
NFS = "98 21 0:52 / /home rw,nosuid,nodev,relatime shared:50 - nfs4 files:/home rw,vers=4.2,hard,sec=krb5\n"
SSHFS = "99 21 0:53 / /home rw,nosuid,nodev,relatime - fuse.sshfs ada@files:/home rw,user_id=1000\n"
CIFS = "99 21 0:53 / /home rw,relatime - cifs //files/home rw,vers=3.1.1,cache=strict\n"
MEMORY = "97 21 0:51 / /home rw,nosuid,nodev - tmpfs tmpfs rw,size=1024k,inode64\n"
HURRY = "96 21 8:3 / /home rw,relatime - ext4 /dev/sda3 rw,nobarrier\n"
FROZEN = "96 21 8:3 / /home ro,relatime - ext4 /dev/sda3 ro\n"
BTRFS = "96 21 0:40 /@home /home rw,relatime shared:44 - btrfs /dev/nvme0n1p3 rw,ssd,space_cache=v2,subvol=/@home\n"
DOCKER = "612 500 0:60 / / rw,relatime - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/A,upperdir=/b\n"


@pytest.mark.parametrize(
    ("mounts", "state", "says"),
    [
        (ROOT, State.HOLDS, "(ext4)"),
        (ROOT + BTRFS, State.HOLDS, "(btrfs)"),
        (ROOT + NFS, State.WEAKENS, "another machine's"),
        (ROOT + SSHFS, State.WEAKENS, "another machine's"),
        (ROOT + CIFS, State.WEAKENS, "another machine's"),
        (ROOT + MEMORY, State.WEAKENS, "which is memory"),
        (ROOT + HURRY, State.WEAKENS, "mounted with nobarrier"),
        (ROOT + FROZEN, State.STOPS, "read-only"),
        (ROOT + NFS + BTRFS, State.HOLDS, "(btrfs)"),
        (DOCKER, State.LIMITS, "(overlay)"),
        ("", State.UNSEEN, "not known"),
    ],
)
def test_where_the_profile_lies(mounts: str, state: State, says: str, tmp_path: Path) -> None:
    home = Path("/home/ada-of-this-test/.local/share/etui")
    found = file_system(machine(tmp_path, {"/proc/self/mountinfo": mounts}, wallet=home))
    assert (found.state, says in found.found) == (state, True), found


def test_a_library_that_keeps_writes_from_the_disk_is_told(tmp_path: Path) -> None:
    home = Path("/home/ada-of-this-test/.local/share/etui")
    environ = {"LD_PRELOAD": "/usr/lib/aarch64-linux-gnu/libeatmydata.so"}
    found = file_system(machine(tmp_path, {"/proc/self/mountinfo": ROOT}, wallet=home, environ=environ))
    assert (found.state, found.cure) == (State.WEAKENS, "unset it")


def test_a_mount_with_a_space_in_its_name_is_found() -> None:
    mounts = ROOT + r"96 21 8:3 / /media/my\040disk rw - vfat /dev/sdb1 rw" + "\n"
    found = mount_of(Path("/media/my disk/etui"), mounts)
    assert found is not None
    assert (found.point, found.kind) == ("/media/my disk", "vfat")


@given(st.text())
def test_no_table_of_mounts_is_too_odd_to_read(table: str) -> None:
    mount_of(Path("/home/ada"), table)
