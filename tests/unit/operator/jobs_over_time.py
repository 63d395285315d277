"""A queue and the Jobs of one object over time, without a cluster and a broker."""

from dataclasses import dataclass, field, replace

from mare.domain.decide_jobs import JobHistory, decide_jobs
from mare.domain.evidence import Evidence
from mare.domain.jobs import Job, JobState
from mare.domain.observation import QueueReading
from mare.domain.spec import JobRules, ScalingSpec
from mare.domain.unknown import Unknown

TICK = 0.25
NO_STATISTICS = Unknown("NotReported", "the broker's statistics are not read")
STATISTICS_SECONDS = 5.0


def with_jobs(max_replicas=10, **rules):
    return ScalingSpec(max_replicas=max_replicas, jobs=JobRules(**rules))


@dataclass
class JobTimeline:
    """Decides every 0.25 s; the test starts, ends and fails Jobs and moves messages."""

    spec: ScalingSpec = field(default_factory=with_jobs)
    with_statistics: bool = False
    restarts_containers: bool = False
    now: float = 1000.0
    offset: float = 0.0
    """What the clock of the API server is ahead."""
    ready: int = 0
    delivered: int = 0
    jobs: dict[str, Job] = field(default_factory=dict)
    history: JobHistory = field(default_factory=JobHistory)
    evidence: Evidence = field(default_factory=Evidence)
    created: int = 0
    _sampled: int = 0

    def decide(self):
        if (self.now - 1000.0) % STATISTICS_SECONDS == 0:
            self._sampled = self.delivered
        reading = QueueReading(
            name="work",
            read_at=self.now,
            ready=self.ready,
            consumers=0,
            delivered=self._sampled if self.with_statistics else NO_STATISTICS,
        )
        decision, self.history = decide_jobs(
            self.spec,
            tuple(self.jobs.values()),
            (reading,),
            evidence=self.evidence,
            history=self.history,
            now=self.now,
            offset=self.offset,
        )
        return decision

    def step(self, seconds=TICK):
        """Decide and create the Jobs, until the time has passed; return the last decision."""
        for _ in range(max(1, round(seconds / TICK))):
            decision = self.decide()
            for _ in range(decision.replicas - decision.current):
                self.create()
            self.now += TICK
        return decision

    def create(self):
        self.created += 1
        job = Job(
            name=f"job-{self.created}",
            version="1",
            number=self.created,
            state=JobState.STARTING,
            created=self._server_time(),
            restarts_containers=self.restarts_containers,
        )
        self.jobs[job.name] = job

    def start(self, *numbers):
        """Let the Pods of Jobs become ready."""
        self._set(numbers, state=JobState.RUNNING)

    def take(self, messages=1):
        """Let Jobs take messages; which ones the broker does not show."""
        self.ready -= messages
        self.delivered += messages

    def requeue(self, messages=1):
        self.ready += messages

    def succeed(self, *numbers):
        self._set(numbers, state=JobState.SUCCEEDED, finished=self._server_time())

    def fail(self, *numbers):
        self._set(numbers, state=JobState.FAILED, finished=self._server_time())

    def replace_pod(self, number):
        """Let the Pod of a Job fail, so that Kubernetes starts another one."""
        job = self.jobs[f"job-{number}"]
        self._set((number,), state=JobState.STARTING, failed_pods=job.failed_pods + 1)

    def restart_container(self, number):
        """Let the container of a Job fail and restart in its Pod, or its Pod be not ready."""
        self._set((number,), state=JobState.STARTING)

    def restart_operator(self):
        """Forget what decisions have learnt, as a new leader that reads Jobs and status."""
        self.history = JobHistory(failures=replace(self.history.failures, counted=frozenset()))

    @property
    def unfinished(self):
        return sum(not each.is_finished for each in self.jobs.values())

    def _server_time(self):
        return float(int(self.now + self.offset))

    def _set(self, numbers, **changes):
        for number in numbers or range(1, self.created + 1):
            name = f"job-{number}"
            if not self.jobs[name].is_finished:
                self.jobs[name] = replace(self.jobs[name], **changes)
