#!/bin/sh
# Before a node of a cluster stops: waits until its queues have a majority without it, then moves its
# leaders and clients to other nodes. Each step has a time limit, because the Pod must stop.
seconds=$1

# A hook has no log of its own.
report() { echo "$*" >> /proc/1/fd/1; }

# True, with a line for each, while something would lose its majority after so many seconds, or
# while RabbitMQ does not say so.
critical() {
    answer=$(timeout "$(($1 + 30))" rabbitmqctl --silent eval "$(cat "${0%/*}/critical.erl")" "$1" 2>&1) ||
        answer=${answer:-unknown, RabbitMQ does not answer}
    echo "$answer" | grep -vx ok
}

if waits=$(critical 0); then
    report "This node waits up to $seconds s before it stops, for more members of queues:" $waits
    ! critical "$seconds" || report "This node stops although queues lose their majority without it."
fi
timeout "$seconds" rabbitmq-upgrade drain || report "This node stops without having moved its leaders and clients."
exit 0
