"""What `spec.paused` does: it stops scaling, or one of its directions."""

from mare.domain.clause import Clause
from mare.domain.decision import DecisionTrace, Stage
from mare.domain.reason import Reason
from mare.domain.spec import Pause, ScalingSpec


def pause_all(trace: DecisionTrace, spec: ScalingSpec) -> None:
    count = trace.current if spec.paused_replicas is None else spec.paused_replicas
    trace.record(Stage.PROPOSAL, None, Clause("paused.notCalculated"))
    remark = Clause("paused.all")
    if spec.paused_replicas is not None:
        remark = Clause("paused.at", replicas=count)
    trace.limit(Stage.PAUSE, count, Reason.PAUSED, remark)


def pause_one_direction(trace: DecisionTrace, spec: ScalingSpec) -> None:
    down, up = trace.count < trace.current, trace.count > trace.current
    if (spec.paused is Pause.SCALE_IN and down) or (spec.paused is Pause.SCALE_OUT and up):
        code = "paused.scaleDown" if down else "paused.scaleUp"
        remark = Clause(code, replicas=trace.count)
        trace.limit(Stage.PAUSE, trace.current, Reason.PAUSED, remark)
