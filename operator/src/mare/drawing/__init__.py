"""Draws time series as SVG, for the dashboard and the simulation.

Describe a `Figure`, choose a `Theme` (both in figure.py) and call `draw` (drawing.py). A value of
None is a gap: it is never drawn as zero and never bridged. Every axis of values begins at zero.
"""
