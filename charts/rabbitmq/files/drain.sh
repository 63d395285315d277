#!/bin/sh
# Before a node of a cluster stops: wait until its queues have a majority without it, then hand over
# its leaders and clients. Both steps end in time, whatever happens: the Pod has to go.
seconds=$1
rabbitmq-upgrade await_online_quorum_plus_one --timeout "$seconds"
timeout "$seconds" rabbitmq-upgrade drain
exit 0
