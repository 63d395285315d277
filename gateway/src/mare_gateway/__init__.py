"""The HTTP side: one Flask application that calls Nameko services."""
