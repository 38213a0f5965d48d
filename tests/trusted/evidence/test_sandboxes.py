"""Flatpak and Snap on crafted processes, after the published formats of both."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.trusted.evidence import Strength
from etui.trusted.evidence.process import Namespace, Process
from etui.trusted.evidence.sandboxes import Package, flatpak_application, package

_MOUNT = frozenset({Namespace.MOUNT})
_BUILT_BY_USER = frozenset({Namespace.MOUNT, Namespace.USER, Namespace.PID})
_INFO = """[Application]
name=org.example.Shop
runtime=runtime/org.gnome.Platform/x86_64/46

[Instance]
instance-id=123456
app-path=/var/lib/flatpak/app/org.example.Shop/x86_64/stable/0a/files
"""


def _process(
    *,
    foreign: frozenset[Namespace] | None = _MOUNT,
    cgroup: str = "",
    freezer: str = "",
    flatpak: str | None = None,
    apparmor: str | None = None,
) -> Process:
    return Process(
        pid=5, ppid=1, start_ticks=9, uid=1000, foreign=foreign, cgroup=cgroup, freezer=freezer,
        flatpak=flatpak, apparmor=apparmor,
    )  # fmt: skip


def test_application_id_is_read_from_flatpak_info() -> None:
    assert flatpak_application(_INFO) == "org.example.Shop"


@pytest.mark.parametrize(
    "info",
    [
        "",
        "[Runtime]\nname=org.example.Shop\n",
        "[Application]\nruntime=x\n",
        "[Application]\nname=shop\n",
        "[Application]\nname=org.example\n",
        "[Application]\nname=org.example.Sh op\n",
        "[Application]\nname=org.example.Shop\nname=org.example.Other\n",
        "[Application]\nname=org.1example.Shop\n",
        f"[Application]\nname=org.example.{'x' * 255}\n",
        "name=org.example.Shop\n",
        "[Application\nname=org.example.Shop\n",
    ],
)
def test_info_without_one_valid_application_names_none(info: str) -> None:
    assert flatpak_application(info) is None


@given(info=st.text(alphabet="[Aplication]\nme=. #;%:x\r\x00é", max_size=80))
def test_no_info_whatever_breaks_the_parser(info: str) -> None:
    application = flatpak_application(info)
    assert application is None or "." in application


def test_flatpak_is_observed_and_not_verified_since_its_sandbox_is_built_with_the_users_rights() -> None:
    found = package(_process(foreign=_BUILT_BY_USER, flatpak="org.example.Shop"))
    assert found == Package("flatpak:org.example.Shop", "org.example.Shop", Strength.OBSERVED)


def test_flatpak_info_in_our_own_mount_namespace_is_nobodys() -> None:
    assert package(_process(foreign=frozenset({Namespace.USER}), flatpak="org.example.Shop")) is None
    assert package(_process(foreign=None, flatpak="org.example.Shop")) is None


@pytest.mark.parametrize(
    ("scope", "agrees"),
    [
        ("app-flatpak-org.example.Shop-42.scope", True),
        ("app-flatpak-org.example.Other-42.scope", False),
        ("app-gnome-x-42.scope", True),
    ],
)
def test_flatpak_scope_that_names_another_application_voids_it(scope: str, agrees: bool) -> None:  # noqa: FBT001
    found = package(_process(flatpak="org.example.Shop", cgroup=f"/user.slice/app.slice/{scope}"))
    assert (found is not None) is agrees


def test_flatpak_scope_is_unescaped_before_it_is_compared() -> None:
    scope = r"/app.slice/app-flatpak-org.example.my\x2dshop-42.scope"
    assert package(_process(flatpak="org.example.my-shop", cgroup=scope)) is not None


def test_snap_is_verified_by_a_label_of_root_and_a_mount_namespace_of_root() -> None:
    verified = Package("snap:firefox", "firefox", Strength.VERIFIED)
    assert package(_process(apparmor="snap.firefox.geckodriver")) == verified
    assert package(_process(freezer="/snap.firefox")) == verified


def test_snap_instance_keeps_its_own_name() -> None:
    found = package(_process(apparmor="snap.shop_work.app"))
    assert found is not None
    assert found.principal == "snap:shop_work"


def test_snap_named_by_its_scope_alone_is_only_observed() -> None:
    scope = "/user.slice/user-7.slice/user@7.service/app.slice/snap.firefox.firefox-0a1b.scope"
    assert package(_process(cgroup=scope)) == Package("snap:firefox", "firefox", Strength.OBSERVED)


@pytest.mark.parametrize("foreign", [None, frozenset(), frozenset({Namespace.USER}), _BUILT_BY_USER])
def test_snap_label_counts_only_in_a_mount_namespace_that_root_made(
    foreign: frozenset[Namespace] | None,
) -> None:
    assert package(_process(foreign=foreign, apparmor="snap.firefox.firefox", freezer="/snap.firefox")) is None


@pytest.mark.parametrize("label", ["unconfined", "snap.", "snap..x", "snap.Fire.x", "firefox", "snap.a", ""])
def test_other_labels_are_no_snap(label: str) -> None:
    assert package(_process(apparmor=label)) is None
