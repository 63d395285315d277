"""The option --plot, and the content of its file."""

import os
from collections.abc import Callable
from pathlib import Path

import click

from mare.drawing.png import NoRenderer, png_renderer


def plot_option(text: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    path = click.Path(dir_okay=False, writable=True, path_type=Path)
    return click.option("--plot", type=path, help=text)


def plot_encoder(plot: Path) -> Callable[[str], bytes]:
    """Return a function from an SVG to the content of the file, which can be written."""
    if not os.access(plot.parent, os.W_OK):
        raise click.BadParameter(f"Cannot write to folder {plot.parent}", param_hint="--plot")
    try:
        match plot.suffix:
            case ".svg":
                return str.encode
            case ".png":
                return png_renderer()
    except NoRenderer as error:
        raise click.ClickException(str(error)) from error
    raise click.BadParameter("The name has to end in .png or .svg", param_hint="--plot")
