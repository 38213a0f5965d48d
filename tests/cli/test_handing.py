"""Secrets that are handed to one command."""

from __future__ import annotations

import os
import sys

import msgspec
import pytest
from tests.cli.etui import done, etui

from etui.cli.clipboard import holder
from etui.cli.exits import CommandError
from etui.testkit import TestWallet

_KEY = "otpauth://totp/work:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=work"


@pytest.mark.shares_wallet
def test_a_command_reads_it_from_descriptor_3_once(wallet: TestWallet) -> None:
    done(wallet, "add", "Mail", stdin="hunter2")
    assert done(wallet, "use", "mail", "--", "sh", "-c", "cat <&3; cat <&3") == "hunter2"
    assert done(wallet, "use", "mail", "--fd", "9", "--", "sh", "-c", "cat <&9") == "hunter2"


@pytest.mark.shares_wallet
def test_a_command_reads_it_from_a_variable(wallet: TestWallet) -> None:
    done(wallet, "add", "Mail", stdin="hunter2")
    assert done(wallet, "use", "mail", "--env", "TOKEN", "--", "sh", "-c", 'printf %s "$TOKEN"') == "hunter2"


@pytest.mark.shares_wallet
def test_the_exit_status_is_the_commands(wallet: TestWallet) -> None:
    done(wallet, "add", "Mail", stdin="hunter2")
    assert etui(wallet, "use", "mail", "--", "sh", "-c", "exit 41").returncode == 41


@pytest.mark.shares_wallet
def test_a_file_of_a_mebibyte_passes_whole(wallet: TestWallet) -> None:
    content = "0123456789abcde\n" * (1 << 16)
    done(wallet, "add", "Large", "--kind", "file", stdin=content)
    assert done(wallet, "use", "large", "--", "sh", "-c", "cat <&3") == content


@pytest.mark.shares_wallet
def test_the_command_inherits_no_other_descriptor(wallet: TestWallet) -> None:
    done(wallet, "add", "Mail", stdin="hunter2")
    code = "import os; print(sorted(map(int, os.listdir('/proc/self/fd'))))"
    descriptors = done(wallet, "use", "mail", "--fd", "5", "--", sys.executable, "-I", "-c", code)
    assert descriptors.strip() == "[0, 1, 2, 3, 5]"  # 3: the listing of the folder itself


@pytest.mark.shares_wallet
def test_a_one_time_code_has_six_digits(wallet: TestWallet) -> None:
    done(wallet, "add", "Work", "--kind", "code", stdin=_KEY)
    result = etui(wallet, "code", "work", "--stdin", "--", "cat")
    assert result.returncode == 0, result.stderr
    assert len(result.stdout) == 6
    assert result.stdout.isdecimal()
    assert result.stdout not in result.stderr


@pytest.mark.shares_wallet
def test_a_program_is_told_how_long_a_code_is_valid(wallet: TestWallet) -> None:
    done(wallet, "add", "Work", "--kind", "code", stdin=_KEY)
    result = etui(wallet, "code", "work", "--json", "--stdin", "--", "cat")
    assert result.stdout.isdecimal()
    assert 0 < msgspec.json.decode(result.stderr)["valid_s"] <= 30


@pytest.mark.shares_wallet
def test_nothing_is_asked_for_where_nothing_can_be_handed_over(wallet: TestWallet) -> None:
    for arguments in (
        ["use", "mail"],
        ["use", "mail", "--clipboard", "--", "cat"],
        ["use", "mail", "--fd", "1", "--", "cat"],
        ["use", "mail", "--env", "A=B", "--", "cat"],
        ["find", "--", "cat"],
    ):
        assert etui(wallet, *arguments).returncode == 2
    assert wallet.user.asked() == []


@pytest.mark.shares_wallet
def test_a_command_that_is_not_there_is_named_before_anything_is_asked_for(wallet: TestWallet) -> None:
    result = etui(wallet, "use", "mail", "--", "no-such-command-here")
    assert result.returncode == 1
    assert "no-such-command-here cannot be started" in result.stderr
    assert wallet.user.asked() == []


@pytest.mark.parametrize(
    ("display", "package"), [({"WAYLAND_DISPLAY": "wayland-0"}, "wl-clipboard"), ({"DISPLAY": ":0"}, "xclip")]
)
def test_the_package_that_the_clipboard_needs_is_named(display: dict[str, str], package: str) -> None:
    with pytest.raises(CommandError, match=f"apt-get install {package}"):
        holder({**display, "PATH": os.devnull})


def test_without_a_display_there_is_no_clipboard() -> None:
    with pytest.raises(CommandError, match="no display"):
        holder({"PATH": os.environ["PATH"]})
