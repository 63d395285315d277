"""SVG elements of drawings: texts and lines."""

from xml.sax.saxutils import escape

from mare.drawing.figure import Theme

FONT = "system-ui, 'Segoe UI', 'Liberation Sans', 'DejaVu Sans', sans-serif"


def text(
    x: float,
    y: float,
    content: str,
    colour: str,
    *,
    anchor: str = "start",
    size: int = 11,
    weight: str = "normal",
    halo: Theme | None = None,
) -> str:
    outline = f' stroke="{halo.background}" stroke-width="3" paint-order="stroke"' if halo else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}"'
        f' font-size="{size}" font-weight="{weight}"{outline}>{escape(content)}</text>'
    )


def line(
    x1: float,
    y1: float,
    x2: float,
    y2: float,
    colour: str,
    *,
    width: float = 1.0,
    opacity: float = 1.0,
    dash: str = "",
) -> str:
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"'
        f' stroke-width="{width}" stroke-opacity="{opacity}"{dashes}/>'
    )
