"""Converts SVG to PNG with the optional package resvg-py."""


class NoRenderer(Exception):
    """The package resvg-py is not installed."""


def png_of(svg: str) -> bytes:
    """Return a PNG of twice the size, for screens of high density."""
    try:
        from resvg_py import svg_to_bytes  # noqa: PLC0415
    except ImportError as error:
        raise NoRenderer(
            "a PNG needs the package resvg-py: run pip install resvg-py, or write an .svg"
        ) from error
    return bytes(svg_to_bytes(svg_string=svg, zoom=2))
