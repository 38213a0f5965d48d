"""What the running Python needs to run confined: its own files and shared libraries, nothing else."""

from __future__ import annotations

import compileall
import sys
import sysconfig
from pathlib import Path
from typing import Final

_LOADERS: Final = ("lib/ld-linux*.so.*", "lib64/ld-linux*.so.*", "lib/ld-musl-*.so.*")
_CACHE: Final = Path("/etc/ld.so.cache")


def python_runtime() -> tuple[Path, ...]:
    """Paths to give as ``code`` so that ``sys.executable`` runs inside.

    They are the interpreter, its library, its virtual environment and the shared libraries of the system.
    Call it as ``sys.executable -I -B``: isolated from environment and folder, and with no attempt to write
    ``.pyc`` files, which are made by ``compile_code`` when something is installed.
    """
    paths = [
        *_links(Path(sys.executable)),
        *(Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")),
        *_library(),
        *_shared_libraries(),
    ]
    if sys.prefix != sys.base_prefix:
        paths.append(Path(sys.prefix))
    return tuple(sorted({path for path in paths if path.exists()}))


def compile_code(trees: tuple[Path, ...]) -> bool:
    """Compile every Python file of ``trees`` beside itself, at set-up time; whether all of them compiled.

    A confined process cannot write the ``.pyc`` files that make it start fast. One that does not compile is
    left as it is: it may never be imported.
    """
    compiled = [compileall.compile_dir(tree, quiet=2, force=False) for tree in trees]
    return all(compiled)


def _links(path: Path) -> list[Path]:
    """``path`` and every file that it leads to, link by link."""
    chain = [path]
    while chain[-1].is_symlink():
        target = chain[-1].parent / chain[-1].readlink()
        chain.append(target.parent.resolve() / target.name if ".." in target.parts else target)
    return chain


def _library() -> list[Path]:
    """The library that an interpreter which was built as one has loaded, wherever the loader found it."""
    maps = Path("/proc/self/maps").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    loaded = {line.split(maxsplit=5)[-1] for line in maps if "/libpython" in line}
    return [Path(path) for path in loaded]


def _shared_libraries() -> list[Path]:
    """Loader, its cache, and the folder of this architecture's libraries; all of them if it has none."""
    loaders = [path for pattern in _LOADERS for path in Path("/").glob(pattern)]
    multiarch = sysconfig.get_config_var("MULTIARCH")
    folders = [Path("/", root, multiarch) for root in ("lib", "usr/lib")] if multiarch else []
    if not any(folder.exists() for folder in folders):
        folders = [Path("/", root) for root in ("lib", "lib64", "usr/lib", "usr/lib64")]
    return [_CACHE, *loaders, *folders]
