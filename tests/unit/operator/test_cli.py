"""`mare`: a fast --help, and the same exit code for the same mistake in every subcommand."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from mare.cli import COMMANDS, mare
from mare.cluster.kubeconfig import kubeconfig_client


@pytest.fixture(autouse=True)
def root_logger() -> Iterator[None]:
    """Restore the root logger, which `mare run` configures."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    root.setLevel(level)
    root.handlers[:] = handlers


def test_help_imports_no_subcommand() -> None:
    program = (
        "import sys; from mare.cli import mare; mare(['--help'], standalone_mode=False);"
        "print(sorted(name for name in sys.modules if name.split('.')[0] in"
        " {'kopf', 'kubernetes', 'aiohttp', 'yaml', 'mare'}))"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert shown.stdout.decode().splitlines()[-1] == "['mare', 'mare.cli']"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_subcommand_has_its_summary_in_the_help(name: str) -> None:
    _, summary = COMMANDS[name]
    assert f"{name}" in CliRunner().invoke(mare, ["--help"], terminal_width=200).output
    assert summary in CliRunner().invoke(mare, ["--help"], terminal_width=200).output
    assert isinstance(mare.get_command(click.Context(mare), name), click.Command)


@pytest.mark.parametrize("name", COMMANDS)
def test_an_unknown_option_ends_every_subcommand_with_code_1(name: str) -> None:
    assert CliRunner().invoke(mare, [name, "--no-such-option"]).exit_code == 1


@pytest.mark.parametrize("arguments", [["--no-such-option"], ["no-such-command"], ["local"]])
def test_other_usage_errors_end_with_code_1(arguments: list[str]) -> None:
    assert CliRunner().invoke(mare, arguments).exit_code == 1


DEFINITION = "kind: CustomResourceDefinition\nmetadata: {name: x}\n"
KUBECONFIG = "apiVersion: v1\nkind: Config\n"


def run_with_kubeconfig(kubeconfig: Path, command: str, *arguments: str) -> Result:
    runner = CliRunner(env={"KUBECONFIG": str(kubeconfig)})
    return runner.invoke(mare, [command, *arguments], input=DEFINITION)


COMMANDS_WITH_A_CLUSTER = [["run"], ["apply-crd", "-"], ["explain", "worker"], ["pause", "worker"]]
REACHABLE = """apiVersion: v1
kind: Config
current-context: a
clusters: [{name: a, cluster: {server: "https://127.0.0.1:1"CA}}]
contexts: [{name: a, context: {cluster: a, user: USER}}]
users: [{name: a, user: {token: x}}]
"""


@pytest.mark.parametrize("command", COMMANDS_WITH_A_CLUSTER)
@pytest.mark.parametrize(
    "content",
    [
        None,
        "",
        KUBECONFIG,
        "contexts: [",
        "- a\n",
        "text\n",
        REACHABLE.replace("CA", "").replace("USER", "unknown"),
        REACHABLE.replace("CA", ", certificate-authority-data: eHg=").replace("USER", "a"),
    ],
)
def test_without_a_cluster_a_command_ends_with_one_sentence(
    tmp_path: Path, content: str | None, command: list[str]
) -> None:
    kubeconfig = tmp_path / "config"
    if content is not None:
        kubeconfig.write_text(content)
    result = run_with_kubeconfig(kubeconfig, *command)
    assert result.exit_code == 1
    assert result.output.startswith("Error: No cluster is configured: ")
    assert result.output.count("\n") == 1
    assert "NoneType" not in result.output


@pytest.mark.parametrize("command", COMMANDS_WITH_A_CLUSTER)
def test_a_cluster_that_does_not_answer_is_named_in_one_sentence(
    tmp_path: Path, command: list[str]
) -> None:
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text(REACHABLE.replace("CA", "").replace("USER", "a"))
    result = run_with_kubeconfig(kubeconfig, *command)
    assert result.exit_code == 1
    assert result.output.startswith(
        "Error: the API server does not answer (Cannot connect to host 127.0.0.1:1 "
    )
    assert result.output.count("\n") == 1


@pytest.mark.parametrize("command", ["explain", "pause", "resume"])
@pytest.mark.parametrize(
    ("context", "hint"),
    [("produciton", "Did you mean production?"), ("elsewhere", "Contexts: production, a")],
)
def test_a_misspelt_context_names_the_one_that_was_meant(
    tmp_path: Path, command: str, context: str, hint: str
) -> None:
    kubeconfig = tmp_path / "config"
    other = "contexts: [{name: production, context: {cluster: a, user: a}}, "
    text = REACHABLE.replace("contexts: [", other).replace("CA", "").replace("USER", "a")
    kubeconfig.write_text(text)
    result = run_with_kubeconfig(kubeconfig, command, "worker", "--context", context)
    assert result.exit_code == 1
    assert f"config has no context {context}. {hint}\n" in result.output


@pytest.mark.parametrize(
    ("context", "namespace"), [(None, "default"), ("a", "default"), ("production", "shop")]
)
def test_the_namespace_is_that_of_the_context(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, context: str | None, namespace: str
) -> None:
    kubeconfig = tmp_path / "config"
    named = "{name: production, context: {cluster: a, user: a, namespace: shop}}"
    text = REACHABLE.replace("contexts: [", f"contexts: [{named}, ")
    kubeconfig.write_text(text.replace("CA", "").replace("USER", "a"))
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig))

    async def read() -> str:
        client, found = await kubeconfig_client(context)
        await client.close()
        return found

    assert asyncio.run(read()) == namespace


@pytest.mark.parametrize(
    "command", [["explain", "-f"], ["convert"], ["apply-crd"], ["simulate"], ["local"]]
)
@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"a: [1\n", b"- 1\n", b"text\n", b"# none\n", b""]
)
def test_a_file_that_cannot_be_used_is_named_without_a_traceback(
    tmp_path: Path, command: list[str], content: bytes
) -> None:
    file = tmp_path / "file.yaml"
    file.write_bytes(content)
    result = CliRunner().invoke(mare, [*command, str(file)])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert str(file) in result.output or "the file is empty" in result.output


def test_a_plot_that_cannot_be_written_is_reported_before_the_simulation(tmp_path: Path) -> None:
    plot = tmp_path / "missing" / "plot.svg"
    result = CliRunner().invoke(mare, ["simulate", "square", "--plot", str(plot)])
    assert result.exit_code == 1
    assert f"Cannot write to folder {plot.parent}" in result.output
    assert "KEDA" not in result.output
