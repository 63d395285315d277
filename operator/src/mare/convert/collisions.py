"""Two objects for one workload, or of one name, would fight or overwrite each other."""

from collections.abc import Iterable, Iterator

from mare.convert.findings import Problem, Result


def one_for_each(results: Iterable[Result]) -> Iterator[Result]:
    """The results, with whatever comes second to a name or a workload refused."""
    first: dict[tuple[str | None, ...], Result] = {}
    for result in results:
        if result.manifest is None or result.workload is None:
            yield result
            continue
        name = (result.namespace, result.name)
        workload = (result.namespace, result.workload.kind, result.workload.name)
        other = first.get(name) or first.get(workload)
        if other is None:
            first[name] = first[workload] = result
            yield result
        else:
            what = "has the same name" if name in first else "scales the same workload"
            says = f"{other.title} ({other.file}:{other.line}) {what}"
            yield result.without_output(Problem(result.line, says))
