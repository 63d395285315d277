"""Reads files of commands and QueueAutoscalers into one plan."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from mare.custom_resource.autoscaler import Autoscaler, read_autoscaler
from mare.custom_resource.checking import check
from mare.documents.schema import Mistakes
from mare.documents.tree import Document, InputError, parse, plain
from mare.documents.tree import Mapping as Tree
from mare.local_run import broker_secrets
from mare.local_run.program import Program, UnsetVariable, expand, read_commands

NAMESPACE = "local"
"""The namespace of objects that name none."""
_API_VERSION = "mare.dev/v1alpha1"
_KIND = "QueueAutoscaler"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    programs: tuple[Program, ...]
    autoscalers: tuple[Autoscaler, ...]
    secrets: Mapping[str, Mapping[str, str]] = field(repr=False)
    notes: tuple[str, ...]
    """Warnings: what differs from the file, or cannot be measured."""


def read_files(
    files: Iterable[Path], environ: Mapping[str, str], *, most: int, set_by: str = "--max"
) -> Plan:
    """Read files; raise `InputError` with every mistake. `set_by` names what sets `most`."""
    texts = []
    for file in files:
        try:
            texts.append((str(file), file.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{file}:1: cannot be read ({error})") from error
    return read_plan(texts, environ, most=most, set_by=set_by)


def read_plan(
    texts: Iterable[tuple[str, str]],
    environ: Mapping[str, str],
    *,
    most: int,
    set_by: str = "--max",
) -> Plan:
    """Read files, given by name and text. `most` is the upper limit of processes per program."""
    documents = [each for file, text in texts for each in parse(text, file)]
    reader = _Reader(environ, most, set_by)
    for document in documents:
        reader.read(document)
    if documents and not any("commands" in each.root.entries for each in documents):
        reader.mistakes.add(
            documents[0], (), "no document has commands: add commands: {NAME: COMMAND}"
        )
    reader.mistakes.raise_any()
    if not documents:
        raise InputError("the file is empty: add commands: {NAME: COMMAND}")
    return reader.plan()


class _Reader:
    def __init__(self, environ: Mapping[str, str], most: int, set_by: str) -> None:
        self._environ = environ
        self._most = most
        self._set_by = set_by
        self.mistakes = Mistakes()
        self.programs: dict[str, Program] = {}
        self._objects: list[tuple[Document, tuple[str | int, ...], Autoscaler]] = []
        self._secrets: dict[str, dict[str, str]] = {}
        self._notes: list[str] = []

    def read(self, document: Document) -> None:
        entries = document.root.entries
        if "commands" in entries:
            self._read_own(document)
        elif not {"apiVersion", "kind"} <= entries.keys():
            self.mistakes.add(document, (), "has neither commands nor apiVersion and kind")
        elif document.kind == "List":
            for index, item in enumerate(document.root.mappings("items")):
                self._read_object(document, item, ("items", index))
        else:
            self._read_object(document, document.root, ())

    def _read_own(self, document: Document) -> None:
        for program in read_commands(document, self._environ, self.mistakes):
            if program.name in self.programs:
                self.mistakes.add(document, ("commands", program.name), "is defined twice")
            self.programs[program.name] = program
        for name, broker in document.root.mapping("brokers").entries.items():
            if isinstance(broker, Tree):
                self._secrets[name] = self._read_broker(document, name, broker)

    def _read_broker(self, document: Document, name: str, broker: Tree) -> dict[str, str]:
        values = {}
        for key, value in plain(broker).items():
            try:
                values[key] = expand(str(value), self._environ)
            except UnsetVariable as error:
                self.mistakes.add(document, ("brokers", name, key), str(error))
        values, problem = broker_secrets.usable(name, values)
        if problem is not None:
            self.mistakes.add(document, ("brokers", name), f"cannot be used: {problem}")
        return values

    def _read_object(self, document: Document, root: Tree, at: tuple[str | int, ...]) -> None:
        kind, version = root.text("kind"), root.text("apiVersion") or ""
        if kind != _KIND:
            if version.startswith(_API_VERSION.split("/", maxsplit=1)[0]):
                self.mistakes.add(document, (*at, "kind"), f"must be {_KIND}")
            return  # the manifest of another kind
        if version != _API_VERSION:
            self.mistakes.add(document, (*at, "apiVersion"), f"must be {_API_VERSION}")
            return
        name = root.mapping("metadata").text("name")
        if not name:
            self.mistakes.add(document, (*at, "metadata"), "needs a name")
            return
        checked = check(plain(root.mapping("spec")))
        self.mistakes.add_all(document, (*at, "spec"), checked.mistakes)
        if not checked.mistakes and "jobTemplate" in checked.value:
            self.mistakes.add(document, (*at, "spec", "jobTemplate"), "needs a cluster")
            return
        if checked.mistakes:
            return
        namespace = root.mapping("metadata").text("namespace") or NAMESPACE
        identity = {"namespace": namespace, "name": name, "uid": f"{namespace}/{name}"}
        metadata = {**identity, "generation": 1}
        autoscaler = read_autoscaler({"metadata": metadata, "spec": checked.value})
        for wrong in autoscaler.wrong_schedules:
            self.mistakes.add(document, (*at, "spec", "schedules", wrong.index), wrong.problem)
        self._objects.append((document, at, autoscaler))

    def plan(self) -> Plan:
        """Return the plan; raise `InputError` if objects and commands do not match."""
        scaled: dict[str, str] = {}
        for document, at, autoscaler in self._objects:
            target, spec = autoscaler.target.name, (*at, "spec")
            program, problems = self.programs.get(target), []
            if program is None:
                problems.append(f"but the commands are {', '.join(self.programs)}")
            elif program.probe and program.probe.port:
                problems.append("whose port is fixed; to scale it, use ready.portVariable")
            if target in scaled:
                problems.append(f"which {scaled[target]} scales already; remove one of them")
            for problem in problems:
                sentence = f"is {target}, {problem}"
                self.mistakes.add(document, (*spec, "scaleTargetRef", "name"), sentence)
            scaled[target] = autoscaler.key.name
            self._resolve(document, (*spec, "brokerRef", "secretName"), autoscaler)
        self.mistakes.raise_any()
        return Plan(
            programs=tuple(self.programs.values()),
            autoscalers=tuple(self._as_run(autoscaler) for _, _, autoscaler in self._objects),
            secrets=self._secrets,
            notes=tuple(self._notes),
        )

    def _resolve(
        self, document: Document, at: tuple[str | int, ...], autoscaler: Autoscaler
    ) -> None:
        name = autoscaler.broker.secret_name
        if name in self._secrets:
            return
        values, problem = broker_secrets.usable(
            name, broker_secrets.from_environment(self._environ)
        )
        if not values:
            sentence = f"is {name}: set AMQP_URI, or define {name} under brokers"
            self.mistakes.add(document, at, sentence)
            return
        if problem is not None:
            self.mistakes.add(
                document, at, f"is {name}: {problem}; correct AMQP_URI or MANAGEMENT_URI"
            )
        self._secrets[name] = values
        if len(values) == 1:
            self._notes.append(
                f"{name} has no management URI: commands are scaled up but not down, because"
                " unacknowledged messages, rates and busy processes are unknown; set"
                " MANAGEMENT_URI, or use a QueueLength with excludeUnacknowledged"
            )

    def _as_run(self, autoscaler: Autoscaler) -> Autoscaler:
        """Return the autoscaler with a command as its scale target, within the limits of `most`."""
        spec, most, name = autoscaler.spec, self._most, autoscaler.key.name
        by = self._set_by
        if spec.paused_replicas is not None and spec.paused_replicas > most:
            self._notes.append(
                f"{name}: pausedReplicas {spec.paused_replicas} is lowered to {most} by {by}"
            )
            spec = replace(spec, paused_replicas=most)
        if spec.max_replicas > most:
            self._notes.append(
                f"{name}: maxReplicas {spec.max_replicas} is lowered to {most} by {by}"
            )
            least = min(spec.min_replicas, most)
            spec = replace(spec, max_replicas=most, max_set_by=by, min_replicas=least)
        if spec.idle_replicas is not None and spec.idle_replicas >= spec.min_replicas:
            text = f"idle.replicas {spec.idle_replicas} is ignored: it is not below minReplicas"
            self._notes.append(f"{name}: {text} {spec.min_replicas}")
            spec = replace(spec, idle_replicas=None)
        target = replace(autoscaler.target, kind="command")
        return replace(autoscaler, spec=spec, target=target)
