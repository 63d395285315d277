"""The shell commands of the report, for bash and zsh."""

import re
import shlex
from collections.abc import Iterable, Mapping

from mare.custom_resource.autoscaler import BROKER_LABEL

PLACEHOLDER = "USER:PASSWORD@"


def kubectl(namespace: str | None, *arguments: str) -> str:
    scope = ("-n", namespace) if namespace else ()
    return shlex.join(("kubectl", *scope, *arguments))


def patch_command(namespace: str | None, name: str, key: str, template: str) -> str:
    """Return the command that asks for a URI and adds it to a Secret."""
    value = f'"$(printf %s "${_variable(key)}" | base64 | tr -d \'\\n\')"'
    patch = f"""<(printf '{{"data":{{"{key}":"%s"}}}}' {value})"""
    command = f"{kubectl(namespace, 'patch', 'secret', name)} --patch-file={patch}"
    return "\n".join(["(", *_question(name, key, template), command, ")"])


def _variable(key: str) -> str:
    return re.sub(r"\W", "_", key).upper()


def _question(name: str, key: str, template: str) -> list[str]:
    """Return the lines that read a URI from the terminal, and end if it is not complete.

    So it is in no history, and no argument of a process shows it.
    """
    how = "Percent-encode user and password (# is %23). It is not shown"
    prompt = shlex.quote(f"{key} of Secret {name}, as {template}. {how}: ")
    variable, scheme = _variable(key), template[:4]
    wanted = "" if scheme == "SCHE" else scheme
    return [
        f"printf %s {prompt} >&2 &&",
        f"IFS= read -rs {variable} && echo >&2 &&",
        f'[[ "${variable}" == {wanted}*://?* && "${variable}" != *{PLACEHOLDER}* ]] ||',
        "{ echo 'not a complete URI: nothing is changed' >&2; exit 1; }",
    ]


def secret_command(
    namespace: str | None,
    name: str,
    entries: Iterable[str],
    printed: Mapping[str, str],
    asked: Mapping[str, str],
) -> str:
    """Return the command that creates and labels a Secret, and fails if a value is empty.

    Args:
        namespace: Of the Secret; None is the current one.
        name: Of the Secret.
        entries: The arguments of `kubectl create` whose values are known.
        printed: By key, a command that prints the value. The values are variables of a subshell,
            and no argument of a process shows them.
        asked: By key, what a URI looks like that the command reads from the terminal.
    """
    variables = {key: _variable(key) for key in (*asked, *printed)}
    create = [
        kubectl(namespace, "create", "secret", "generic", name),
        *(f'--from-file={key}=<(printf %s "${each}")' for key, each in variables.items()),
        *entries,
        f"&& {kubectl(namespace, 'label', 'secret', name, BROKER_LABEL)}",
    ]
    command = " \\\n  ".join(create)
    if not variables:
        return command
    questions = [line for key, each in asked.items() for line in _question(name, key, each)]
    lines = [f"{variables[key]}=$({each}) &&" for key, each in printed.items()]
    checks = " ".join(f'"${{{variables[key]}:?is empty}}"' for key in printed)
    lines += [f": {checks} &&"] if printed else []
    return "\n".join(["(", *questions, *lines, command, ")"])
