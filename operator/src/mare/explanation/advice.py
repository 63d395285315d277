"""The advice for each problem: a code of docs/explain.md and a clause."""

from mare.domain.clause import Clause

Hint = tuple[str, Clause]

CANNOT_ACT = ("MARE015", Clause("advice.wait", "wait a minute, then read the operator's log"))
BUG = (
    "MARE016",
    Clause("advice.report", "report the problem with the lines of the operator's log"),
)
ABLE: dict[str, Hint] = {
    "WorkloadNotFound": (
        "MARE010",
        Clause("advice.createWorkload", "create the workload, or correct spec.scaleTargetRef"),
    ),
    "InvalidName": (
        "MARE010",
        Clause("advice.createWorkload", "create the workload, or correct spec.scaleTargetRef"),
    ),
    "KindNotFound": (
        "MARE010",
        Clause("advice.correctKind", "correct apiVersion and kind of spec.scaleTargetRef"),
    ),
    "Forbidden": (
        "MARE011",
        Clause(
            "advice.allowScale",
            "grant the operator's service account get and patch on the workload's scale",
        ),
    ),
    "AccessRefused": (
        "MARE011",
        Clause("advice.allowRead", "grant the operator's service account get on the workload"),
    ),
    "OtherAutoscaler": (
        "MARE013",
        Clause("advice.deleteOther", "delete the other autoscaler, or this one"),
    ),
    "OtherOperator": (
        "MARE013",
        Clause(
            "advice.oneOperator",
            "let one operator watch the namespace: set namespaces of the others, or remove them",
        ),
    ),
    "NotDecided": BUG,
}
BROKER = (
    "MARE001",
    Clause(
        "advice.checkBroker",
        "check that the broker runs and that the URI in the Secret is correct",
    ),
)
SECRET = (
    "MARE003",
    Clause(
        "advice.createSecret", "create the Secret that spec.brokerRef names, with the key amqp-uri"
    ),
)
FEWER_QUEUES = (
    "MARE002",
    Clause(
        "advice.fewerQueues",
        "narrow the patterns in spec.queues, or divide them among several objects",
    ),
)
FRESH: dict[str, Hint] = {
    "QueueNotFound": (
        "MARE002",
        Clause("advice.declareQueue", "declare the queue, or correct its name in spec.queues"),
    ),
    "QueueExclusive": (
        "MARE002",
        Clause("advice.otherQueue", "select a queue that is not exclusive to one connection"),
    ),
    "QueueIsStream": (
        "MARE002",
        Clause("advice.noStream", "select a classic or quorum queue instead of a stream"),
    ),
    "TooManyQueues": FEWER_QUEUES,
    "NamespaceBudgetExceeded": (
        "MARE002",
        Clause(
            "advice.raiseBudget",
            "delete objects of the namespace, or raise MARE_NAMESPACE_QUEUES of the operator",
        ),
    ),
    "PatternsTooSlow": FEWER_QUEUES,
    "QueueRefused": (
        "MARE004",
        Clause(
            "advice.allowQueue",
            "check the broker's plug-ins and policies: RabbitMQ itself needs no permission for a"
            " passive declare",
        ),
    ),
    "AccessRefused": (
        "MARE004",
        Clause(
            "advice.correctUser", "correct user and password in the Secret, or the user's rights"
        ),
    ),
    "LeaderSilent": (
        "MARE006",
        Clause(
            "advice.checkMembers",
            "check the members of the queue: rabbitmq-queues quorum_status QUEUE",
        ),
    ),
    "SecretNotFound": SECRET,
    "SecretRefused": (
        "MARE003",
        Clause(
            "advice.allowSecret",
            "grant the operator's service account get on the Secret, and give the Secret the label"
            " mare.dev/broker=true",
        ),
    ),
    "SecretUnreadable": SECRET,
    "NotUnderstood": BUG,
}
STATISTICS = Clause("advice.addStatistics", "add management-uri or prometheus-uri to the Secret")
GRACE = Clause(
    "advice.raiseGrace",
    "raise terminationGracePeriodSeconds of the Pods, or stopSeconds of the command, above the"
    " service time",
)
VICTIMS: dict[str, Clause] = {
    "ChoosesItself": Clause(
        "advice.keepReplicaSets",
        "scale a Deployment, or set maxDrainWaitSeconds above the service time",
    ),
    "Forbidden": Clause(
        "advice.allowPods", "grant the operator's service account list and patch on Pods"
    ),
}
DRAIN = Clause("advice.drain", "set maxDrainWaitSeconds above the service time")
SCHEDULES = Clause("advice.correctSchedule", "correct the entry in spec.schedules")
EVENTS = Clause("advice.raiseMin", "set spec.minReplicas to 1")
PENDING = Clause(
    "advice.checkPods", "check the Pods: kubectl describe pods shows why they are not ready"
)


def raise_max(by: str) -> Clause:
    return Clause("advice.raiseMax", f"raise {by}, or reduce the service time", by=by)
