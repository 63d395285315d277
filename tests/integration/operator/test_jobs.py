"""Jobs for messages, on a real API server with a real job controller, and a real RabbitMQ."""

import os

import amqp
import pytest
from kubernetes import client

from tests.control_plane import ControlPlane
from tests.integration.operator.job_node import JobNode
from tests.integration.operator.rights import rights_in
from tests.integration.operator.stage import Stage
from tests.vhost import Vhost, becomes, eventually

pytestmark = pytest.mark.broker

TASKS = int(os.environ.get("JOB_TASKS", "12"))
SECONDS = float(os.environ.get("JOB_SECONDS", "1"))
"""Of one task."""
TEMPLATE = {
    "spec": {
        "backoffLimit": 0,
        "template": {
            "spec": {
                "restartPolicy": "Never",
                "containers": [{"name": "work", "image": "example.test/none"}],
            }
        },
    }
}
MOST = max(4, TASKS // 20)
"""Three rounds of Jobs by default; 200 tasks have ten at a time."""
JOBS = {"scaleTargetRef": None, "target": None, "jobTemplate": TEMPLATE}


@pytest.fixture
def job_stage(own_stage: Stage) -> Stage:
    """A namespace whose operator may create Jobs."""
    namespace = own_stage.namespace
    own_stage.grant(rights_in(namespace, [namespace], jobs=True, jobPolicy=False))
    return own_stage


def publish(vhost: Vhost, tasks: int) -> None:
    with vhost.connect() as connection:
        channel = connection.channel()
        channel.queue_declare("work", durable=True, auto_delete=False)
        channel.confirm_select()
        for number in range(tasks):
            channel.basic_publish_confirm(amqp.Message(f"task {number}"), routing_key="work")


def jobs_of(stage: Stage) -> list[client.V1Job]:
    return client.BatchV1Api(stage.api).list_namespaced_job(stage.namespace).items


def test_each_task_is_done_once_by_the_fewest_jobs(job_stage: Stage, vhost: Vhost):
    job_stage.operator()
    publish(vhost, TASKS)
    with JobNode(job_stage, vhost, SECONDS) as node:
        limits = {"successfulJobsHistoryLimit": 1000}
        job_stage.autoscaler(**JOBS, maxReplicas=MOST, jobs=limits)
        becomes(lambda: sum(node.done.values()), TASKS, 60 + (2 + SECONDS) * TASKS)
        becomes(lambda: job_stage.status()["jobs"]["succeeded"], TASKS, 60)
    assert set(node.done.values()) == {1}
    assert len(node.done) == TASKS
    assert node.most <= MOST
    assert (len(jobs_of(job_stage)), node.without_a_message) == (TASKS, 0)
    assert job_stage.status()["target"] == "Jobs(1)"


def test_jobs_that_fail_at_once_are_no_storm_and_say_so(job_stage: Stage, vhost: Vhost):
    job_stage.operator()
    publish(vhost, 5)
    with JobNode(job_stage, vhost, fails=True):
        job_stage.autoscaler(**JOBS, maxReplicas=3)
        eventually(lambda: job_stage.condition("JobsSucceeding") == ("False", "JobsFailing"))
        eventually(lambda: ("Warning", "JobsFailing") in job_stage.events())
        becomes(lambda: job_stage.status()["jobs"]["failed"], 4, 60)
    assert job_stage.status()["jobs"]["failuresInTurn"] == 2
    eventually(lambda: len(jobs_of(job_stage)) <= 2)


@pytest.mark.nightly
def test_a_message_that_ends_each_container_has_few_jobs(job_stage: Stage, vhost: Vhost):
    """There were 5 Jobs after 9 restarts when only new Jobs claimed messages."""
    job_stage.operator()
    publish(vhost, 1)
    pod = {**TEMPLATE["spec"]["template"]["spec"], "restartPolicy": "OnFailure"}
    template = {"spec": {"backoffLimit": 100, "template": {"spec": pod}}}
    with JobNode(job_stage, vhost, crashes=True) as node:
        job_stage.autoscaler(**{**JOBS, "jobTemplate": template}, maxReplicas=10)
        eventually(lambda: node.restarts >= 10, 200)
    assert len(jobs_of(job_stage)) <= 3


def test_without_the_right_to_create_jobs_the_status_says_which_value_grants_it(
    own_stage: Stage, vhost: Vhost, api_server: ControlPlane
):
    own_stage.operator()
    publish(vhost, 1)
    own_stage.autoscaler(**JOBS)
    eventually(lambda: own_stage.condition("AbleToScale") == ("False", "JobsForbidden"))
