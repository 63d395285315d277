"""The rules of places, climate and sun, without I/O and independent of the sources."""
