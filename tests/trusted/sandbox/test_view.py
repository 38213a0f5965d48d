"""What a confined process sees and inherits, with the real bubblewrap."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.trusted.sandbox.conftest import Confine
from tests.trusted.sandbox.programs import tell, told


def test_only_the_descriptors_zero_to_four_are_open(confine: Confine) -> None:
    program = """
import json, os
def is_open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
os.write(3, json.dumps([number for number in range(64) if is_open(number)]).encode())
"""
    assert told(confine(program)) == [0, 1, 2, 3, 4]


def test_standard_input_and_output_lead_nowhere(confine: Confine) -> None:
    outcome = confine(tell("[os.read(0, 1).decode(), os.write(1, b'lost')]"))
    assert told(outcome) == ["", 4]


def test_the_key_arrives_on_descriptor_four_and_ends_there(confine: Confine) -> None:
    outcome = confine(tell("[os.read(4, 32).decode(), os.read(4, 1).decode()]"), key="a2V5")
    assert told(outcome) == ["key", ""]


def test_what_it_says_on_standard_error_reaches_the_log(confine: Confine) -> None:
    outcome = confine("import sys; sys.exit('cannot go on')")
    assert (outcome.status, outcome.log.strip()) == (1, "cannot go on")


def test_the_environment_is_what_was_given(confine: Confine) -> None:
    environ = told(confine(tell("dict(os.environ)"), env={"LC_ALL": "C.UTF-8", "COLOUR": "blue"}))
    assert environ == {"LC_ALL": "C.UTF-8", "COLOUR": "blue", "PWD": "/"}


def test_neither_command_line_nor_environment_of_the_first_process_tells_of_the_outside(confine: Confine) -> None:
    read = "[open(f'/proc/1/{name}').read() for name in ('environ', 'cmdline')]"
    environ, command = told(confine(tell(read), env={"COLOUR": "blue"}))
    assert environ == ""
    assert command.split("\0")[1:4] == ["--args", "5", "--"]


def test_it_is_no_user_of_the_machine_and_can_do_nothing_that_takes_privilege(confine: Confine) -> None:
    status = told(confine(tell("dict(line.split(':', 1) for line in open('/proc/self/status'))")))
    assert status["Uid"].split() == ["1000"] * 4
    assert {int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
    assert status["NoNewPrivs"].strip() == "1"
    assert status["Seccomp"].strip() == "2"


def test_it_does_not_learn_the_name_of_the_machine(confine: Confine) -> None:
    assert told(confine(tell("os.uname().nodename"))) == "extension"


def test_no_limit_lets_it_leave_a_core(confine: Confine) -> None:
    outcome = confine("import json, os, resource as r; os.write(3, json.dumps(r.getrlimit(r.RLIMIT_CORE)).encode())")
    assert told(outcome) == [1, 1]


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "/etc/hostname", "/etc/machine-id", "/home", "/run", "/sys", "/usr/bin/env"]
)
def test_a_path_that_was_not_given_does_not_exist(confine: Confine, path: str) -> None:
    assert told(confine(tell(f"attempt(os.stat, {path!r})"))) == "ENOENT"


@pytest.mark.attack(20)
def test_a_file_of_the_user_that_was_not_given_does_not_exist(confine: Confine, folder: Path) -> None:
    (folder / "diary").write_text("dear diary")
    assert told(confine(tell(f"attempt(open, {str(folder / 'diary')!r})"))) == "ENOENT"


def test_code_is_read_only(confine: Confine, folder: Path) -> None:
    module = folder / "module.py"
    module.write_text("VALUE = 1")
    program = tell(f"""[
        open({str(module)!r}).read(),
        attempt(open, {str(module)!r}, "w"),
        attempt(os.unlink, {str(module)!r}),
        attempt(os.chmod, {str(module)!r}, 0o777),
        attempt(open, {str(folder / "new")!r}, "w"),
    ]""")
    assert told(confine(program, code=[str(folder)])) == ["VALUE = 1", *["EROFS"] * 4]


def test_nothing_but_tmp_is_writable(confine: Confine) -> None:
    program = """
import json, os
written = []
for top, folders, _ in os.walk("/"):
    if top.startswith("/proc/"):
        folders[:] = [folder for folder in folders if not folder.isdigit()]
    try:
        os.close(os.open(top + "/probe", os.O_CREAT | os.O_WRONLY))
        written.append(top)
    except OSError:
        pass
os.write(3, json.dumps(written).encode())
"""
    # where Etui itself lies below /tmp, its folders are mounted into the private one, which holds the way to them
    way = {str(folder) for folder in Path(sys.prefix).parents if folder.is_relative_to("/tmp")}
    assert {"/tmp"} <= set(told(confine(program))) <= {"/tmp"} | way


def test_no_file_of_the_kernel_is_writable_or_root_alone_s(confine: Confine) -> None:
    # Root in a user namespace has no capability, but is asked for file permissions as root: core_pattern was open.
    program = """
import json, os
reached = []
for top, folders, files in os.walk("/proc"):
    folders[:] = [folder for folder in folders if not folder.isdigit() and folder not in ("self", "thread-self", "net")]
    for name in files:
        path = os.path.join(top, name)
        if os.path.islink(path):
            continue
        try:
            os.close(os.open(path, os.O_WRONLY))
            reached.append(path)
        except OSError:
            pass
        if not os.stat(path).st_mode & 0o004:
            reached.append(path)
for path in ("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/kcore", "/proc/keys", "/proc/cmdline"):
    try:
        os.close(os.open(path, os.O_RDONLY))
        reached.append(path)
    except OSError:
        pass
os.write(3, json.dumps(reached).encode())
"""
    assert told(confine(program)) == []


def test_a_folder_that_lasts_is_writable_by_permission(confine: Confine, folder: Path) -> None:
    told(confine(tell("open('/data/kept', 'w').write('kept')"), folder=str(folder)))
    assert (folder / "kept").read_text() == "kept"
    assert told(confine(tell("os.path.exists('/data')"))) is False


def test_sqlite_keeps_a_write_ahead_log_in_its_folder(confine: Confine, folder: Path) -> None:
    program = """
import os, sqlite3
for _ in range(2):
    database = sqlite3.connect("/data/db")
    assert database.execute("pragma journal_mode = wal").fetchone() == ("wal",)
    database.execute("pragma synchronous = full")
    database.execute("create table if not exists t (a)")
    with database:
        database.execute("insert into t values (1)")
    database.close()
os.write(3, b"1")
"""
    assert told(confine(program, folder=str(folder))) == 1


@pytest.mark.attack(20)
def test_only_its_own_processes_are_seen(confine: Confine) -> None:
    assert told(confine(tell("sorted(int(name) for name in os.listdir('/proc') if name.isdigit())"))) == [1, 2]


def test_devices_are_the_four_that_store_nothing(confine: Confine) -> None:
    assert told(confine(tell("sorted(os.listdir('/dev'))"))) == ["fd", "null", "random", "urandom", "zero"]
