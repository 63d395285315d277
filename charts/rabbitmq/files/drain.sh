#!/bin/sh
# Before a node of a cluster stops: waits until its queues have a majority without it, then moves its
# leaders and clients to other nodes. Each step has a time limit, because the Pod must stop.
seconds=$1

# A hook has no log of its own.
report() { echo "$*" >> /proc/1/fd/1; }

critical=$(rabbitmq-queues --silent check_if_node_is_quorum_critical 2>&1) ||
    report "This node waits up to $seconds s before it stops, for more members of queues: $critical"
rabbitmq-upgrade await_online_quorum_plus_one --timeout "$seconds" ||
    report "This node stops although queues lose their majority without it."
timeout "$seconds" rabbitmq-upgrade drain || report "This node stops without having moved its leaders and clients."
exit 0
