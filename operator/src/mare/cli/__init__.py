"""The command `mare`. Each subcommand is imported when it is called, and not before.

`mare convert` has to answer in a blink; importing kopf alone takes 0.6 s.
"""

from importlib import import_module

import click

COMMANDS = {
    "convert": "mare.cli.convert",
    "define": "mare.cli.define",
    "local": "mare.cli.local",
    "explain": "mare.cli.explain",
    "run": "mare.cli.run",
    "simulate": "mare.cli.simulate",
}
"""Each subcommand and the module that has it, under the same name."""


class LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command = getattr(import_module(module), cmd_name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=LazyGroup)
@click.version_option(package_name="mare-operator")
def mare() -> None:
    """Scale workloads by their RabbitMQ queues."""
