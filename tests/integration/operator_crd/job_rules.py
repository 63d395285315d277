"""Specs that contradict the rules of jobTemplate, with the sentences that refuse them."""

from tests.integration.operator_crd.specs import MORNING, Spec, creating, spec

JOB_RULES: list[tuple[Spec, str, str]] = [
    *(
        (
            each,
            "spec",
            "give either scaleTargetRef, a workload to scale, or jobTemplate, Jobs to create",
        )
        for each in (spec(scaleTargetRef=None), {**creating(), **spec()})
    ),
    (
        spec(jobs={}),
        "spec.jobs",
        "jobs has the rules of jobTemplate; add jobTemplate or remove jobs",
    ),
    *(
        (
            creating(**{field: value}),
            "spec",
            (
                "jobTemplate creates a Job for each jobs.messagesPerJob ready messages and ends"
                " none; remove target, targets, behavior, victims, fallback, schedules,"
                " drainSeconds, pausedReplicas, forecast and nameko"
            ),
        )
        for field, value in (("target", {}), ("schedules", [MORNING]), ("drainSeconds", 30))
    ),
    *(
        (
            creating(**fields),
            "spec",
            (
                "jobTemplate has no Jobs without messages; remove minReplicas, activation and"
                " idle.replicas"
            ),
        )
        for fields in ({"minReplicas": 1}, {"activation": {"threshold": 1}})
    ),
    (
        creating(onDelete="Restore"),
        "spec.onDelete",
        "Jobs are deleted together with the object; remove onDelete",
    ),
]
