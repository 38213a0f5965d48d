"""Completion, in the shells themselves."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from etui.cli.completion import SHELLS
from etui.cli.main import build_parser


def bash_completes(*words: str) -> set[str]:
    """What bash offers behind these words; the last is what is being typed."""
    script = SHELLS["bash"](build_parser())
    quoted = " ".join(f"'{word}'" for word in ("etui", *words))
    ask = f'COMP_WORDS=({quoted}); COMP_CWORD={len(words)}; _etui; printf "%s\\n" "${{COMPREPLY[@]}}"'
    result = subprocess.run(
        ["bash", "--norc", "-eu", "-c", f"{script}\n{ask}"], capture_output=True, text=True, check=True
    )
    assert result.stderr == ""
    return set(result.stdout.split())


def test_bash_completes_commands() -> None:
    assert bash_completes("re") == {"receipts", "reveal", "restore-value", "revoke", "recovery", "restore"}


def test_bash_completes_the_commands_of_a_group() -> None:
    assert {"list", "enable", "disable"} <= bash_completes("door", "")
    assert bash_completes("door", "en") == {"enable"}


def test_bash_completes_options_behind_arguments() -> None:
    assert bash_completes("use", "mail", "--f") == {"--fd"}


def test_bash_completes_the_values_of_an_option_and_of_an_argument() -> None:
    assert bash_completes("add", "Mail", "--kind", "lo") == {"login"}
    assert bash_completes("completion", "") >= {"bash", "zsh", "fish"}


def test_bash_leaves_what_follows_the_dashes_alone() -> None:
    assert bash_completes("use", "mail", "--", "fi") == set()


@pytest.mark.parametrize(("shell", "check"), [("zsh", "-n"), ("fish", "--no-execute")])
def test_other_shells_can_read_theirs(shell: str, check: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"needs package {shell}")
    script = SHELLS[shell](build_parser())
    result = subprocess.run([shell, check], input=script, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


_DRIVE_ZSH = r"""
zmodload zsh/zpty
zpty typed zsh -f -i
say() { zpty -w $2 typed $1 }
hear() { zpty -r typed heard "$1" || exit 1 }
say "TERM=dumb; fpath=(${(q)1} \$fpath); autoload -Uz compinit; compinit -u -D; bindkey '^I' complete-word"
say "zstyle ':completion:*' completer _all_matches _complete; zstyle ':completion:*' insert true"
say 'etui() { print -r -- "of""fered<$*>" }; etui nothing'
hear '*offered<nothing>*'
say "$2"$'\t'
hear '*offered<*>*'
print -r -- "$heard"
"""
"""Types a line and Tab into an interactive zsh, in which ``etui`` prints its words: all that fitted takes the place."""


def zsh_completes(folder: Path, typed: str) -> set[str]:
    """What zsh offers for the last word of the line that is being typed, at a terminal."""
    if shutil.which("zsh") is None:
        pytest.skip("needs package zsh")
    (folder / "_etui").write_text(SHELLS["zsh"](build_parser()))
    command = ["zsh", "-f", "-c", _DRIVE_ZSH, "zsh", str(folder), f"etui {typed}"]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    [words] = re.findall("offered<(.*?)>", result.stdout)
    return set(words.split()) - set(typed.split()[:-1] if not typed.endswith(" ") else typed.split())


def test_zsh_completes_commands(tmp_path: Path) -> None:
    assert zsh_completes(tmp_path, "re") == {"receipts", "reveal", "restore-value", "revoke", "recovery", "restore"}


def test_zsh_completes_the_commands_of_a_group(tmp_path: Path) -> None:
    assert {"list", "enable", "disable"} <= zsh_completes(tmp_path, "door ")
    assert zsh_completes(tmp_path, "door en") == {"enable"}


def test_zsh_completes_options_and_the_values_of_an_option_and_of_an_argument(tmp_path: Path) -> None:
    assert zsh_completes(tmp_path, "use mail --f") == {"--fd"}
    assert zsh_completes(tmp_path, "up --dialog t") == {"terminal"}
    assert zsh_completes(tmp_path, "completion z") == {"zsh"}


def test_fish_completes_commands_and_values() -> None:
    if shutil.which("fish") is None:
        pytest.skip("needs package fish")
    script = SHELLS["fish"](build_parser())
    for typed, offered in (("door ", {"list", "enable", "disable"}), ("up --dialog ", {"auto", "qt", "terminal"})):
        command = ["fish", "--no-config", "-c", f"source; complete -C 'etui {typed}'"]
        result = subprocess.run(command, input=script, capture_output=True, text=True, check=True)
        assert {line.split("\t")[0] for line in result.stdout.splitlines()} == offered
