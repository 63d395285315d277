"""Commands whose exit codes have meanings of their own, so that a wrong option gives 1."""

from typing import Any

import click


class WrongUsage(click.UsageError):
    exit_code = 1


class StrictUsage(click.Command):
    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        try:
            return super().make_context(*args, **kwargs)
        except click.UsageError as error:
            raise WrongUsage(error.format_message(), error.ctx) from error
