"""An Extension that wants its face taken for the wallet's own: what stands on the screen, by pixels and by rows."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from pictures.samples import LOOKS, Sample
from pictures.screen import Screen
from pictures.stage import Setting, close, dialog_on_screen, shown
from PySide6.QtCore import QBuffer, QByteArray, QRect
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from tests.trusted.dialog.router_side import RouterSide

from etui.trusted.dialog.content import content_of
from etui.trusted.dialog.display import TERMINAL, Display
from etui.trusted.dialog.face import View
from etui.trusted.dialog.front import first_sight
from etui.trusted.dialog.looks import picture_svg
from etui.trusted.dialog.qt.theme import LIGHT
from etui.trusted.dialog.requests import (
    AskSecret,
    Choice,
    Choose,
    Frame,
    Message,
    ReadText,
    Request,
    Showing,
    Unlock,
)
from etui.trusted.dialog.terminal.form import Form
from etui.trusted.dialog.terminal.rows import Style
from etui.trusted.dialog.terminal.screen import Sight, compose
from etui.trusted.dialog.wording import EXTENSION_SPEAKS_WORDS

SETTINGS = (Setting(suffix="screen"), Setting(suffix="phone", width=390, height=844))
HONEST = Message(
    title="Hello", text="All is well.", frame=Frame(extension="ext:a.b/a.b.c", name="Cards", publisher="a.b")
)


def logo_like_the_users_picture() -> bytes:
    """The user's own picture on the user's own colour, which an Extension cannot know and here does."""
    image = QImage(512, 512, QImage.Format.Format_RGB32)
    image.fill(QColor(LOOKS.colour))
    painter = QPainter(image)
    QSvgRenderer(QByteArray(picture_svg(LOOKS.picture))).render(painter, QRect(64, 64, 384, 384).toRectF())
    painter.end()
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stub knows paths alone
    return bytes(buffer.data().data())


def hostile_faces(key: bytes) -> dict[str, Request]:
    """Faces in the wallet's own words, under its name and with the user's picture for a logo."""
    frame = Frame(
        extension="ext:etui.wallet/etui.wallet.dialog",
        name="Your wallet “copper lantern orchard”",
        publisher="Etui",
        logo=logo_like_the_users_picture(),
    )
    words = "Your wallet\n“copper lantern orchard”\n\nType your passphrase to pay.\n\n" + "█" * 400
    return {
        "message": Message(title="Confirm that it is you", text=words, frame=frame),
        "secret": AskSecret(frame=frame, title="Confirm that it is you", text=words, key=key),
        "choice": Choose(
            frame=frame,
            title="Unlock your wallet" + "\n" * 100,
            text=words,
            options=(Choice(id="a", label="Allow", detail="█" * 300), Choice(id="b", label="Refuse")),
        ),
        "text": ReadText(frame=frame, title="█" * 120, text="█" * 20_000),
    }


@pytest.fixture(params=SETTINGS, ids=lambda setting: setting.suffix)
def stage(request: pytest.FixtureRequest) -> Iterator[tuple[Screen, RouterSide]]:
    for program, package in {"Xvfb": "xvfb", "xdotool": "xdotool"}.items():
        if shutil.which(program) is None:
            pytest.skip(f"needs package {package}")
    with dialog_on_screen(request.param) as (screen, router):
        yield screen, router


@pytest.mark.attack(27)
def test_whatever_an_extension_says_its_face_is_not_the_wallets_own(stage: tuple[Screen, RouterSide]) -> None:
    own = taken(stage, Unlock(key=bytes(31) + b"\x09", purpose="pay"))
    band = QColor(LOOKS.colour).rgb()
    assert widest_run(own, band) == own.width(), "the wallet's own face bears the user's colour from edge to edge"
    assert frame_of(own) is None
    honest = taken(stage, HONEST)
    for name, face in hostile_faces(stage[1].key.public).items():
        picture = taken(stage, face)
        assert widest_run(picture, band) < picture.width() // 4, name
        frame = frame_of(picture)
        assert frame is not None, name
        assert frame == frame_of(honest), f"{name}: the frame is as any other Extension's"
        assert caption(picture, frame) == caption(honest, frame), f"{name}: it says that no wallet speaks here"


@pytest.mark.attack(27)
@pytest.mark.parametrize("size", [(20, 24), (40, 20), (40, 12), (80, 10), (80, 24), (200, 50)])
@pytest.mark.parametrize("name", ["message", "secret", "choice", "text"])
def test_on_the_terminal_it_says_at_any_size_and_wherever_it_is_scrolled_to_that_no_wallet_speaks(
    name: str, size: tuple[int, int]
) -> None:
    width, height = size
    form = form_of(hostile_faces(bytes(31) + b"\x09")[name])
    offset, shows_end = 0, False
    while not shows_end:
        screen = compose(form, Sight(width=width, height=height, now=0.0, offset=offset))
        said = " ".join(" ".join(row.text for row in screen.rows if row.style is Style.CAUTION).split())
        assert EXTENSION_SPEAKS_WORDS in said, [row.text for row in screen.rows]
        assert not [row for row in screen.rows if row.style is Style.BAND], "the wallet's own face has one"
        offset, shows_end = screen.offset + screen.page, screen.shows_end


def form_of(request: Request) -> Form:
    """A face as the terminal has it, with the looks that the wallet's own would bear."""
    front = first_sight(Showing(number=1, request=request), now=0.0, focused=True)
    display = Display(kind="terminal", sentence=TERMINAL)
    return Form(View(front=front, content=content_of(request), display=display, looks=LOOKS))


def taken(stage: tuple[Screen, RouterSide], face: Request) -> QImage:
    """What the window shows."""
    screen, router = stage
    picture = screen.picture(shown(screen, router, Sample(name="face", request=face)))
    close(screen, router)
    return picture.convertToFormat(QImage.Format.Format_RGB32)


def rows(picture: QImage) -> list[list[int]]:
    """The colour of each pixel, row by row."""
    pixels = memoryview(picture.constBits()).cast("I")
    width = picture.width()
    return [[pixel | 0xFF000000 for pixel in pixels[y * width : (y + 1) * width]] for y in range(picture.height())]


def widest_run(picture: QImage, colour: int) -> int:
    """How many pixels of one colour stand side by side at most."""
    widest = 0
    for row in rows(picture):
        run = 0
        for pixel in row:
            run = run + 1 if pixel == colour else 0
            widest = max(widest, run)
    return widest


def frame_of(picture: QImage) -> tuple[int, int, int] | None:
    """Where the border of an Extension's frame stands: its left and right edge and its top; None without one."""
    border = QColor(LIGHT.muted).rgb()
    all_rows = rows(picture)
    columns = [x for x in range(picture.width()) if all(row[x] == border for row in all_rows[60:160])]
    tops = [y for y, row in enumerate(all_rows) if row.count(border) > picture.width() * 3 // 4]
    if len(columns) != 4 or not tops:  # two pixels on each side
        return None
    return columns[0], columns[-1], tops[0]


def caption(picture: QImage, frame: tuple[int, int, int]) -> QImage:
    """The line at the frame's head, right of the logo, where the wallet says who speaks."""
    left, right, top = frame
    return picture.copy(QRect(left + 68, top + 14, right - left - 90, 16))
