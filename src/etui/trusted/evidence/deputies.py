"""Programs that act for whoever calls them, and so own nothing by being themselves.

A program is recognised by the file name of its resolved executable, with versions stripped
(`python3.11` is `python`), never by what it calls itself. A name too many here makes evidence
weaker, a name too few makes a stranger look like somebody: in doubt it belongs in the table.
"""

import posixpath
import re
from enum import Enum
from functools import lru_cache


class Deputy(Enum):
    """The kinds of deputies."""

    INTERPRETER = "interpreter"
    SHELL = "shell"
    LOADER = "loader"
    TOOL = "tool"


_INTERPRETERS = """
    python pypy node nodejs bun deno electron ruby jruby irb perl php php-cgi lua luajit tclsh wish
    expect guile racket java mono dotnet wine wine-preloader wine64 wine64-preloader gjs gjs-console
    cjs cjs-console js awk gawk mawk nawk original-awk sed Rscript R osascript pwsh julia erl
    beam.smp escript ocaml ghc runghc gdb lldb strace ltrace qemu-x86_64 qemu-aarch64 box64 uv pipx
"""
_SHELLS = "bash sh dash ash ksh mksh zsh fish tcsh csh busybox toybox rbash nu elvish xonsh yash"
_TOOLS = """
    etui keyring secret-tool gdbus busctl dbus-send dbus-monitor qdbus qdbus6 dbus-run-session
    dbus-launch kwallet-query kwalletcli pass gopass gpg gpg2 gpgsm gpg-connect-agent pinentry age
    age-plugin-etui rage
    ssh ssh-add ssh-keygen sftp scp autossh sshpass mosh-client git git-remote-http
    git-credential-libsecret hg svn gh glab rsync rclone curl wget http nc ncat nc.openbsd
    nc.traditional netcat socat openssl pkcs11-tool websocat
    env sudo doas su runuser setpriv capsh chroot pkexec newgrp sg xargs parallel find timeout nohup
    setsid nice ionice taskset chrt prlimit stdbuf unbuffer script flock watch time entr coreutils
    tee make gmake ninja cmake just task direnv flatpak-spawn flatpak snap systemd-run systemd-inhibit
    systemd-cat run-parts start-stop-daemon daemonize unshare nsenter bwrap firejail proot fakeroot
    faked xdg-open gio gtk-launch kioclient xdg-dbus-proxy gapplication exo-open dex notify-send vim
    nvim vi nano less more man jq
"""

_KINDS = (
    dict.fromkeys(_INTERPRETERS.split(), Deputy.INTERPRETER)
    | dict.fromkeys(_SHELLS.split(), Deputy.SHELL)
    | dict.fromkeys(_TOOLS.split(), Deputy.TOOL)
)
_LOADER = re.compile(r"ld(-[^/]*)?\.so(\.\d+)*|ld64\.so\.\d+|ld-[\d.]+\.so")
_VERSIONED = re.compile(r"([A-Za-z][A-Za-z+_-]*?)[-_.]?\d.*", re.DOTALL)


def family(path: str) -> str:
    """Return the file name of executable `path`, without a version: `/usr/bin/lua5.4` is `lua`."""
    name = posixpath.basename(path)
    versioned = _VERSIONED.fullmatch(name)
    return name if versioned is None or name in _KINDS else versioned[1]


@lru_cache(maxsize=256)
def deputy_kind(path: str) -> Deputy | None:
    """Return which kind of deputy the executable `path` is, or None if it acts for itself."""
    name = posixpath.basename(path)
    if _LOADER.fullmatch(name):
        return Deputy.LOADER
    return _KINDS.get(name) or _KINDS.get(family(path))


def is_tool_script(path: str) -> bool:
    """Say whether the script `path` is itself a general tool, such as `etui` or `keyring`."""
    return _KINDS.get(posixpath.basename(path)) is Deputy.TOOL
