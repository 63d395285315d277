"""The ports, filled: the embedded data and other people's APIs."""
