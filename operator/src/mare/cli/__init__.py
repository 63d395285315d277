"""The command `mare`.

A subcommand's module is imported when the subcommand is called: importing kopf takes 0.6 s, and
`mare --help` and `mare convert` do without it.
"""

from difflib import get_close_matches
from importlib import import_module

import click

COMMANDS = {
    "advise": ("mare.cli.advise", "Compare values of waitSeconds on the load of an object."),
    "convert": ("mare.cli.convert", "Convert KEDA ScaledObjects and HPAs to QueueAutoscalers."),
    "apply-crd": ("mare.cli.apply_crd", "Apply the CustomResourceDefinition to a cluster."),
    "demo": ("mare.cli.demo", "Show the autoscaler at work on this machine, in two minutes."),
    "explain": ("mare.cli.explain", "Explain the replica count of a QueueAutoscaler."),
    "local": ("mare.cli.local", "Run commands as processes and scale them, without a cluster."),
    "pause": ("mare.cli.pause", "Stop the scaling of a workload."),
    "record": ("mare.cli.record", "Write the recent load of an object to a file."),
    "resume": ("mare.cli.pause", "Restart the scaling of a paused workload."),
    "run": ("mare.cli.run", "Run the operator against a cluster."),
    "simulate": ("mare.cli.simulate", "Compare a spec with KEDA and an HPA."),
}
"""The module and the summary of each subcommand. The command has its own name in the module."""

# Click's own code is 2, which `mare convert` returns for a conversion that needs manual work.
click.UsageError.exit_code = 1


class LazyGroup(click.Group):
    """Imports subcommands on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        command = getattr(import_module(module), cmd_name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        near = get_close_matches(args[0], COMMANDS, 1)
        if args[0] not in COMMANDS and not args[0].startswith("-") and near:
            ctx.fail(f"No such command '{args[0]}'. Did you mean {near[0]}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the summaries from `COMMANDS`; click would import every module for them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])


@click.group(cls=LazyGroup)
@click.version_option(package_name="mare-operator")
def mare() -> None:
    """Scale workloads by the depth of their RabbitMQ queues."""
