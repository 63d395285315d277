"""What the API server makes of a QueueAutoscaler, without storing it."""

import json
from dataclasses import dataclass
from typing import NamedTuple

from kubernetes import client

from tests.integration.operator_crd.specs import Spec

GROUP, VERSION, PLURAL = "mare.dev", "v1alpha1", "queueautoscalers"


class Cause(NamedTuple):
    """One thing that the API server does not like."""

    field: str
    message: str


class Refused(Exception):
    """The object was refused, for these causes."""

    def __init__(self, causes: list[Cause]) -> None:
        super().__init__("; ".join(f"{cause.field}: {cause.message}" for cause in causes))
        self.causes = causes


@dataclass(frozen=True, slots=True)
class DryRun:
    """Creates objects in ``namespace`` that nobody will ever see."""

    objects: client.CustomObjectsApi
    namespace: str

    def create(self, spec: Spec) -> Spec:
        """Return the spec as it would be stored; raise :class:`Refused`."""
        body = {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": "QueueAutoscaler",
            "metadata": {"name": "tried"},
            "spec": spec,
        }
        try:
            stored = self.objects.create_namespaced_custom_object(
                *(GROUP, VERSION, self.namespace, PLURAL, body),
                dry_run="All",
                field_validation="Strict",
            )
        except client.ApiException as error:
            raise Refused(_causes(json.loads(error.body))) from error
        return dict(stored["spec"])


def _causes(status: dict) -> list[Cause]:
    causes = status.get("details", {}).get("causes", [{"field": "", "message": status["message"]}])
    return [
        Cause(cause["field"], cause["message"].removeprefix("Invalid value: "))
        for cause in causes
        if "some validation rules were not checked" not in cause["message"]
    ]
