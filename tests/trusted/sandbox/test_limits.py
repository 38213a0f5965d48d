"""How much a confined process may use."""

from __future__ import annotations

import pytest
from tests.trusted.sandbox.conftest import Confine, Starter
from tests.trusted.sandbox.programs import tell, told

from etui.trusted.sandbox.confinement import MIB


@pytest.mark.attack(22)
@pytest.mark.parametrize("share", ["MAP_PRIVATE", "MAP_SHARED"])
def test_memory_ends_at_its_limit(confine: Confine, share: str) -> None:
    before = f"""
kept = []
def take():
    for _ in range(100):
        kept.append(mmap.mmap(-1, 4 * 1024 * 1024, mmap.{share} | mmap.MAP_ANONYMOUS))
"""
    taken, mapped = told(confine(tell("[attempt(take), len(kept)]", before), changes={"memory_bytes": 128 * MIB}))
    assert taken == "ENOMEM"
    assert mapped <= 32


def test_memory_by_descriptor_does_not_exist(confine: Confine) -> None:
    assert told(confine(tell("attempt(os.memfd_create, 'more')"))) == "EPERM"


def test_tmp_ends_at_its_size(confine: Confine) -> None:
    before = """
def fill():
    with open("/tmp/file", "wb", buffering=0) as file:
        for _ in range(64):
            file.write(bytes(65536))
"""
    program = tell("[attempt(fill), os.path.getsize('/tmp/file')]", before)
    assert told(confine(program, changes={"tmpfs_bytes": 2 * MIB})) == ["ENOSPC", 2 * MIB]


def test_a_file_ends_at_its_limit(confine: Confine) -> None:
    program = tell("attempt(os.truncate, os.open('/tmp/file', os.O_CREAT | os.O_WRONLY), 8192)")
    assert told(confine(program, changes={"file_bytes": 4096})) == "EFBIG"


def test_open_files_end_at_their_limit(confine: Confine) -> None:
    before = """
kept = []
def take():
    for _ in range(100):
        kept.append(os.dup(0))
"""
    assert told(confine(tell("[attempt(take), kept[-1]]", before), changes={"files": 20})) == ["EMFILE", 19]


def test_no_limit_can_be_raised_from_inside(confine: Confine) -> None:
    limits = ("RLIMIT_AS", "RLIMIT_NOFILE", "RLIMIT_FSIZE", "RLIMIT_CORE")
    before = """
def raised(name):
    kind = getattr(resource, name)
    most = resource.getrlimit(kind)[1]
    try:
        resource.setrlimit(kind, (most + 1, most + 1))
    except ValueError:
        return resource.getrlimit(kind)[1] == most
"""
    assert told(confine(tell(f"[raised(name) for name in {limits}]", before))) == [True] * 4


def test_no_core_is_left_whatever_the_pattern(confine: Confine) -> None:
    # core(5): a limit of 1 stops a core pattern's pipe as well, which 0 does not.
    assert told(confine(tell("resource.getrlimit(resource.RLIMIT_CORE)"))) == [1, 1]


THREADS = """
kept = []
threading.stack_size(65536)
def take():
    stop = threading.Event()
    try:
        for _ in range(200):
            thread = threading.Thread(target=stop.wait)
            thread.start()
            kept.append(thread)
    except RuntimeError:
        pass
    stop.set()
take()
"""


def test_threads_of_an_ordinary_user_end_at_their_limit(ordinary: Starter) -> None:
    assert told(ordinary.confine(tell("len(kept)", THREADS), changes={"threads": 8})) == 8


def test_threads_of_anyone_end_with_the_memory(confine: Confine) -> None:
    before = THREADS.replace("65536", "16 * 1024 * 1024")
    taken = told(confine(tell("len(kept)", before), changes={"memory_bytes": 256 * MIB, "threads": 100}))
    assert 1 <= taken <= 16


FORKS = """
kept = []
def take():
    for _ in range(20):  # so that a limit that is missing harms nobody
        child = os.fork()
        if not child:
            signal.pause()
        kept.append(child)
"""


@pytest.mark.attack(22)
def test_nobody_forks_without_end(confine: Confine) -> None:
    assert told(confine(tell("[attempt(take), len(kept)]", FORKS))) == ["ENOSYS", 0]


def test_processes_of_an_ordinary_user_end_at_their_limit(ordinary: Starter) -> None:
    outcome = ordinary.confine(tell("[attempt(take), len(kept)]", FORKS), changes={"processes": 4, "threads": 1})
    assert told(outcome) == ["EAGAIN", 4]  # three more processes and the one thread


def test_root_is_refused_what_the_kernel_would_not_count(starter: Starter) -> None:
    outcome = starter.confine(tell("1"), changes={"processes": 2})
    if starter.is_root:
        assert outcome.error.startswith("sandbox_confinement: the kernel counts no processes of root")
    else:
        assert told(outcome) == 1
