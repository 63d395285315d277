"""The reasons of decisions and limits, as in status, Events, the dashboard and `mare explain`."""

from enum import StrEnum

from mare.domain.evidence import MESSAGES_LEFT


class Reason(StrEnum):
    """Why a count is what it is, in one word. An HPA's reasons keep their names."""

    # The load decides.
    WITHIN_TARGET = "WithinTarget"
    WITHIN_TOLERANCE = "WithinTolerance"
    LOAD_GREW = "LoadGrew"
    LOAD_FELL = "LoadFell"
    # The workload becomes idle or leaves idle.
    ACTIVATED = "Activated"
    SCALED_TO_IDLE = "ScaledToIdle"
    IDLE = "Idle"
    COOLING_DOWN = "CoolingDown"
    CONFIRMING_QUIET = "ConfirmingQuiet"
    MESSAGES_LEFT = MESSAGES_LEFT
    # A limit decides.
    DESIRED_WITHIN_RANGE = "DesiredWithinRange"
    SCALE_UP_STABILIZED = "ScaleUpStabilized"
    SCALE_DOWN_STABILIZED = "ScaleDownStabilized"
    SCALE_UP_LIMIT = "ScaleUpLimit"
    SCALE_DOWN_LIMIT = "ScaleDownLimit"
    TOO_MANY_REPLICAS = "TooManyReplicas"
    TOO_FEW_REPLICAS = "TooFewReplicas"
    SCHEDULED = "Scheduled"
    FORECAST = "Forecast"
    DRAINING = "Draining"
    REPLICAS_STARTING = "ReplicasStarting"
    PAUSED = "Paused"
    SCALING_DISABLED = "ScalingDisabled"
    # A value is unknown.
    QUEUES_UNKNOWN = "QueuesUnknown"
    PARTLY_UNKNOWN = "PartlyUnknown"
    BROKER_ALARM = "BrokerAlarm"
    FALLBACK = "Fallback"
    # Jobs fail.
    JOBS_FAILING = "JobsFailing"
    # A change is stopped or only shown, or its replicas do not become ready.
    OTHER_AUTOSCALER = "OtherAutoscaler"
    OTHER_OPERATOR = "OtherOperator"
    DRY_RUN = "DryRun"
    PODS_PENDING = "PodsPending"
    UNABLE_TO_SCALE = "UnableToScale"
