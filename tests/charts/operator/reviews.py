"""What somebody may do, as the API server itself says."""

import json
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from kubernetes import client

from tests.control_plane import ControlPlane

_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


class Right(NamedTuple):
    """A verb on a resource, ``deployments.apps/scale`` for example."""

    verb: str
    resource: str


def resources(api_server: ControlPlane) -> set[tuple[str, str, str]]:
    """All that can be asked for: group, plural and subresource, from discovery."""
    found = set()
    groups = json.loads(api_server.kubectl("get", "--raw=/apis"))["groups"]
    roots = [("", "/api/v1")]
    roots += [
        (each["name"], f"/apis/{each['preferredVersion']['groupVersion']}") for each in groups
    ]
    for group, root in roots:
        for each in json.loads(api_server.kubectl("get", f"--raw={root}"))["resources"]:
            plural, _, subresource = each["name"].partition("/")
            found.add((group, plural, subresource))
    return found


def allowed(
    api_server: ControlPlane,
    user: str,
    namespace: str,
    name: str = "any",
    only: Collection[str] = (),
) -> set[Right]:
    """Ask for every verb on every resource, or on those plurals; return what is not forbidden."""
    groups = ["system:serviceaccounts", f"system:serviceaccounts:{user.split(':')[2]}"]
    groups.append("system:authenticated")
    with api_server.client() as api, ThreadPoolExecutor(8) as pool:
        reviews = client.AuthorizationV1Api(api)

        def is_allowed(wanted: tuple[str, str, str, str]) -> bool:
            group, plural, subresource, verb = wanted
            attributes = client.V1ResourceAttributes(
                group=group,
                resource=plural,
                subresource=subresource,
                verb=verb,
                namespace=namespace,
                name="" if verb in ("create", "list", "watch", "deletecollection") else name,
            )
            spec = client.V1SubjectAccessReviewSpec(
                user=user, groups=groups, resource_attributes=attributes
            )
            answer = reviews.create_subject_access_review(client.V1SubjectAccessReview(spec=spec))
            return bool(answer.status.allowed)

        served = [each for each in sorted(resources(api_server)) if not only or each[1] in only]
        wanted = [(*each, verb) for each in served for verb in _VERBS]
        answers = pool.map(is_allowed, wanted)
        return {_right(*each) for each, yes in zip(wanted, answers, strict=True) if yes}


def _right(group: str, plural: str, subresource: str, verb: str) -> Right:
    resource = f"{plural}.{group}" if group else plural
    return Right(verb, f"{resource}/{subresource}" if subresource else resource)


def lines(rights: set[Right]) -> str:
    """One line for each resource with its verbs, as in the committed lists."""
    return "".join(f"{line}\n" for line in _lines(rights))


def _lines(rights: set[Right]) -> Iterator[str]:
    for resource in sorted({each.resource for each in rights}):
        verbs = sorted(each.verb for each in rights if each.resource == resource)
        yield f"{resource}: {' '.join(verbs)}"
