"""Which system calls a confined process may make: three tables, read by the filter.

Rules: what no table names does not exist inside (``ENOSYS``), so that a call of tomorrow's kernel is shut
today and a C library falls back to what it did before there was such a call. ``REFUSED`` answers ``EPERM``:
calls whose refusal a developer meets, and those that were ways out of a sandbox before. The rest of the
protection does not rest on this list: there is no capability, no network and no other process in reach.

Sources: syscalls(2); the groups of systemd.exec(5), ``SystemCallFilter``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec


class Argument(msgspec.Struct, frozen=True):
    """A condition on one argument: equal to ``value``, under ``mask`` where it is masked.

    A comparison covers all 64 bits. Only permission is ever conditional, so that bits which the kernel
    ignores can shut an allowed call and never the other way.
    """

    index: int
    value: int
    mask: int | None = None


class Conditional(msgspec.Struct, frozen=True):
    """A call that is allowed if each of ``arguments`` holds, and does not exist otherwise."""

    call: str
    arguments: tuple[Argument, ...]
    reason: str


ALLOWED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "files by name": """
            access faccessat faccessat2 open openat openat2 creat stat lstat newfstatat fstatat64 statx
            readlink readlinkat getdents getdents64 chdir fchdir getcwd mkdir mkdirat rmdir unlink unlinkat
            rename renameat renameat2 link linkat symlink symlinkat chmod fchmodat fchmodat2 truncate utime
            utimes utimensat futimesat statfs getxattr lgetxattr listxattr llistxattr umask""",
        "files by descriptor": """
            read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2 lseek close close_range
            dup dup2 dup3 fcntl fstat fstatfs fchmod ftruncate fallocate fsync fdatasync sync_file_range
            flock fadvise64 readahead sendfile copy_file_range fgetxattr flistxattr pipe pipe2""",
        "waiting": """
            poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait
            epoll_pwait2 eventfd eventfd2 timerfd_create timerfd_settime timerfd_gettime signalfd signalfd4
            pause""",
        "messages on sockets it was given": """
            sendto sendmsg sendmmsg recvfrom recvmsg recvmmsg shutdown getsockopt setsockopt getsockname
            getpeername""",
        "memory": """
            brk mmap munmap mremap mprotect madvise msync mincore mlock mlock2 mlockall munlock munlockall
            membarrier pkey_alloc pkey_free pkey_mprotect mseal map_shadow_stack""",
        "threads": """
            futex futex_waitv set_tid_address set_robust_list get_robust_list rseq arch_prctl sched_yield
            sched_getaffinity sched_setaffinity sched_getparam sched_getscheduler sched_get_priority_max
            sched_get_priority_min getcpu gettid""",
        "signals": """
            rt_sigaction rt_sigprocmask rt_sigpending rt_sigsuspend rt_sigreturn rt_sigtimedwait
            rt_sigqueueinfo rt_tgsigqueueinfo sigaltstack kill tkill tgkill restart_syscall alarm getitimer
            setitimer timer_create timer_settime timer_gettime timer_getoverrun timer_delete""",
        "clocks": """
            time gettimeofday clock_gettime clock_getres nanosleep clock_nanosleep times""",
        "itself": """
            execve exit exit_group wait4 waitid getpid getppid getuid geteuid getgid getegid getresuid
            getresgid getgroups getpgid getpgrp getsid setsid setpgid getrlimit setrlimit prlimit64 getrusage
            getpriority setpriority capget prctl sysinfo uname getrandom""",
        "shutting itself in further": """
            seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self""",
    },
)
"""Calls that are allowed with any arguments, by what they are for."""

REFUSED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "a socket of its own would reach what the user did not grant; egress is a service of the Router": """
            socket bind connect listen accept accept4""",
        "tracing and reading other processes": """
            ptrace process_vm_readv process_vm_writev process_madvise process_mrelease pidfd_getfd kcmp""",
        "code that runs in the kernel, or events of it": """
            bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register""",
        "keyrings have no namespace: they are the user's": """
            keyctl add_key request_key""",
        "another view of the file system": """
            mount umount umount2 mount_setattr move_mount open_tree fsopen fsconfig fsmount fspick pivot_root
            chroot name_to_handle_at open_by_handle_at fanotify_init quotactl quotactl_fd swapon swapoff""",
        "other namespaces": """
            setns unshare""",
        "the kernel and the machine": """
            kexec_load kexec_file_load init_module finit_module delete_module reboot acct syslog iopl ioperm
            modify_ldt settimeofday clock_settime clock_adjtime adjtimex sethostname setdomainname vhangup""",
        "old personalities switch protections off": """
            personality""",
        "another user": """
            setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups capset chown
            fchown lchown fchownat mknod mknodat""",
        "memory that no limit of the process counts": """
            memfd_create memfd_secret shmget shmat shmctl shmdt msgget msgsnd msgrcv msgctl semget semop
            semctl semtimedop mq_open""",
        "pages handed to the kernel by reference": """
            splice tee vmsplice""",
    },
)
"""Calls that are refused with ``EPERM``, by the reason."""

_CLONE_THREAD: Final = 0x00010000
_CLONE_NEW: Final = 0x7E020080
"""All CLONE_NEW* flags: time, namespaces of mounts, cgroup, uts, ipc, user, pid, net (linux/sched.h)."""

_AF_UNIX: Final = 1
_SOCK_STREAM: Final = 1
_SOCK_TYPES: Final = 0xF
_IOCTLS: Final = MappingProxyType(
    {
        "TCGETS, by which isatty asks": 0x5401,
        "TIOCGWINSZ": 0x5413,
        "FIONREAD": 0x541B,
        "FIONBIO": 0x5421,
        "FIONCLEX": 0x5450,
        "FIOCLEX": 0x5451,
    },
)

CONDITIONAL: Final = (
    Conditional(
        "clone",
        (Argument(0, _CLONE_THREAD, _CLONE_THREAD | _CLONE_NEW),),
        "threads, in no new namespace (clone3 does not exist inside: a filter cannot read its flags)",
    ),
    Conditional(
        "socketpair",
        (Argument(0, _AF_UNIX), Argument(1, _SOCK_STREAM, _SOCK_TYPES)),
        "event loops wake themselves by one; a datagram socket could send to a name",
    ),
    *(Conditional("ioctl", (Argument(1, request),), reason) for reason, request in _IOCTLS.items()),
)
"""Calls whose permission hangs on their arguments; no ioctl that types into a terminal is among them."""

FORKING: Final = (Conditional("clone", (Argument(0, 0, _CLONE_NEW),), "processes, in no new namespace"),)
"""In addition for those that may be more than one process; ``FORKING_ALLOWED`` likewise."""

FORKING_ALLOWED: Final = "fork vfork pidfd_open pidfd_send_signal"
