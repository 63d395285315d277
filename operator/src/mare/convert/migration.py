"""The safe way from one autoscaler to the other: never two of them on one workload."""

from dataclasses import dataclass

from mare.convert.findings import Conversion, Result
from mare.convert.metadata import PAUSED
from mare.convert.origins import kubectl


@dataclass(frozen=True, slots=True)
class Step:
    says: str
    commands: tuple[str, ...] = ()


def steps(conversion: Conversion) -> list[Step]:
    """What to do with the output, in order; nothing if there is none."""
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
            "Pause the old autoscaler; the count stands still from here on.",
            tuple(_on(r, "annotate", r, f"{PAUSED}=true", "--overwrite") for r in paused),
        ),
        Step("Make the Secrets.", tuple(dict.fromkeys(needed))),
        Step(
            "Apply the output, here FILE. It says dryRun: true, so it decides and touches nothing.",
            ("kubectl apply -f FILE",),
        ),
        Step(
            "Compare what it would do with what you expect, on the dashboard or here.",
            tuple(kubectl(r.namespace, "describe", "qa", r.name) for r in results),
        ),
        Step(
            "Tell KEDA to leave the count as it is when its object goes.",
            tuple(_on(r, "patch", r, "--type=merge", "-p", _KEEP_COUNT) for r in restoring),
        ),
        Step(
            "Delete the old autoscaler; the HPA of a ScaledObject goes with it.",
            tuple(_on(r, "delete", r) for r in results),
        ),
        Step(
            "See that nothing else scales the workload. Maré shows it as AbleToScale: False.",
            tuple(dict.fromkeys(kubectl(r.namespace, "get", "hpa,scaledobject") for r in results)),
        ),
        Step("Switch dryRun off.", tuple(_switch_on(r) for r in results)),
    ]
    return [step for step in planned if step.commands]


_KEEP_COUNT = '{"spec":{"advanced":{"restoreToOriginalReplicaCount":false}}}'


def _on(result: Result, verb: str, target: Result, *arguments: str) -> str:
    kind = "scaledobject" if target.kind == "ScaledObject" else "hpa"
    return kubectl(result.namespace, verb, kind, target.name, *arguments)


def _switch_on(result: Result) -> str:
    patch = '{"spec":{"dryRun":false}}'
    return kubectl(result.namespace, "patch", "qa", result.name, "--type=merge", "-p", patch)
