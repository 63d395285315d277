"""Pictures of the page for people, from the real gateway with scripted weather: seconds."""

import io
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal, get_args

from PIL import Image
from playwright.sync_api import Browser, ViewportSize

from mare_gateway.page.sky import Sky, TimeOfDay
from tests.integration.dashboard.chromium import chromium
from tests.integration.page.stage import staged

MOST_BYTES = 200_000
PREVIEW: ViewportSize = {"width": 1200, "height": 630}
"""Pixels of the picture of a link, which is also what Open Graph recommends."""
_PREVIEW_QUALITY = 72
_ONLY_THE_SCENE = """\
body > :not(.scene, .bar) { visibility: hidden }
.bar nav { visibility: hidden }
.bar { scale: 2; transform-origin: 0 0 }
.scene { --shore: 62svh !important }
"""
_COLOURS = (256, 192, 128, 96)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Picture:
    """One picture: a question to the scripted services, on a screen of this size."""

    question: str = ""
    width: int = 1280
    height: int = 800
    theme: Literal["light", "dark"] = "light"
    locale: str = "en-GB"


PICTURES = {
    "start": _Picture(),
    "clear": _Picture(question="clear Recife deezer"),
    "storm": _Picture(question="storm dusk Darwin deezer"),
    "storm-dark": _Picture(question="storm dusk Darwin deezer", theme="dark"),
    "phone-snow": _Picture(question="snow Sapporo deezer", width=390, height=844, locale="pt-BR"),
    "phone-night": _Picture(question="clear night Lisboa", width=390, height=844, theme="dark"),
}


def page(folder: Path) -> None:
    """Write ``page-<name>.png`` to ``folder`` for every picture, each below 200 kB."""
    with staged() as stage, chromium(Path(".cache")) as browser:
        for name, picture in PICTURES.items():
            (folder / f"page-{name}.png").write_bytes(_small(_take(browser, stage.url, picture)))


def previews(folder: Path) -> None:
    """Write ``preview-<sky>-<time of day>.jpg``: the scene of the page, for previews of links."""
    with staged() as stage, chromium(Path(".cache")) as browser:
        context = browser.new_context(
            viewport=PREVIEW, locale="en-GB", reduced_motion="reduce", bypass_csp=True
        )
        shown = context.new_page()
        for sky, time in product(get_args(Sky), get_args(TimeOfDay)):
            shown.goto(f"{stage.url}/?city={sky} {time} Recife")
            shown.add_style_tag(content=_ONLY_THE_SCENE)
            shown.wait_for_load_state("networkidle")
            picture = Image.open(io.BytesIO(shown.screenshot())).convert("RGB")
            file = folder / f"preview-{sky}-{time}.jpg"
            picture.save(file, "JPEG", quality=_PREVIEW_QUALITY, optimize=True, progressive=True)
        context.close()


def _take(browser: Browser, url: str, picture: _Picture) -> bytes:
    context = browser.new_context(
        viewport={"width": picture.width, "height": picture.height},
        color_scheme=picture.theme,
        locale=picture.locale,
        reduced_motion="reduce",
    )
    shown = context.new_page()
    shown.goto(f"{url}/?city={picture.question}" if picture.question else url)
    shown.eval_on_selector("#city", "(field) => { if (field.value) field.value = ''; }")
    shown.wait_for_load_state("networkidle")
    png = shown.screenshot()
    context.close()
    return png


def _small(png: bytes) -> bytes:
    """Return the picture with the most colours that keep it below the limit.

    The colours are dithered: the sky is one gradient, which would show bands.
    """
    whole = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in _COLOURS:
        palette = whole.quantize(colours)
        packed = io.BytesIO()
        whole.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG).save(
            packed, "PNG", optimize=True
        )
        if packed.tell() < MOST_BYTES:
            break
    return packed.getvalue()
