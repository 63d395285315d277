"""The advice for each problem: a code of docs/explain.md and a clause."""

from collections.abc import Mapping

from mare.domain.clause import Clause

Hint = tuple[str, Clause]


def _hints(code: str, **advice: str) -> Mapping[str, Hint]:
    """Return the hint of each reason, given the last part of the clause's code."""
    return {reason: (code, Clause(f"advice.{name}")) for reason, name in advice.items()}


CANNOT_ACT = ("MARE015", Clause("advice.wait"))
ABLE: Mapping[str, Hint] = {
    **_hints(
        "MARE010",
        WorkloadNotFound="createWorkload",
        InvalidName="createWorkload",
        KindNotFound="correctKind",
    ),
    **_hints("MARE011", Forbidden="allowScale", AccessRefused="allowRead"),
    **_hints("MARE013", OtherAutoscaler="deleteOther", OtherOperator="oneOperator"),
    **_hints("MARE016", NotDecided="report"),
}
BROKER = ("MARE001", Clause("advice.checkBroker"))
FRESH: Mapping[str, Hint] = {
    **_hints(
        "MARE002",
        QueueNotFound="declareQueue",
        QueueExclusive="otherQueue",
        QueueIsStream="noStream",
        TooManyQueues="fewerQueues",
        PatternsTooSlow="fewerQueues",
        NamespaceBudgetExceeded="raiseBudget",
    ),
    **_hints(
        "MARE003",
        SecretNotFound="createSecret",
        SecretUnreadable="createSecret",
        SecretRefused="allowSecret",
        SecretInvalid="correctSecret",
    ),
    **_hints(
        "MARE004",
        QueueRefused="allowQueue",
        AccessRefused="correctUser",
        VirtualHostRefused="correctVhost",
        CertificateRefused="correctCa",
        AddressRefused="allowNetwork",
    ),
    **_hints("MARE001", BrokerUnsupported="useRabbitmq"),
    **_hints("MARE006", LeaderSilent="checkMembers"),
    **_hints("MARE016", NotUnderstood="report"),
}
STATISTICS = Clause("advice.addStatistics")
OTHERS: Mapping[str, Hint] = {
    **_hints("MARE007", MemoryAlarm="endAlarm", DiskAlarm="endAlarm"),
    **_hints("MARE012", GracePeriodTooShort="raiseGrace"),
    **_hints("MARE017", ChoosesItself="keepReplicaSets", Forbidden="allowPods"),
    **_hints("MARE020", QueuesVanish="raiseMin"),
    **_hints("MARE022", ScheduleWrong="correctSchedule"),
    **_hints(
        "MARE023",
        AutomaticAcknowledgement="acknowledgeLate",
        EarlyAcknowledgement="acknowledgeLate",
    ),
    **_hints("MARE024", NothingAcknowledged="restartWorkers"),
}
"""Of the conditions about alarms, work, victims, events and schedules."""
DRAIN = ("MARE017", Clause("advice.drain"))
"""Of VictimsChosen for other reasons."""
PENDING = Clause("advice.checkPods")
