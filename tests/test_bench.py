"""The measurements run, each beside its peer, and say what they found. What they find is no test's business."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from bench.figures import Figure
from bench.page import table, write
from bench.placement import Placed

from etui.testkit.readers import NEEDS as NEEDS_OF_READERS

ROOT = Path(__file__).parent.parent
EVERY_DAY = {"route", "policy", "start", "ssh", "crypto", "shell", "guard"}
"""What everybody waits for; the others run in the long run."""
IDS = {
    "secrets": {
        "secrets.dbus_ratio",
        "secrets.dbus_ratio_10",
        "secrets.native_ratio",
        "secrets.create_ratio_1000",
        "secrets.create_ratio_3000",
        "secrets.tool_ratio",
        "secrets.keepassxc_ratio",
    },
    "route": {"route.ratio", "route.calls_s"},
    "policy": {"policy.cached_us", "policy.cold50_us", "policy.grants10k_us"},
    "scale": {"scale.find_ms", "scale.get_ratio", "scale.starved", "scale.flood_ratio"},
    "start": {"start.up_s", "start.dialog_ms", "start.extension_ms", "start.unlock_ratio"},
    "ssh": {"ssh.sign_ratio", "ssh.list_ratio"},
    "crypto": {"crypto.sign_s"},
    "age": {"age.decrypt_ratio"},
    "use": {"use.ratio"},
    "import": {"import.keyring_s"},
    "issuer": {
        "issuer.sqlite_ratio",
        "issuer.sqlite_s",
        "issuer.pg_ratio",
        "issuer.pg_s",
        "issuer.growth",
    },
    "shell": {"shell.paint_ms", "shell.paint10k_ms", "shell.bytes_kb", "shell.axe"},
    "browser": {"browser.ratio", "browser.p95_ratio"},
    "guard": {"guard.catch", "guard.false"},
    "nag": {"nag.questions"},
    "pay": {"pay.p99_ms"},
    "tap": {"tap.p99_ms", "tap.ratio"},
    "managed": {"managed.deb_mb", "managed.ratio", "managed.extension_ms"},
    "memory": {"memory.router_mb", "memory.extension_mb", "memory.idle_mb"},
}
NEEDS = {
    "secrets": {"gnome-keyring-daemon": "gnome-keyring", "keepassxc": "keepassxc", "Xvfb": "xvfb"},
    "start": {"Xvfb": "xvfb"},
    "ssh": {"ssh-agent": "openssh-client"},
    "age": {"age": "age"},
    "import": {"gnome-keyring-daemon": "gnome-keyring", "secret-tool": "libsecret-tools"},
    "issuer": {"pg_lsclusters": "postgresql"},
    "managed": {
        "dpkg-deb": "dpkg",
        "icupkg": "icu-devtools",
        "pip3": "python3-pip",
        "readelf": "binutils",
        "systemctl": "systemd",
        "pkcheck": "polkitd",
    },
    "memory": {"Xvfb": "xvfb", "xdotool": "xdotool"},
    "shell": {"chromium": "chromium", "npm": "npm"},
    "browser": {"chromium": "chromium"},
    "tap": NEEDS_OF_READERS,
}
RUNNING = {
    "secrets": {"bench", "etui", "trusted.router", "doors.secret_service", "gnome-keyring-daemon"},
    "route": {"bench", "etui", "trusted.router", "bench.relay", "main.py"},
    "ssh": {"bench", "agents.py", "ssh-agent", "trusted.router", "doors.ssh_agent", "extensions.encryption"},
    "crypto": {"bench", "trusted.router", "extensions.encryption"},
    "age": {"bench", "ages.py", "trusted.router", "extensions.encryption"},
    "use": {"bench", "asking.py", "etui", "trusted.router", "trusted.native.egress", "extensions.secrets"},
    "import": {"bench", "trusted.router", "extensions.secrets", "gnome-keyring-daemon"},
    "issuer": {"bench", "counterparts.issuer"},
    "memory": {"bench", "trusted.router", "extensions.secrets", "doors.secret_service"},
    "pay": {"bench", "trusted.router", "extensions.issuer_card", "counterparts.issuer"},
    "tap": {"doors.contactless", "trusted.router", "pcscd", "bench.bare_card"},
}
"""What runs as each figure of a group is taken, the measurement itself among it."""
OF_ROOT = {
    "memory": b"let nobody but root see",
    "tap": b"which only root makes",
    "managed": b"needs root, to boot a system",
}
MEMBERS = {"id", "value", "want", "p50", "p95", "p99", "runs", "peer", "peer_value"}


def measured(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments], cwd=ROOT, capture_output=True, timeout=280, check=False
    )


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in EVERY_DAY else [pytest.mark.long]) for name in IDS]
)
def test_a_measurement_prints_a_record_for_each_of_its_figures(name: str) -> None:
    for program, package in NEEDS.get(name, {}).items():
        if shutil.which(program) is None and not Path(program).exists():
            pytest.skip(f"needs package {package}")
    ran = measured(name, "--sample", "--json")
    if name in OF_ROOT and os.geteuid() != 0:
        assert OF_ROOT[name] in ran.stderr
        return
    assert ran.stdout, ran.stderr.decode()
    records = msgspec.json.decode(ran.stdout, type=list[dict[str, object]])
    assert {record["id"] for record in records} == IDS[name], ran.stderr.decode()
    missed = False
    for record in records:
        assert record.keys() >= MEMBERS
        assert (record["peer"] is None) is (record["peer_value"] is None)
        value, want = record["value"], record["want"]
        assert isinstance(value, float)
        assert isinstance(want, float)
        placed = msgspec.convert(record["placement"], tuple[Placed, ...])
        assert RUNNING.get(name, {"bench"}) <= {process.name for process in placed}
        assert all(process.last in process.cpus for process in placed)
        assert all(process.name.isprintable() for process in placed)
        missed |= value < want if record["at_least"] else value > want
    assert ran.returncode == int(missed)


def test_the_page_describes_every_figure() -> None:
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    for figure in sorted(set().union(*IDS.values())):
        assert f"`{figure}`" in page or f"`_{figure.rpartition('_')[2]}`" in page, figure


def figure(value: float) -> Figure:
    return Figure(
        id="secrets.some", value=value, want=1.0, unit="ms", p50=1.0, p95=2.0, p99=3.0, runs=9, rounds=(0.5, value)
    )


def test_what_is_written_replaces_the_figures_before_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("By hand.\n<!-- figures: written by `python -m bench --write` -->\n<!-- end of figures -->\nToo.\n")
    write([figure(0.7), figure(1.25)], page)
    write([figure(0.9)], page)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("By hand.\n")
    assert text.endswith("<!-- end of figures -->\nToo.\n")
    assert text.count("`secrets.some`") == 1
    assert "0.9" in text
    assert "1.25" not in text


def test_what_has_to_be_known_of_a_figure_stands_below_the_table() -> None:
    noted = msgspec.structs.replace(figure(0.9), note="measured with one hand")
    assert table([figure(0.8), noted]).endswith("|  |\n\n`secrets.some`: measured with one hand.\n")


def test_the_page_says_where_processes_ran_and_by_which_python() -> None:
    where = (
        Placed("trusted.router", (0, 1), 1),
        Placed("gnome-keyring-daemon", (0, 1), 0),
        Placed("a\n\nb\n", (0, 1), 1),
    )
    text = table([figure(0.8), msgspec.structs.replace(figure(0.9), id="ssh.some", placement=where)])
    assert " ".join(platform.python_build()) in text
    assert "No process is bound to a CPU by the measurement; those that ran might run on 0, 1." in text
    assert "| `ssh.some` | trusted.router 1, gnome-keyring-daemon 0, a b 1 |" in text


def test_a_missed_aim_is_told_as_one() -> None:
    assert "| **missed** |" in table([figure(1.25)])
    assert "| reached |" in table([figure(0.75)])


def test_a_part_of_the_figures_is_not_written() -> None:
    ran = measured("policy", "--write")
    assert ran.returncode == 2
    assert b"--write measures all" in ran.stderr
