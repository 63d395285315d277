"""SVG elements of drawings: the document, texts and lines."""

from xml.sax.saxutils import escape

from mare.drawing.figure import Theme

_FONT = "system-ui, 'Segoe UI', 'Liberation Sans', 'DejaVu Sans', sans-serif"


def document(
    body: str, title: str, description: str, theme: Theme, size: tuple[int, int], *, kind: str = ""
) -> str:
    """Return an SVG of this width and height; `kind` is its class in a page."""
    width, height = size
    of_kind = f' class="{kind}"' if kind else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
        f'{of_kind} width="{width}" height="{height}" font-family="{_FONT}" font-size="11">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>"
        f'<rect width="{width}" height="{height}" fill="{theme.background}"/>{body}</svg>'
    )


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
