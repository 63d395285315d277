"""Which replicas a scale-down removes, in one sentence."""

from mare.domain.observation import load_of
from mare.domain.spec import VictimPolicy
from mare.domain.unknown import Unknown
from mare.explanation.facts import Facts


def victims_of(facts: Facts) -> str | None:
    """Return the sentence; None if a warning says it, and for Jobs, which none removes."""
    spec, condition = facts.spec, facts.condition("VictimsChosen")
    if spec.jobs is not None or (condition is not None and condition.is_bad):
        return None
    by = f"victims.policy {spec.victim_policy}"
    if spec.victim_policy is VictimPolicy.DEFAULT or not facts.target.keeps_replica_sets:
        return f"the {facts.target.kind} chooses the replicas to remove, busy or not ({by})"
    are_unknown = condition is not None and condition.status == "Unknown"
    if are_unknown or isinstance(load_of(facts.queues).unacknowledged, Unknown):
        return f"busy replicas can be removed while it is unknown which are idle ({by})"
    if spec.victim_policy is VictimPolicy.IDLE_FIRST:
        return f"idle replicas are removed first ({by})"
    seconds = spec.max_drain_wait_seconds
    return f"idle replicas only are removed, and after {seconds} s others ({by})"
