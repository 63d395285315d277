"""A cron trigger of KEDA is a schedule: a floor from each start to the next end."""

import re

from mare.convert.draft import Draft
from mare.convert.reading import Section

MOST_SCHEDULES = 16
LONGEST = {"start": 128, "end": 128, "timezone": 64}
_FIVE_FIELDS = re.compile(r"\S+( +\S+){4}")


def convert_schedule(draft: Draft, section: Section, index: int, most: int) -> None:
    """Write schedules[index]; `most` is maxReplicas, which KEDA's HPA does not exceed either."""
    to = f"spec.schedules.{index}"
    if index >= MOST_SCHEDULES:
        draft.problem(section.line, f"a QueueAutoscaler has at most {MOST_SCHEDULES} schedules")
    _settle_the_rest(draft, section)
    metadata = section.parameters("metadata")
    for name, longest in LONGEST.items():
        field = metadata.text(name, longest, needed_by="a cron trigger")
        if field is not None and name != "timezone" and not _FIVE_FIELDS.fullmatch(field.value):
            draft.refuse(field, "has to have five fields")
        elif field is not None:
            draft.keep(field, f"{to}.{name}")
    replicas = metadata.number("desiredReplicas", needed_by="a cron trigger")
    if replicas is None:
        return
    if replicas.value != int(replicas.value) or replicas.value < 1:
        draft.refuse(replicas, "has to be a count of at least 1")
        return
    count = min(int(replicas.value), most)
    says = "" if count == replicas.value else f"maxReplicas is {most}"
    draft.translate(replicas, f"{to}.minReplicas", count, says)


def _settle_the_rest(draft: Draft, section: Section) -> None:
    kind, name = section.text("type"), section.text("name")
    if kind is not None:
        draft.absorb(kind, "a schedule is a floor, as a cron trigger is")
    if name is not None:
        draft.drop(name, "schedules have no name")
    metric_type = section.choice("metricType", ("AverageValue",))
    if metric_type is not None:
        draft.absorb(metric_type, "what a schedule means")
    cached = section.boolean("useCachedMetrics")
    if cached is not None:
        draft.drop(cached, "a schedule is not measured")
