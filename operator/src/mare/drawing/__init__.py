"""Draws measures and counts over time as SVG, for the dashboard and for the simulation alike.

Describe a `Figure` (figure.py), choose a `Theme` (theme.py) and call `draw` (drawing.py). Counts
are steps and measures are lines; a value of None is a gap, never zero and never bridged; every
axis begins at zero.
"""
