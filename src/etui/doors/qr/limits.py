"""What the process that decodes pictures is left with: memory, a while of time, and the descriptors that it has.

What decodes is written in C and reads what strangers made. Should a picture take it over, it can compute, and write an
answer of at most a megabyte: it opens no file, starts no program and reaches nobody. Whatever is imported is imported
before.

Source: setrlimit(2), seccomp(2).
"""

from __future__ import annotations

import errno
import resource
from typing import Final

import pyseccomp

MAX_ANSWER_BYTES: Final = 1 << 20
_MEMORY_BYTES: Final = 1536 << 20
_CPU_S: Final = 20
_NO_CORE: Final = 1
"""Too small for a file, and the one value that stops a core pattern's pipe too."""
_ALLOWED: Final = """
read write close fstat newfstatat lseek
mmap munmap mremap mprotect madvise brk
futex rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack restart_syscall
clock_gettime clock_getres gettimeofday getrandom getpid gettid sched_yield sched_getaffinity
exit exit_group
"""
_UNKNOWN: Final = -1


def confine() -> None:
    """Gives everything else up, for good; raises ``OSError`` where the kernel does not let it."""
    for kind, most in (
        (resource.RLIMIT_AS, _MEMORY_BYTES),
        (resource.RLIMIT_CPU, _CPU_S),
        (resource.RLIMIT_FSIZE, MAX_ANSWER_BYTES),
        (resource.RLIMIT_NOFILE, 3),
        (resource.RLIMIT_CORE, _NO_CORE),
    ):
        hard = resource.getrlimit(kind)[1]
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (limit, limit))
    rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.EPERM))
    rules.set_attr(pyseccomp.Attr.ACT_BADARCH, pyseccomp.KILL_PROCESS)
    for name in _ALLOWED.split():
        if pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name) != _UNKNOWN:
            rules.add_rule(pyseccomp.ALLOW, name)
    rules.load()
