"""The judgement on crafted lineages: each rule of the module, and each way to look like another."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.trusted.evidence import Evidence, Note, Peer, Strength
from etui.trusted.evidence.appimages import appimage_of, mount_of
from etui.trusted.evidence.identity import identify
from etui.trusted.evidence.process import Executable, Namespace, Process, Unit

UID = 1000
TERMINAL = "/usr/libexec/gnome-terminal-server"
BASH = "/usr/bin/bash"
TOOL = "/usr/bin/secret-tool"
PYTHON = "/usr/bin/python3.11"
BACKUP = Unit("backup.service", UID)


def _executable(path: str, **facts: bool) -> Executable:
    known = {"deleted": False, "located": True, "writable": False} | facts
    return Executable(path=path, device=1, inode=2, owner=0, mode=0o100755, **known)


def _process(path: str | None, **facts: Any) -> Process:  # noqa: ANN401 - any field of Process
    executable = None if path is None else _executable(path)
    known: dict[str, Any] = {"pid": 7, "ppid": 6, "start_ticks": 50, "uid": UID, "executable": executable}
    return Process(**(known | facts))


def _look(*lineage: Process, uid: int = UID, weak: bool = False, via_bus: bool = False) -> Evidence:
    peer = Peer(pid=7, uid=uid, gid=uid, start_ticks=50, weak=weak)
    return identify(lineage, peer=peer, wallet_uid=UID, via_bus=via_bus)


def test_program_is_its_path_and_observed() -> None:
    evidence = _look(_process("/usr/bin/firefox"))
    assert evidence.principal == "app:/usr/bin/firefox"
    assert evidence.label == "firefox"
    assert evidence.strength is Strength.OBSERVED
    assert evidence.distinguishable
    assert evidence.deputy is None
    assert evidence.notes == ()
    assert evidence.sentence == (
        "The program /usr/bin/firefox of your own user, as far as the system shows. "
        "Another program of yours could pretend to be it."
    )


def test_tool_in_a_terminal_is_the_session_and_cannot_be_told_apart() -> None:
    evidence = _look(_process(TOOL), _process(BASH), _process(TERMINAL))
    assert evidence.principal == f"session:{UID}"
    assert evidence.label == "secret-tool, in this session"
    assert not evidence.distinguishable
    assert evidence.strength is Strength.CLAIMED


def test_tool_called_by_a_script_is_the_script_of_the_session() -> None:
    script = _process(BASH, script="/home/u/backup.sh")
    evidence = _look(_process(TOOL), script, _process(BASH), _process(TERMINAL))
    assert evidence.principal == "script:/home/u/backup.sh@session"
    assert evidence.label == "secret-tool, called by backup.sh"
    assert evidence.deputy == "secret-tool"
    assert evidence.strength is Strength.CLAIMED
    assert evidence.distinguishable


def test_script_that_asks_itself_is_named_with_its_interpreter() -> None:
    evidence = _look(_process(PYTHON, script="/home/u/x.py"), _process(TERMINAL))
    assert evidence.principal == "script:/home/u/x.py@session"
    assert evidence.label == "x.py, run by python3.11"


def test_nearest_script_is_the_one_that_counts() -> None:
    inner, outer = _process(BASH, script="/inner.sh"), _process(BASH, script="/outer.sh")
    assert _look(_process(TOOL), inner, outer, _process(TERMINAL)).script == "/inner.sh"


def test_script_is_anchored_at_the_program_that_started_it() -> None:
    evidence = _look(_process(BASH, script="/home/u/x.sh"), _process("/usr/bin/mailer"))
    assert evidence.principal == "script:/home/u/x.sh@/usr/bin/mailer"


def test_tool_called_by_a_program_is_the_program_but_only_claimed() -> None:
    evidence = _look(_process(TOOL), _process("/usr/bin/mailer"), _process(TERMINAL))
    assert evidence.principal == "app:/usr/bin/mailer"
    assert evidence.label == "secret-tool, called by mailer"
    assert evidence.strength is Strength.CLAIMED
    assert Note.THROUGH_DEPUTY in evidence.notes


@pytest.mark.parametrize("name", ["xterm", "tmux", "code", "sshd", "cron", "gnome-shell", "emacs-29.1"])
def test_container_of_sessions_is_not_who_asks_through_a_tool(name: str) -> None:
    assert _look(_process(TOOL), _process(f"/usr/bin/{name}")).principal == f"session:{UID}"


def test_container_that_asks_for_itself_is_a_program() -> None:
    assert _look(_process("/usr/share/code/code")).principal == "app:/usr/share/code/code"


def test_wallets_own_command_and_other_tool_scripts_are_deputies_too() -> None:
    etui = _process(PYTHON, script="/home/u/.local/bin/etui")
    assert _look(etui, _process(TERMINAL)).principal == f"session:{UID}"
    evidence = _look(etui, _process(BASH, script="/home/u/x.sh"), _process(TERMINAL))
    assert evidence.label == "etui, called by x.sh"


def test_deputy_in_a_lasting_service_is_the_service() -> None:
    tool, script = _process(TOOL, unit=BACKUP), _process(BASH, unit=BACKUP, script="/home/u/x.sh")
    manager = _process("/usr/lib/systemd/systemd")
    evidence = _look(tool, script, manager)
    assert evidence.principal == "unit:user/backup.service"
    assert evidence.label == "secret-tool, called by backup.service"
    assert evidence.strength is Strength.OBSERVED
    assert evidence.script == "/home/u/x.sh"


def test_program_in_a_service_stays_that_program() -> None:
    tool, program = _process(TOOL, unit=BACKUP), _process("/usr/bin/mailer", unit=BACKUP)
    assert _look(tool, program).principal == "app:/usr/bin/mailer"
    assert _look(program).principal == "app:/usr/bin/mailer"


@pytest.mark.parametrize(
    ("unit", "tty"),
    [
        (BACKUP, 34816),
        (Unit("backup.service", UID + 1), 0),
        (Unit("gnome-terminal-server.service", UID), 0),
        (Unit("run-u7.service", UID), 0),
        (Unit("cron.service", None), 0),
        (Unit("ssh.service", None), 0),
    ],
)
def test_service_that_people_type_into_or_that_passes_is_the_session(unit: Unit, tty: int) -> None:
    evidence = _look(_process(TOOL, unit=unit, tty=tty), _process("/usr/lib/systemd/systemd"))
    assert evidence.principal == f"session:{UID}"


def test_terminal_within_a_service_is_the_session() -> None:
    assert _look(_process(TOOL, unit=BACKUP), _process("/usr/bin/tmux", unit=BACKUP)).distinguishable is False


def test_system_service_that_runs_as_the_user_is_only_observed() -> None:
    unit = Unit("sync@u.service", None)
    evidence = _look(_process(PYTHON, unit=unit), _process("/usr/lib/systemd/systemd", uid=0))
    assert evidence.principal == "unit:system/sync@u.service"
    assert evidence.strength is Strength.OBSERVED


def test_other_user_is_verified() -> None:
    evidence = _look(_process(None, uid=33), uid=33)
    assert evidence.principal == "uid:33"
    assert evidence.strength is Strength.VERIFIED
    assert evidence.distinguishable
    assert _look(uid=33).principal == "uid:33"


def test_system_service_of_another_user_is_verified_by_its_unit() -> None:
    evidence = _look(_process(None, uid=61200, unit=Unit("till.service", None)), uid=61200)
    assert evidence.principal == "unit:system/till.service"
    assert evidence.strength is Strength.VERIFIED


def test_another_users_own_unit_is_no_evidence_of_more_than_that_user() -> None:
    assert _look(_process(None, uid=33, unit=Unit("till.service", 33)), uid=33).principal == "uid:33"


@pytest.mark.parametrize(("uid", "note"), [(65534, Note.USER_UNMAPPED), (61184, Note.USER_TRANSIENT)])
def test_uid_that_stands_for_many_is_not_remembered(uid: int, note: Note) -> None:
    evidence = _look(uid=uid)
    assert not evidence.distinguishable
    assert note in evidence.notes


def test_nothing_that_the_users_bus_says_is_verified() -> None:
    evidence = _look(_process(None, uid=33), uid=33, via_bus=True)
    assert evidence.strength is Strength.OBSERVED
    assert Note.THROUGH_BUS in evidence.notes


def test_process_that_became_another_user_is_not_that_program() -> None:
    evidence = _look(_process("/usr/bin/passwd", uid=0))
    assert evidence.principal == f"session:{UID}"
    assert not evidence.distinguishable
    assert Note.USER_CHANGED in evidence.notes


def test_process_that_is_not_shown_is_weaker_and_no_error() -> None:
    evidence = _look()
    assert (evidence.principal, evidence.strength) == (f"session:{UID}", Strength.CLAIMED)
    assert Note.UNSEEN in evidence.notes


def test_program_that_may_not_be_read_is_weaker_and_no_error() -> None:
    evidence = _look(_process(None, foreign=None))
    assert (evidence.principal, evidence.distinguishable) == (f"session:{UID}", False)
    assert Note.UNREADABLE in evidence.notes
    assert _look(_process(None, foreign=None, unit=BACKUP)).principal == "unit:user/backup.service"


def test_path_that_leads_to_another_file_here_is_not_believed() -> None:
    elsewhere = _executable("/usr/bin/firefox", located=False)
    evidence = _look(_process(None, executable=elsewhere, foreign=frozenset({Namespace.MOUNT})))
    assert evidence.principal == f"session:{UID}"
    assert {Note.PROGRAM_ELSEWHERE, Note.FOREIGN_NAMESPACE} <= set(evidence.notes)


@pytest.mark.parametrize("facts", [{"uid": 0}, {"executable": None}, {"executable": _executable("/x", located=False)}])
def test_search_ends_at_an_ancestor_that_is_not_known(facts: dict[str, Any]) -> None:
    middle = _process("/usr/bin/sudo", **facts)
    assert _look(_process(TOOL), middle, _process("/usr/bin/mailer")).principal == f"session:{UID}"


def test_program_that_the_user_can_write_or_has_deleted_is_noted() -> None:
    executable = _executable("/home/u/shop", writable=True, deleted=True)
    evidence = _look(_process(None, executable=executable), weak=True)
    assert evidence.principal == "app:/home/u/shop"
    assert evidence.strength is Strength.OBSERVED
    assert evidence.notes == (Note.NOT_PINNED, Note.PROGRAM_DELETED, Note.PROGRAM_WRITABLE)


def test_package_in_its_sandbox_is_the_package_whatever_runs_there() -> None:
    python = _process(PYTHON, foreign=frozenset({Namespace.MOUNT}), apparmor="snap.shop.app", script="/x")
    evidence = _look(python)
    assert (evidence.principal, evidence.strength) == ("snap:shop", Strength.VERIFIED)
    assert _look(python, via_bus=True).strength is Strength.OBSERVED
    flatpak = _process(PYTHON, foreign=frozenset({Namespace.MOUNT}), flatpak="org.example.Shop")
    assert Note.SANDBOX_OF_USER in _look(flatpak).notes


def test_paths_cannot_imitate_an_anchor() -> None:
    sly = _look(_process(BASH, script="/a@/usr/bin/mailer"), _process(TERMINAL))
    plain = _look(_process(BASH, script="/a"), _process("/usr/bin/mailer@session"))
    assert sly.principal == r"script:/a\x40/usr/bin/mailer@session"
    assert sly.principal != plain.principal


MOUNT = "/tmp/.mount_Shop4f2c1a"
SHOP = "/home/u/Shop.AppImage"


@pytest.mark.parametrize(
    "lineage",
    [
        [_process(f"{MOUNT}/usr/bin/shop", appimage=SHOP)],
        [_process(f"{MOUNT}/usr/bin/python3.11", appimage=SHOP, script=f"{MOUNT}/usr/lib/shop.py")],
        [_process(f"{MOUNT}/usr/bin/electron", appimage=SHOP)],
        [_process(BASH, appimage=SHOP, script=f"{MOUNT}/AppRun")],
        [_process(TOOL), _process(f"{MOUNT}/usr/bin/shop", appimage=SHOP)],
    ],
)
def test_what_runs_from_an_appimage_is_that_file_wherever_it_is_mounted(lineage: list[Process]) -> None:
    evidence = _look(*lineage, _process(BASH), _process(TERMINAL))
    assert evidence.principal == f"appimage:{SHOP}"
    assert "Shop.AppImage" in evidence.label
    assert evidence.strength is Strength.CLAIMED
    assert evidence.distinguishable
    assert "as its environment says" in evidence.sentence


@pytest.mark.parametrize("path", [f"{MOUNT}/usr/bin/shop", f"{MOUNT}/usr/bin/python3.11"])
def test_what_runs_from_an_appimage_that_it_does_not_name_cannot_be_told_apart(path: str) -> None:
    evidence = _look(_process(path), _process(TERMINAL))
    assert evidence.principal == f"session:{UID}"
    assert not evidence.distinguishable
    assert (Note.APPIMAGE_UNNAMED in evidence.notes) is path.endswith("shop")
    assert _look(_process(path, unit=BACKUP), _process(TERMINAL)).principal == "unit:user/backup.service"


def test_interpreter_from_an_appimage_of_its_own_is_a_deputy() -> None:
    python = _process(f"{MOUNT}/usr/bin/python3.11", appimage="/home/u/python3.11.7-cp311.AppImage")
    assert _look(python, _process(TERMINAL)).principal == f"session:{UID}"
    script = _process(f"{MOUNT}/usr/bin/python3.11", appimage="/opt/Python.AppImage", script="/home/u/x.py")
    assert _look(script, _process(TERMINAL)).principal == "script:/home/u/x.py@session"


def test_terminal_from_an_appimage_is_not_who_asks_through_a_tool() -> None:
    terminal = _process(f"{MOUNT}/usr/bin/xterm", appimage="/home/u/XTerm.AppImage")
    assert _look(_process(TOOL), _process(BASH), terminal).principal == f"session:{UID}"


def test_script_that_an_appimage_started_is_anchored_at_its_file() -> None:
    evidence = _look(_process(BASH, script="/x.sh"), _process(f"{MOUNT}/usr/bin/shop", appimage=SHOP))
    assert evidence.principal == f"script:/x.sh@{SHOP}"


@pytest.mark.parametrize(
    ("environ", "path"),
    [
        (f"A=1\0APPDIR={MOUNT}\0APPIMAGE={SHOP}\0", SHOP),
        (f"APPDIR={MOUNT}\0APPIMAGE={SHOP}\0APPIMAGE=/bin/other\0", SHOP),
        (f"APPDIR=/tmp/.mount_Other1\0APPIMAGE={SHOP}\0", None),
        (f"APPDIR={MOUNT}\0APPIMAGE={SHOP}", None),
        (f"APPDIR={MOUNT}\0APPIMAGE=Shop.AppImage\0", None),
        (f"APPDIR={MOUNT}\0APPIMAGE=/home/u/../Shop.AppImage\0", None),
        (f"APPIMAGE={SHOP}\0", None),
        ("", None),
    ],
)
def test_an_appimage_is_named_by_an_environment_of_its_own(environ: str, path: str | None) -> None:
    assert mount_of(f"{MOUNT}/usr/bin/shop") == MOUNT
    assert appimage_of(environ, MOUNT) == path


@pytest.mark.parametrize("path", [MOUNT, f"{MOUNT}/", "/tmp/mount_Shop/x", "/usr/bin/.mount_x", "", "x/.mount_a/b"])
def test_what_lies_in_no_mount_of_an_appimage_is_not_taken_for_it(path: str) -> None:
    assert mount_of(path) is None


def test_control_characters_reach_neither_label_nor_sentence() -> None:
    evidence = _look(_process("/home/u/a\nb\x1b[2J\udcff"))
    assert evidence.principal == r"app:/home/u/a\x0ab\x1b[2J\xff"
    assert evidence.label == "a\ufffdb\ufffd[2J\ufffd"
    assert "\n" not in evidence.sentence


_PROGRAMS = st.sampled_from(
    [
        TOOL,
        BASH,
        PYTHON,
        TERMINAL,
        "/usr/bin/mailer",
        "/usr/bin/tmux",
        f"{MOUNT}/usr/bin/shop",
        f"{MOUNT}/python3",
        None,
    ]
)
_LINEAGES = st.lists(
    st.builds(
        _process,
        _PROGRAMS,
        uid=st.sampled_from([UID, 0]),
        unit=st.sampled_from([None, BACKUP, Unit("cron.service", None)]),
        tty=st.sampled_from([0, 34816]),
        script=st.sampled_from([None, "/home/u/x.sh", "/usr/bin/etui", f"{MOUNT}/AppRun"]),
        appimage=st.sampled_from([None, SHOP]),
        foreign=st.sampled_from([None, frozenset(), frozenset({Namespace.MOUNT})]),
    ),
    max_size=6,
)


@given(lineage=_LINEAGES, uid=st.sampled_from([UID, 33]), circumstances=st.tuples(st.booleans(), st.booleans()))
def test_rules_that_hold_for_every_lineage(lineage: list[Process], uid: int, circumstances: tuple[bool, bool]) -> None:
    via_bus, weak = circumstances
    evidence = _look(*lineage, uid=uid, via_bus=via_bus, weak=weak)
    kind = evidence.principal.partition(":")[0]
    assert evidence.distinguishable or evidence.principal == f"session:{uid}"
    assert (kind == "session") <= (evidence.strength is Strength.CLAIMED)
    assert (evidence.strength is Strength.VERIFIED) <= (uid != UID and not via_bus)
    assert (kind == "script") <= (evidence.script is not None)
    assert (Note.NOT_PINNED in evidence.notes) is weak
    assert len(evidence.notes) == len(set(evidence.notes))
