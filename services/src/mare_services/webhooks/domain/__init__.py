"""Schedule and destinations of callbacks, without input or output, clock or environment."""
