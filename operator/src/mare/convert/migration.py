"""The migration in steps that never leave two autoscalers active on one workload."""

from dataclasses import dataclass

from mare.convert.findings import Conversion, Result
from mare.convert.metadata import PAUSED
from mare.convert.secret import kubectl


@dataclass(frozen=True, slots=True)
class Step:
    note: str
    commands: tuple[str, ...] = ()


def steps(conversion: Conversion) -> list[Step]:
    results = conversion.converted
    if not results:
        return []
    paused = [result for result in results if result.kind == "ScaledObject"]
    restoring = [result for result in results if result.restores_count]
    needed = [
        finding.command for result in results for finding in result.findings if finding.command
    ]
    planned = [
        Step(
            "Pause the old autoscaler; the replicas do not change from here on.",
            tuple(_on(r, "annotate", r, f"{PAUSED}=true", "--overwrite") for r in paused),
        ),
        Step("Create the Secrets.", tuple(dict.fromkeys(needed))),
        Step(
            "Apply the output, here FILE. With dryRun: true it decides but changes nothing.",
            ("kubectl apply -f FILE",),
        ),
        Step(
            "Compare its decisions with your expectations, on the dashboard or here.",
            tuple(kubectl(r.namespace, "describe", "qa", r.name) for r in results),
        ),
        Step(
            "Configure KEDA to keep the replicas when its object is deleted.",
            tuple(_on(r, "patch", r, "--type=merge", "-p", _KEEP_COUNT) for r in restoring),
        ),
        Step(
            "Delete the old autoscaler; this also deletes the HPA of a ScaledObject.",
            tuple(_on(r, "delete", r) for r in results),
        ),
        Step(
            "Check that nothing else scales the workload; Maré reports it as AbleToScale: False.",
            tuple(dict.fromkeys(kubectl(r.namespace, "get", "hpa,scaledobject") for r in results)),
        ),
        Step("Set dryRun to false.", tuple(_switch_on(r) for r in results)),
    ]
    return [step for step in planned if step.commands]


_KEEP_COUNT = '{"spec":{"advanced":{"restoreToOriginalReplicaCount":false}}}'


def _on(result: Result, verb: str, target: Result, *arguments: str) -> str:
    kind = "scaledobject" if target.kind == "ScaledObject" else "hpa"
    return kubectl(result.namespace, verb, kind, target.name, *arguments)


def _switch_on(result: Result) -> str:
    patch = '{"spec":{"dryRun":false}}'
    return kubectl(result.namespace, "patch", "qa", result.name, "--type=merge", "-p", patch)
