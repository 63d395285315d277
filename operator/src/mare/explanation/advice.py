"""What to try, by what is wrong: a code of docs/explain.md and a clause."""

from mare.domain.clause import Clause

Hint = tuple[str, Clause]

CANNOT_ACT = ("MARE015", Clause("advice.wait", "wait a moment, then look at the operator's log"))
SURPRISE = (
    "MARE016",
    Clause("advice.report", "report it, with what the operator's log says of it"),
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
            "let the operator's service account get and patch the workload's scale",
        ),
    ),
    "AccessRefused": (
        "MARE011",
        Clause("advice.allowRead", "let the operator's service account read the workload"),
    ),
    "OtherAutoscaler": (
        "MARE013",
        Clause("advice.deleteOther", "delete the other autoscaler, or this one"),
    ),
    "NotDecided": SURPRISE,
}
BROKER = (
    "MARE001",
    Clause(
        "advice.checkBroker",
        "check that the broker runs and that the URI in the Secret leads to it",
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
        "narrow the patterns under spec.queues, or divide them among several objects",
    ),
)
FRESH: dict[str, Hint] = {
    "QueueNotFound": (
        "MARE002",
        Clause("advice.declareQueue", "declare the queue, or correct its name under spec.queues"),
    ),
    "QueueExclusive": (
        "MARE002",
        Clause("advice.otherQueue", "name a queue that is not exclusive to one connection"),
    ),
    "QueueIsStream": (
        "MARE002",
        Clause("advice.noStream", "name a queue that loses its messages as they are read"),
    ),
    "TooManyQueues": FEWER_QUEUES,
    "PatternsTooSlow": FEWER_QUEUES,
    "QueueRefused": (
        "MARE004",
        Clause(
            "advice.allowQueue",
            "find out who forbids this user to see the queue: RabbitMQ by itself asks for no"
            " permission on it",
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
            "look at the queue's members: rabbitmq-queues quorum_status QUEUE",
        ),
    ),
    "SecretNotFound": SECRET,
    "SecretRefused": (
        "MARE003",
        Clause("advice.allowSecret", "let the operator's service account get the Secret"),
    ),
    "SecretUnreadable": SECRET,
    "NotUnderstood": SURPRISE,
}
STATISTICS = Clause("advice.addStatistics", "put management-uri or prometheus-uri into the Secret")
GRACE = Clause(
    "advice.raiseGrace",
    "raise terminationGracePeriodSeconds of the workload's Pods above the time of a message",
)
VICTIMS: dict[str, Clause] = {
    "ChoosesItself": Clause(
        "advice.keepReplicaSets",
        "scale a Deployment, or set maxDrainWaitSeconds above the time that a message takes",
    ),
    "Forbidden": Clause(
        "advice.allowPods", "let the operator's service account list and patch Pods"
    ),
}
DRAIN = Clause("advice.drain", "set maxDrainWaitSeconds above the time that a message takes")
SCHEDULES = Clause("advice.correctSchedule", "correct what is said of it under spec.schedules")
EVENTS = Clause("advice.raiseMin", "set spec.minReplicas to 1")
PENDING = Clause(
    "advice.checkPods", "look at the Pods: kubectl describe pods shows what keeps them"
)
BEHIND = Clause("advice.raiseMax", "raise spec.maxReplicas, or make a message take less time")
