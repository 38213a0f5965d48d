"""A fresh machine: what `./run`, `./test` and the lists that they install from promise."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GENERATED = {".git", ".hypothesis", ".venv", "__pycache__", "build", "dist", "node_modules"}
REGISTRY = re.compile(r"pypi\.org|pythonhosted\.org|npmjs\.(org|com)|yarnpkg\.com|--(extra-)?index-url|--find-links")
REQUIREMENT = re.compile(r"^([a-z0-9-]+)==(\S+)( ; [^\\]+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")
PACKAGE = re.compile(r"^[a-z0-9][a-z0-9+.-]+ +# \S.*$")


def own_files() -> list[Path]:
    files = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in GENERATED and not name.endswith("_cache")]
        files += [Path(folder, name) for name in names]
    return files


def pins(name: str) -> dict[str, str]:
    lines = (ROOT / "requirements" / name).read_text().splitlines()
    return {match[1]: match[2] for line in lines if (match := REQUIREMENT.match(line))}


def package_lines(name: str) -> list[str]:
    lines = (ROOT / "packages" / name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def shell(script: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-euc", script],
        cwd=cwd,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def program(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def test_no_file_names_the_host_of_a_registry() -> None:
    named = [
        str(path.relative_to(ROOT))
        for path in own_files()
        if path != Path(__file__) and REGISTRY.search(path.read_bytes().decode(errors="replace"))
    ]
    assert named == []


@pytest.mark.parametrize("name", ["run.txt", "test.txt"])
def test_every_requirement_is_one_version_with_a_hash(name: str) -> None:
    hashed = True
    for line in (ROOT / "requirements" / name).read_text().splitlines():
        if line.lstrip().startswith("#"):
            continue
        if HASH.match(line):
            hashed = True
        else:
            assert REQUIREMENT.match(line), line
            assert hashed, f"the requirement before {line} has no hash"
            hashed = False
    assert hashed
    assert pins(name)


def test_an_environment_made_for_tests_serves_a_run() -> None:
    assert pins("run.txt").items() <= pins("test.txt").items()


@pytest.mark.parametrize("name", ["debian-run.txt", "debian-test.txt"])
def test_every_debian_package_is_named_once_with_its_reason(name: str) -> None:
    lines = package_lines(name)
    assert [line for line in lines if not PACKAGE.match(line)] == []
    packages = [line.split()[0] for line in lines]
    assert len(packages) == len(set(packages))


def test_packages_of_the_tests_contain_those_of_a_run() -> None:
    assert set(package_lines("debian-run.txt")) <= set(package_lines("debian-test.txt"))


@pytest.mark.parametrize("script", ["run", "test"])
def test_help_needs_nothing_installed(script: str, tmp_path: Path) -> None:
    copy = tmp_path / script
    copy.write_bytes((ROOT / script).read_bytes())
    copy.chmod(0o755)
    result = shell(f"./{script} --help", tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(f"Usage: ./{script}")
    assert list(tmp_path.iterdir()) == [copy]


def test_a_package_counts_as_there_when_it_is_installed_or_provided_and_not_when_removed(
    tmp_path: Path,
) -> None:
    program(
        tmp_path / "dpkg-query",
        """printf '%s\\n' 'installed here libfirst (= 1), libnew' 'config-files gone '""",
    )
    (tmp_path / "list").write_text("# words\nhere  # a\nlibnew  # b\ngone  # c\nnever  # d\n")
    script = f'. "{ROOT}/setup/packages.sh"; missing_packages list'
    result = shell(script, tmp_path, PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert result.stdout.splitlines() == ["gone  # c", "never  # d"], result.stderr


def packages_of_a_bare_debian(tmp_path: Path, *, uid: int, install: str, apt_get: str) -> str:
    """Runs provide_packages where nothing is installed; apt-get, sudo and id are scripts of this test."""
    program(tmp_path / "dpkg-query", "echo 'installed base-files '")
    program(tmp_path / "id", f"echo {uid}")
    program(tmp_path / "sudo", '"$@"')
    program(tmp_path / "apt-get", f'echo "apt-get $*" >>"{tmp_path}/called"\n{apt_get}')
    (tmp_path / "list").write_text("libone  # the window\nlibtwo  # the sound\n")
    script = f'. "{ROOT}/setup/packages.sh"; provide_packages list {install}'
    result = shell(script, tmp_path, PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_nothing_is_installed_without_being_root_or_told_to(tmp_path: Path) -> None:
    said = packages_of_a_bare_debian(tmp_path, uid=1000, install="no", apt_get="")
    assert "apt-get install --no-install-recommends libone libtwo" in said
    assert "libtwo  # the sound" in said
    assert not (tmp_path / "called").exists()


@pytest.mark.parametrize(("uid", "install", "by"), [(0, "no", "+ env"), (1000, "yes", "+ sudo env")])
def test_the_command_is_printed_before_it_installs(tmp_path: Path, uid: int, install: str, by: str) -> None:
    said = packages_of_a_bare_debian(tmp_path, uid=uid, install=install, apt_get="echo installing").splitlines()
    command = next(i for i, line in enumerate(said) if line.startswith(by))
    assert said[command].endswith("install --no-install-recommends libone libtwo")
    assert said[command + 1 :] == ["installing"]


def test_a_failed_install_is_tried_once_more_with_new_lists_and_then_said(tmp_path: Path) -> None:
    said = packages_of_a_bare_debian(tmp_path, uid=0, install="no", apt_get='[ "$4" = update ]')
    called = (tmp_path / "called").read_text().splitlines()
    assert [line.split()[4] for line in called] == ["install", "update", "install"]
    assert said.splitlines()[-1].startswith("They could not be installed")


def test_another_system_is_told_what_is_wanted(tmp_path: Path) -> None:
    program(tmp_path / "grep", 'exec /bin/grep "$@"')
    (tmp_path / "list").write_text("# words\nlibone  # the window\n")
    script = f'. "{ROOT}/setup/packages.sh"; provide_packages list no'
    result = shell(script, tmp_path, PATH=str(tmp_path))
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[1:] == ["libone  # the window"]


# Answers as this Python would if it were 3.10: the script calls it with -I -c CODE.
TOO_OLD = f"""
[ "$1" != --version ] || exec echo Python 3.10.2
exec "{sys.executable}" -c 'import sys; sys.version_info = (3, 10, 2); exec(sys.argv[1])' "$3"
"""


@pytest.mark.parametrize(
    ("behaviour", "told"),
    [
        (TOO_OLD, "python is Python 3.10.2. Name another one: PYTHON=/path/to/python3.11"),
        ('case "$*" in *ensurepip*) exit 1 ;; esac', "apt-get install python3-venv"),
        (None, "apt-get install python3-venv"),
    ],
    ids=["too old", "without venv", "missing"],
)
def test_a_python_that_will_not_do_is_named_with_what_to_do(tmp_path: Path, behaviour: str | None, told: str) -> None:
    if behaviour is not None:
        program(tmp_path / "python", behaviour)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "run.txt").touch()
    script = f'. "{ROOT}/setup/environment.sh"; provide_environment run'
    result = shell(script, tmp_path, PYTHON=str(tmp_path / "python"))
    assert result.returncode == 1
    assert told in result.stderr
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize(
    ("behaviour", "named", "chosen"),
    [
        ("exit 0", "", "./system"),
        ("exit 1", "", "python3"),
        (None, "", "python3"),
        ("exit 0", "/opt/python3.13", "/opt/python3.13"),
    ],
    ids=["the system's", "the system's will not do", "the system has none", "the one that is named"],
)
def test_the_systems_python_goes_before_the_one_in_path(
    tmp_path: Path, behaviour: str | None, named: str, chosen: str
) -> None:
    if behaviour is not None:
        program(tmp_path / "system", behaviour)
    script = f'. "{ROOT}/setup/environment.sh"; system_python=./system; chosen_python'
    assert shell(script, tmp_path, PYTHON=named).stdout.split() == [chosen]


def run_pytest(tmp_path: Path, test: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "conftest.py").write_bytes((ROOT / "tests" / "conftest.py").read_bytes())
    (tmp_path / "test_it.py").write_text(test)
    (tmp_path / "pytest.ini").write_text(f"[pytest]\npythonpath = {ROOT}\n")
    script = f'"{sys.executable}" -m pytest -p no:cacheprovider -n 1'
    return shell(script, tmp_path, **{"CI": "", "ETUI_CHECKS_FAILED": "", **environment})


SKIPS = {
    "in a test": "import pytest\ndef test_it():\n    pytest.skip('needs package tmux')\n",
    "by a mark": "import pytest\n@pytest.mark.skip('needs package tmux')\ndef test_it(): pass\n",
    "of a module": "import pytest\npytest.skip('needs package tmux', allow_module_level=True)\n",
}


@pytest.mark.parametrize("test", SKIPS.values(), ids=SKIPS.keys())
def test_a_skip_for_want_of_a_package_is_a_failure_in_ci_alone(tmp_path: Path, test: str) -> None:
    assert "1 skipped" in run_pytest(tmp_path, test).stdout
    result = run_pytest(tmp_path, test, CI="true")
    assert result.returncode != 0
    assert "needs package tmux" in result.stdout
    assert "1 error" in result.stdout or "1 failed" in result.stdout


def test_a_skip_for_another_reason_stays_a_skip_in_ci(tmp_path: Path) -> None:
    test = "import pytest\ndef test_it():\n    pytest.skip('no such thing on this kernel')\n"
    assert "1 skipped" in run_pytest(tmp_path, test, CI="true").stdout


def skip_reasons(source: str) -> list[str]:
    """The reasons that stand in the calls that skip a test or mark one to be skipped, as they are written."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    skips = [call for call in calls if re.search(r"(^|\.)skip(if)?$", ast.unparse(call.func))]
    said = [value for call in skips for value in (*call.args, *(keyword.value for keyword in call.keywords))]
    texts = [value for value in said if isinstance(value, ast.Constant | ast.JoinedStr)]
    return [ast.unparse(text).removeprefix("f").strip("'\"") for text in texts]


def test_every_skip_for_want_of_a_package_says_so_in_the_words_that_fail_in_ci() -> None:
    reasons = {
        f"{path.relative_to(ROOT)}: {reason}": reason
        for path in (ROOT / "tests").rglob("*.py")
        if "skip" in (source := path.read_text(encoding="utf-8"))
        for reason in skip_reasons(source)
        if "package" in reason
    }
    assert len(reasons) > 20
    assert [place for place, reason in reasons.items() if not reason.startswith("needs package")] == []


def test_a_failed_check_is_named_in_the_summary_whose_closing_line_stays_pytests(tmp_path: Path) -> None:
    lines = run_pytest(tmp_path, "def test_it(): pass\n", ETUI_CHECKS_FAILED="mypy").stdout.splitlines()
    assert "failed: mypy" in lines
    assert "1 passed" in lines[-1]


def test_a_short_dir_is_private_short_and_gone_afterwards(tmp_path: Path) -> None:
    test = (
        "import os\n"
        "def test_it(short_dir):\n"
        "    assert short_dir.stat().st_mode & 0o777 == 0o700\n"
        "    assert len(os.fsencode(short_dir)) < 30\n"
        f"    open({str(tmp_path / 'seen')!r}, 'w').write(str(short_dir))\n"
    )
    result = run_pytest(tmp_path, test)
    assert result.returncode == 0, result.stdout
    assert not Path((tmp_path / "seen").read_text()).exists()
