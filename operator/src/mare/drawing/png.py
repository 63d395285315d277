"""SVG as PNG, by resvg; only who asks for a PNG needs it installed."""


class NoRenderer(Exception):
    """Raised when the package resvg-py is not installed."""


def png_of(svg: str) -> bytes:
    """Render at twice the size, sharp on any screen."""
    try:
        from resvg_py import svg_to_bytes  # noqa: PLC0415
    except ImportError as error:
        raise NoRenderer("a PNG needs the package resvg-py; an SVG needs nothing") from error
    return bytes(svg_to_bytes(svg_string=svg, zoom=2))
