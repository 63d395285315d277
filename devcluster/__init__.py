"""A throw-away Kubernetes, and the images that run on it."""

import sys


class CannotRun(Exception):
    """Raised where this machine lacks something; the text says what to do."""


def say(line: object) -> None:
    print(line, file=sys.__stderr__, flush=True)  # pytest would hide the progress of a long build
