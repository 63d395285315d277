"""The Jobs of objects as last read, by the UID of their owner."""

from collections import Counter, deque
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from mare.cluster.job_manifest import read_job
from mare.custom_resource.autoscaler import JobTarget, is_older
from mare.domain.jobs import Job, JobState
from mare.domain.unknown import Unknown
from mare.ports import Scale
from mare.tenant_lines import OverBudget
from mare.tenant_scheduler import REMEMBERED_JOBS, TenantScheduler

_ENDED = 5
"""Jobs of an object that ended and were deleted: with ttlSecondsAfterFinished: 0 no decision would
see their end, so that failures delayed nothing. If more end at once, the last ones count."""

Owner = tuple[str, str]
"""Namespace and UID. Labels of a Job in another namespace could name the same UID."""


class JobStore:
    def __init__(self, scheduler: TenantScheduler) -> None:
        self._scheduler = scheduler
        self._jobs: dict[Owner, dict[str, Job]] = {}
        """By name."""
        self._ended: dict[Owner, deque[Job]] = {}
        """Those that were deleted last, of objects that are followed."""
        self._over_budget: dict[str, OverBudget] = {}
        """Namespaces with Jobs that are not remembered: without them no count is right."""
        self._unfinished_beyond: Counter[str] = Counter()
        """The unfinished ones of these Jobs, by namespace, in the last list."""
        self._refused: Counter[str] = Counter()
        """How often a Job was not remembered, by namespace."""
        self._removals: list[set[tuple[Owner, str]]] = []
        """The Jobs that were removed during each list that is under way."""
        self._highest: dict[Owner, int] = {}
        self._followed: set[Owner] = set()
        """Objects whose numbers are kept also without a Job."""

    def follow(self, target: JobTarget) -> None:
        self._followed.add(_owner(target))
        self._ended.setdefault(_owner(target), deque(maxlen=_ENDED))

    def scale_of(self, target: JobTarget) -> Scale | Unknown:
        owner = _owner(target)
        if owner[0] in self._over_budget:
            return self._over_budget[owner[0]].why
        jobs = (*self._jobs.get(owner, {}).values(), *self._ended.get(owner, ()))
        return Scale(
            replicas=sum(not each.is_finished for each in jobs),
            version="",
            ready=sum(each.state is JobState.RUNNING for each in jobs),
            selector="",
            may_mark=False,
            jobs=jobs,
        )

    def remembered_jobs(self, target: JobTarget) -> tuple[tuple[Job, ...], bool]:
        """Implement `mare.ports.Workloads.remembered_jobs`.

        Finished Jobs have to make room only if the namespace is over its own limit, has no room
        yet, and would fit without them.
        """
        owner = _owner(target)
        if (error := self._over_budget.get(owner[0])) is None:
            return (), False
        is_full = not error.is_shared and not self._has_room(owner[0])
        is_full = is_full and self._unfinished(owner[0]) < REMEMBERED_JOBS.of_namespace
        return tuple(self._jobs.get(owner, {}).values()), is_full

    def is_over_budget(self, namespace: str) -> bool:
        return namespace in self._over_budget

    def refusals(self) -> Counter[str]:
        """Return how often Jobs were not remembered, by namespace, for `keep_marks`."""
        return self._refused.copy()

    def remembers(self, owner: Owner, name: str) -> bool:
        return name in self._jobs.get(owner, {})

    def _unfinished(self, namespace: str) -> int:
        jobs = (e for owner in self.owners(namespace) for e in self._jobs[owner].values())
        return self._unfinished_beyond[namespace] + sum(not each.is_finished for each in jobs)

    def _has_room(self, namespace: str) -> bool:
        try:
            self._scheduler.hold(REMEMBERED_JOBS, namespace, 1)
        except OverBudget:
            return False
        self._scheduler.hold(REMEMBERED_JOBS, namespace, -1)
        return True

    def next_number(self, target: JobTarget) -> int:
        """Return a number above those of all Jobs that are or were known."""
        return self._highest.get(_owner(target), 0) + 1

    def use(self, target: JobTarget, number: int) -> None:
        """Give no Job this number or a lower one any more."""
        owner = _owner(target)
        self._raise_highest(owner, number)
        self._drop_if_unused(owner)

    def put(
        self, item: Mapping[str, Any], removed: Container[tuple[Owner, str]] = ()
    ) -> tuple[Owner, Job] | None:
        """Take a Job, unless it is `removed` or older than what is known.

        Returns its owner and the Job.
        """
        read = read_job(item)
        if read is None:
            return None
        uid, job = read
        owner = item["metadata"]["namespace"], uid
        known = self._jobs.get(owner, {})
        if (owner, job.name) in removed:
            return owner, job
        if job.name not in known:
            try:
                self._scheduler.hold(REMEMBERED_JOBS, owner[0], 1)
            except OverBudget as error:
                self._over_budget[owner[0]] = error
                self._refused[owner[0]] += 1
                return owner, job
        elif is_older(job.version, known[job.name].version):
            return owner, job
        self._jobs.setdefault(owner, {})[job.name] = job
        self._raise_highest(owner, job.number)
        return owner, job

    def _raise_highest(self, owner: Owner, number: int) -> None:
        self._highest[owner] = max(number, self._highest.get(owner, 0))

    def remove(self, namespace: str, uid: str, name: str) -> None:
        owner = namespace, uid
        for each in self._removals:
            each.add((owner, name))
        job = self._jobs.get(owner, {}).pop(name, None)
        if job is None:
            return
        if job.is_finished and owner in self._ended:
            self._ended[owner].append(replace(job, terminating=True))
        self._scheduler.hold(REMEMBERED_JOBS, namespace, -1)
        self._drop_if_unused(owner)

    def put_watched(self, item: Mapping[str, Any]) -> None:
        """Take a Job from the watch: it is there, also if it was removed during a list."""
        if found := self.put(item):
            owner, job = found
            for each in self._removals:
                each.discard((owner, job.name))

    @contextmanager
    def listing(
        self, owners: Iterable[Owner], listed: dict[tuple[Owner, str], bool]
    ) -> Iterator[None]:
        """Remove the Jobs of these owners that were known before a list that has not got them.

        A Job that is removed during the list stays removed: the list can be older.
        """
        before = {(owner, name) for owner in owners for name in self._jobs.get(owner, {})}
        with self.removals() as removed:
            yield
        for owner, name in (before - listed.keys()) | removed:
            listed.pop((owner, name), None)
            self.remove(*owner, name)

    @contextmanager
    def removals(self) -> Iterator[set[tuple[Owner, str]]]:
        """Collect the Jobs that are removed until the end, by owner and name."""
        removed: set[tuple[Owner, str]] = set()
        self._removals.append(removed)
        try:
            yield removed
        finally:
            self._removals = [each for each in self._removals if each is not removed]

    def keep_marks(
        self,
        namespace: str | None,
        listed: Mapping[tuple[Owner, str], bool],
        refused: Counter[str],
    ) -> None:
        """Take a namespace as known again if all of its Jobs in a whole list are remembered.

        `listed` has whether each Job is finished; `refused` has the refusals at the beginning of
        the list and those by the list. Any other one is of a Job that can be newer than the list.
        """
        beyond = [e for e in listed if not self.remembers(*e)]
        left = {owner[0] for owner, _ in beyond}
        left |= {each for each in self._over_budget if self._refused[each] != refused[each]}
        unfinished = Counter(owner[0] for owner, name in beyond if not listed[owner, name])
        for each in [e for e in self._over_budget if namespace in {None, e}]:
            self._unfinished_beyond[each] = unfinished[each]
        for each in [e for e in self._over_budget if namespace in {None, e} and e not in left]:
            del self._over_budget[each], self._unfinished_beyond[each]

    def owners(self, namespace: str | None) -> list[Owner]:
        return [each for each in self._jobs if namespace in {None, each[0]}]

    def forget(self, target: JobTarget) -> None:
        """Forget an object once it has no Jobs: those of a removed one are deleted with it."""
        owner = _owner(target)
        self._followed.discard(owner)
        self._ended.pop(owner, None)
        self._drop_if_unused(owner)

    def _drop_if_unused(self, owner: Owner) -> None:
        """Labels of Jobs can name any UID, so that those without a Job would grow for ever."""
        if owner not in self._followed and not self._jobs.get(owner):
            self._jobs.pop(owner, None)
            self._highest.pop(owner, None)


def _owner(target: JobTarget) -> Owner:
    return target.namespace, target.uid
