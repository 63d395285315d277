"""Event-driven services: city or coordinates in, a playlist for the weather there out."""
