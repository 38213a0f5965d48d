"""The dialog's window on a screen of its own, under a desktop's colours and fonts, shown one sample after another."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
from tests.trusted.dialog.router_side import RouterSide

from pictures.samples import LOOKS, Sample, samples
from pictures.screen import PATIENCE_S, Screen, save

_TITLE: Final = "^Etui:"
_LOOK_S: Final = 0.02
_DESKTOP: Final = """\
[General]
font=DejaVu Sans,10,-1,5,50,0,0,0,0,0
fixed=DejaVu Sans Mono,10,-1,5,50,0,0,0,0,0
[Colors:Window]
BackgroundNormal={ground}
ForegroundNormal={text}
[Colors:View]
BackgroundNormal={ground}
ForegroundNormal={text}
[Colors:Button]
BackgroundNormal={ground}
ForegroundNormal={text}
"""


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """Under what a series of pictures is taken.

    ``ground``, ``text``: the desktop's colours, ``red,green,blue``. ``width``, ``height``: the screen's, in pixels.
    ``dpi``: QT_FONT_DPI. ``arguments``: the dialog's. ``only``: the samples taken; without it all.
    """

    suffix: str
    ground: str = "239,240,241"
    text: str = "35,38,41"
    width: int = 800
    height: int = 1000
    dpi: int = 96
    arguments: tuple[str, ...] = ()
    only: tuple[str, ...] = ()


SETTINGS: Final = (
    Setting(suffix="light"),
    Setting(suffix="dark", ground="42,46,50", text="252,252,252"),
    Setting(
        suffix="phone",
        width=390,
        height=844,
        only=("create-2-looks", "unlock", "consent", "consent-pin", "pay", "sign-text"),
    ),
    Setting(suffix="phone-large", width=390, height=844, dpi=144, only=("unlock", "consent", "choose")),
    Setting(suffix="handheld", width=480, height=320, only=("consent", "ask-secret")),
    Setting(suffix="large", dpi=192, width=1280, only=("consent-pin", "recovery-key")),
    Setting(suffix="contrast", ground="0,0,0", text="255,255,255", only=("consent-pin", "choose")),
    Setting(suffix="test-profile", arguments=("--test-profile",), only=("unlock",)),
)


def take_windows(setting: Setting, wanted: frozenset[str], into: Path) -> None:
    """Takes the pictures of this setting that are wanted (``NAME-SUFFIX``)."""
    with dialog_on_screen(setting) as (screen, router):
        for sample in samples(router.sealed):
            name = f"{sample.name}-{setting.suffix}"
            if name not in wanted:
                continue
            save(screen.picture(shown(screen, router, sample)), into / f"{name}.png")
            close(screen, router)


def names_of(setting: Setting) -> list[str]:
    """What pictures there are of a setting."""
    names = [sample.name for sample in samples(lambda _text, _field: b"")]
    return [f"{name}-{setting.suffix}" for name in names if not setting.only or name in setting.only]


@contextmanager
def dialog_on_screen(setting: Setting) -> Iterator[tuple[Screen, RouterSide]]:
    """A screen of this setting, and the Router's end of a dialog that draws there."""
    with TemporaryDirectory(prefix="etui-") as path:
        folder = Path(path)
        (folder / "kdeglobals").write_text(_DESKTOP.format(ground=setting.ground, text=setting.text))
        with Screen(folder, setting.width, setting.height) as screen:
            environ = {
                **screen.environ,
                "HOME": path,
                "XDG_RUNTIME_DIR": path,
                "XDG_CONFIG_HOME": path,
                "XDG_CURRENT_DESKTOP": "KDE",
                "KDE_SESSION_VERSION": "6",
                "QT_FONT_DPI": str(setting.dpi),
                "QT_LOGGING_RULES": "qt.qpa.*=false",
            }
            with RouterSide("--face", "qt", *setting.arguments, environ=environ) as router:
                router.greeted()
                yield screen, router


def shown(screen: Screen, router: RouterSide, sample: Sample) -> str:
    """The window that shows a sample, after hands did what is to be seen."""
    if sample.has_looks:
        router.dress(LOOKS)
    router.show(sample.request)
    screen.press("search", "--sync", "--onlyvisible", "--name", _TITLE, "windowfocus", "--sync")
    for step in sample.window:
        kind, _, what = step.partition(" ")
        screen.press(kind, *(what.split(" ") if kind == "key" else [what]))
    return screen.windows(_TITLE)[0]


def close(screen: Screen, router: RouterSide) -> None:
    """Takes the question away, and waits until nothing of it is in sight."""
    router.close(router.number)
    if router.error() != "cancelled":
        raise RuntimeError("the dialog answered a question that nobody answered")
    deadline = time.monotonic() + PATIENCE_S
    while screen.windows(_TITLE):
        if time.monotonic() > deadline:
            raise TimeoutError("the dialog's window does not go away")
        time.sleep(_LOOK_S)
