"""The shell commands of the report, for bash and zsh."""

import json
import re
import shlex
from collections.abc import Iterable, Mapping

from mare.custom_resource.autoscaler import BROKER_LABEL


def kubectl(namespace: str | None, *arguments: str) -> str:
    scope = ("-n", namespace) if namespace else ()
    return shlex.join(("kubectl", *scope, *arguments))


def patch_command(namespace: str | None, name: str, key: str, value: str) -> str:
    """Return the command that adds a key to a Secret."""
    patch = json.dumps({"stringData": {key: value}}, separators=(",", ":"))
    return kubectl(namespace, "patch", "secret", name, "-p", patch)


def secret_command(
    namespace: str | None, name: str, entries: Iterable[str], printed: Mapping[str, str]
) -> str:
    """Return the command that creates and labels a Secret, and fails if a value is empty.

    Args:
        namespace: Of the Secret; None is the current one.
        name: Of the Secret.
        entries: The arguments of `kubectl create` whose values are known.
        printed: By key, a command that prints the value. The values are variables of a subshell,
            and no argument of a process shows them.
    """
    variables = {key: re.sub(r"\W", "_", key).upper() for key in printed}
    create = [
        kubectl(namespace, "create", "secret", "generic", name),
        *(f'--from-file={key}=<(printf %s "${each}")' for key, each in variables.items()),
        *entries,
        f"&& {kubectl(namespace, 'label', 'secret', name, BROKER_LABEL)}",
    ]
    command = " \\\n  ".join(create)
    if not printed:
        return command
    lines = [f"{variables[key]}=$({each}) &&" for key, each in printed.items()]
    checks = " ".join(f'"${{{each}:?is empty}}"' for each in variables.values())
    return "\n".join(["(", *lines, f": {checks} &&", command, ")"])
