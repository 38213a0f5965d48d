"""What completes the command lines of ``etui`` in a shell, made from the parser: it knows what the parser knows.

Each script holds a table: what was typed so far, without options and arguments, leads to the words that may follow.
Where none fits, the shell completes names of files.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

_BASH: Final = """\
# Completion of etui for bash: eval "$(etui completion bash)"
_etui() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} at= word words=
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        [[ $word == -- ]] && return
        case "$at $word" in
{paths}
        esac
    done
    case "$at $before" in
{choices}
        *) case "$at" in
{words}
        esac ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _etui etui
"""
_ZSH: Final = """\
#compdef etui
# Completion of etui for zsh: put it as _etui into a folder of $fpath, or source it after compinit.
_etui() {{
    local before=${{words[CURRENT-1]}} at= word
    local -a known
    for word in "${{(@)words[2,CURRENT-1]}}"; do
        [[ $word == -- ]] && {{ _normal; return }}
        case "$at $word" in
{paths}
        esac
    done
    case "$at $before" in
{choices}
        *) case "$at" in
{words}
        esac ;;
    esac
    compadd -a known || _files
}}
if [[ $funcstack[1] == _etui ]]; then _etui "$@"; else compdef _etui etui; fi
"""
_FISH: Final = """\
# Completion of etui for fish.
function __etui_at
    set -l at
    for word in (commandline -opc)[2..]
        switch "$at $word"
{paths}
        end
    end
    test "$at" = "$argv"
end
{lines}
"""


class Known(msgspec.Struct, frozen=True):
    """What may follow one command: its commands and options, each with a line of help, and the values of options."""

    commands: dict[str, str]
    options: dict[str, str]
    choices: dict[str, tuple[str, ...]]
    values: tuple[str, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """Everything that may be typed next."""
        return (*self.commands, *self.values, *self.options)


Table = dict[tuple[str, ...], Known]


def commands_of(parser: argparse.ArgumentParser) -> Mapping[str, argparse.ArgumentParser]:
    """The commands of a parser, by name."""
    for action in parser._actions:  # noqa: SLF001  # argparse shows its actions nowhere else
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            return action.choices
    return {}


def table_of(parser: argparse.ArgumentParser) -> Table:
    """What may follow each command."""
    table: Table = {}
    _walk(parser, (), table)
    return table


def _walk(parser: argparse.ArgumentParser, path: tuple[str, ...], table: Table) -> None:
    options: dict[str, str] = {}
    choices: dict[str, tuple[str, ...]] = {}
    values: tuple[str, ...] = ()
    helps: dict[str, str] = {}
    for action in parser._actions:  # noqa: SLF001
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            helps = {choice.dest: choice.help or "" for choice in action._choices_actions}  # noqa: SLF001
            continue
        named = tuple(str(choice) for choice in action.choices or ())
        if not action.option_strings:
            values += named
        for option in action.option_strings:
            options[option] = (action.help or "").replace("%%", "%")
            if named:
                choices[option] = named
    commands = commands_of(parser)
    table[path] = Known({name: helps.get(name, "") for name in commands}, options, choices, values)
    for name, below in commands.items():
        _walk(below, (*path, name), table)


def bash(parser: argparse.ArgumentParser) -> str:
    """The script for bash."""
    return _BASH.format(**_cases(table_of(parser), 'words="{words}"'))


def zsh(parser: argparse.ArgumentParser) -> str:
    """The script for zsh."""
    return _ZSH.format(**_cases(table_of(parser), "known=({words})"))


def fish(parser: argparse.ArgumentParser) -> str:
    """The script for fish."""
    table = table_of(parser)
    paths = "\n".join(
        f"            case '{_typed(path)}'\n                set at '{_at(path)}'" for path in table if path
    )
    lines: list[str] = []
    for path, known in table.items():
        condition = f"complete -c etui -n '__etui_at \"{_at(path)}\"'"
        lines += [f"{condition} -f -a {name} -d {_quoted(text)}" for name, text in known.commands.items()]
        lines += [f"{condition} -f -a {value}" for value in known.values]
        for option, text in known.options.items():
            kind, name = ("-l", option[2:]) if option.startswith("--") else ("-s", option[1:])
            chosen = f" -x -a '{' '.join(known.choices[option])}'" if option in known.choices else ""
            lines.append(f"{condition} {kind} {name}{chosen} -d {_quoted(text)}")
    return _FISH.format(paths=paths, lines="\n".join(lines))


SHELLS: Final[dict[str, Callable[[argparse.ArgumentParser], str]]] = {"bash": bash, "zsh": zsh, "fish": fish}


def _cases(table: Table, setting: str) -> dict[str, str]:
    """The three tables of bash and zsh."""
    indent = "            "
    paths = [f'{indent}"{_typed(path)}") at="{_at(path)}" ;;' for path in table if path]
    choices = [
        f'        "{_at(path)} {option}") {setting.format(words=" ".join(values))} ;;'
        for path, known in table.items()
        for option, values in known.choices.items()
    ]
    words = [
        f'{indent}"{_at(path)}") {setting.format(words=" ".join(known.words))} ;;' for path, known in table.items()
    ]
    return {"paths": "\n".join(paths), "choices": "\n".join(choices), "words": "\n".join(words)}


def _at(path: tuple[str, ...]) -> str:
    return "".join(f" {name}" for name in path)


def _typed(path: tuple[str, ...]) -> str:
    return f"{_at(path[:-1])} {path[-1]}"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
