"""Which script an interpreter runs, as its command line says; pure.

A command line is whatever the process wrote there, so a script's path is a claim. Code given as an
option (`-c`, `-e`), a module name (`-m`) and standard input have no path. An option that is not in
an interpreter's table is taken for a flag; who calls this drops a path that leads nowhere.
"""

import posixpath

from msgspec import Struct

from etui.trusted.evidence.deputies import family


class Grammar(Struct, frozen=True):
    """How an interpreter reads its options before the script.

    Args:
        code: letters and long options after which there is no script file.
        valued: letters and long options that take a value, attached or as the next argument.
        attached: letters whose value, if any, is the rest of the same argument.
        script: options whose value is the script.
        positional: the first argument that is no option is the script.
        single_dash_words: `-jar` is one option and not three letters.

    """

    code: frozenset[str] = frozenset()
    valued: frozenset[str] = frozenset()
    attached: frozenset[str] = frozenset()
    script: frozenset[str] = frozenset()
    positional: bool = True
    single_dash_words: bool = False


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BOURNE = Grammar(code=_words("c s"), valued=_words("o O --rcfile --init-file --emulate"), attached=_words("D"))
_PYTHON = Grammar(code=_words("c m"), valued=_words("W X --check-hash-based-pycs"))
_NODE = Grammar(
    code=_words("e p i --eval --print --interactive --test --run"),
    valued=_words(
        """r C --require --import --conditions --loader --experimental-loader --env-file --title
        --input-type --icu-data-dir --redirect-warnings --diagnostic-dir --watch-path"""
    ),
)
_LUA = Grammar(code=_words("i"), valued=_words("e l"))
_GJS = Grammar(code=_words("c --command"), valued=_words("I C --include-path --coverage-prefix"))
_TCL = Grammar(valued=_words("-encoding"), single_dash_words=True)

GRAMMARS = {
    "python": _PYTHON,
    "pypy": _PYTHON,
    "node": _NODE,
    "nodejs": _NODE,
    "electron": Grammar(code=_words("e i --eval --interactive"), valued=_words("r --require --type")),
    "perl": Grammar(code=_words("e E"), valued=_words("I"), attached=_words("C D F M V i m x :")),
    "ruby": Grammar(code=_words("e"), valued=_words("I r C E --encoding"), attached=_words("F K i x :")),
    "php": Grammar(
        code=_words("r R B E S --run --server"),
        valued=_words("c d z t F --define --php-ini --zend-extension --docroot"),
        script=_words("f --file"),
    ),
    "lua": _LUA,
    "luajit": Grammar(code=_words("i"), valued=_words("e l"), attached=_words("j O b")),
    "gjs": _GJS,
    "gjs-console": _GJS,
    "cjs": _GJS,
    "cjs-console": _GJS,
    "tclsh": _TCL,
    "wish": _TCL,
    "java": Grammar(
        code=_words("-m --module"),
        valued=_words("-cp -classpath --class-path -p --module-path --add-modules"),
        script=_words("-jar"),
        positional=False,
        single_dash_words=True,
    ),
    "sh": _BOURNE,
    "ash": _BOURNE,
    "dash": _BOURNE,
    "bash": _BOURNE,
    "rbash": _BOURNE,
    "ksh": _BOURNE,
    "mksh": _BOURNE,
    "zsh": _BOURNE,
    "fish": Grammar(code=_words("c --command"), valued=_words("C o d f --init-command --features --debug")),
}


def script_path(executable: str, arguments: tuple[str, ...], cwd: str | None) -> str | None:
    """Return the absolute, normalised path of the script that an interpreter runs, or None.

    Args:
        executable: path of the interpreter, as the kernel shows it.
        arguments: its whole command line, `argv[0]` first.
        cwd: its working directory, or None if unknown: a relative path is no path then.

    """
    grammar = GRAMMARS.get(family(executable))
    named = None if grammar is None else _named(grammar, list(arguments[1:]))
    if not named or named == "-":
        return None
    if not named.startswith("/"):
        if cwd is None:
            return None
        named = f"{cwd}/{named}"
    return posixpath.normpath(f"/{named.lstrip('/')}")


def _named(grammar: Grammar, arguments: list[str]) -> str | None:
    while arguments:
        argument = arguments.pop(0)
        if argument == "--":
            return arguments[0] if arguments and grammar.positional else None
        if argument[:1] not in {"-", "+"} or argument in {"-", "+"}:
            return argument if grammar.positional else None
        option, value = _first_with_meaning(grammar, argument)
        if option in grammar.code:
            return None
        if option in grammar.script:
            return value or (arguments[0] if arguments else None)
        if option in grammar.valued and value is None and arguments:
            arguments.pop(0)
    return None


def _first_with_meaning(grammar: Grammar, argument: str) -> tuple[str, str | None]:
    """Return the first option of `argument` that is no mere flag, and its value if attached."""
    if argument.startswith("--") or grammar.single_dash_words:
        option, equals, value = argument.partition("=")
        return option, value if equals else None
    for place, letter in enumerate(argument[1:], start=1):
        if letter in grammar.attached:
            return letter, argument[place + 1 :]
        if letter in grammar.code | grammar.valued | grammar.script:
            return letter, argument[place + 1 :] or None
    return argument, None
