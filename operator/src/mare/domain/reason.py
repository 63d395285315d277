"""The reasons of decisions and limits, as in status, Events, metrics and `mare explain`."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a count is what it is, in one word."""

    # The load decides.
    WITHIN_TARGET = "WithinTarget"
    LOAD_GREW = "LoadGrew"
    LOAD_FELL = "LoadFell"
    # The workload becomes idle or leaves idle.
    ACTIVATED = "Activated"
    SCALED_TO_IDLE = "ScaledToIdle"
    IDLE = "Idle"
    COOLING_DOWN = "CoolingDown"
    # A limit decides. The words of the HPA where it has one.
    DESIRED_WITHIN_RANGE = "DesiredWithinRange"
    SCALE_UP_STABILIZED = "ScaleUpStabilized"
    SCALE_DOWN_STABILIZED = "ScaleDownStabilized"
    SCALE_UP_LIMIT = "ScaleUpLimit"
    SCALE_DOWN_LIMIT = "ScaleDownLimit"
    TOO_MANY_REPLICAS = "TooManyReplicas"
    TOO_FEW_REPLICAS = "TooFewReplicas"
    SCHEDULED = "Scheduled"
    DRAINING = "Draining"
    PAUSED = "Paused"
    # Something is unknown.
    QUEUES_UNKNOWN = "QueuesUnknown"
    PARTLY_UNKNOWN = "PartlyUnknown"
    FALLBACK = "Fallback"
