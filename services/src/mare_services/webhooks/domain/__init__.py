"""When a callback is sent again and to whom, without input or output, clock or environment."""
