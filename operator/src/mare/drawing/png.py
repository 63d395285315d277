"""Converts SVG to PNG with the optional package resvg-py."""

import sys
from collections.abc import Callable
from importlib.util import find_spec


class NoRenderer(Exception):
    """The package resvg-py is not installed."""


def png_renderer() -> Callable[[str], bytes]:
    """Return a function from an SVG to a PNG of twice the size, for screens of high density."""
    try:
        from resvg_py import svg_to_bytes  # noqa: PLC0415
    except ImportError as error:
        pip = f"{sys.executable} -m pip install"
        install = pip if find_spec("pip") else f"uv pip install --python {sys.executable}"
        raise NoRenderer(
            f"a PNG needs the package resvg-py: run {install} resvg-py, or write an .svg"
        ) from error
    return lambda svg: bytes(svg_to_bytes(svg_string=svg, zoom=2))
