#!/bin/sh
# remove-nodes.sh COUNT [SECONDS]: removes all nodes but the first COUNT from the cluster, so that
# `replicas` can be lowered. It gives up after SECONDS (600), and can be interrupted and run again.
set -eu
files=${0%/*}
count=$1
seconds=${2:-600}
deadline=$(($(date +%s) + seconds))
nodes=$(sed -n 's/^cluster_formation.classic_config.nodes.[0-9]* = //p' "$files/rabbitmq.conf")
staying=$(echo "$nodes" | head -n "$count")
leaving=$(echo "$nodes" | tail -n "+$((count + 1))" | sort -r | xargs)

fail() {
    echo "$*" >&2
    exit 1
}

in_time() {
    [ "$(date +%s)" -lt "$deadline" ] || fail "Gave up after $seconds s. No message is lost. Do what \
the last lines say, and run this again."
}

on() {
    target=$1 program=$2
    shift 2
    timeout 60 "$program" --silent --longnames --node "$target" "$@"
}

# Whether rabbit_nodes:$1() has the node $2. No answer is not a no.
listed() {
    until names=$(on "$RABBITMQ_NODENAME" rabbitmqctl eval "[io:format(\"~s~n\", [N]) || N <- rabbit_nodes:$1()]."); do
        in_time
        sleep 1
    done
    echo "$names" | grep -qxF "$2"
}

# True, with a line for each, while queues have members on a node that leaves.
queues_wait() {
    waits=$(on "$RABBITMQ_NODENAME" rabbitmqctl eval "$(cat "$files/remove-members.erl")" "$leaving") ||
        waits="RabbitMQ on $RABBITMQ_NODENAME does not answer. $waits"
    [ "$waits" != ok ] || return 1
    echo "$waits" | grep -vx ok
}

await_queues() {
    while queues_wait; do
        in_time
        sleep 1
    done
}

# Sends clients to the nodes that stay. `rabbitmq-upgrade drain` would also stop the node's members of
# queues, and of two members both are needed for a majority.
retire() {
    on "$1" rabbitmqctl eval 'rabbit_maintenance:mark_as_being_drained(),
        rabbit_maintenance:suspend_all_client_listeners(),
        rabbit_maintenance:close_all_client_connections(), ok.' > /dev/null
}

leave() {
    if on "$1" rabbitmqctl stop_app; then
        # A queue that was declared meanwhile may have its leader on the node that has just stopped.
        if queues_wait; then
            on "$1" rabbitmqctl start_app
            return 1
        fi
        on "$1" rabbitmqctl reset && echo "$1 has left the cluster."
    else
        on "$RABBITMQ_NODENAME" rabbitmqctl forget_cluster_node "$1" &&
            echo "$1 was down and has left the cluster. Delete its volume before a node of that name starts."
    fi
}

echo "$staying" | grep -qxF "$RABBITMQ_NODENAME" || fail "Run this on the first node, which stays."
[ -n "$leaving" ] || fail "There are no more than $count nodes."
[ $((count % 2)) = 1 ] || fail "Keep an odd number of nodes: $count have a majority no longer than $((count - 1))."
# The lock is inherited, so it also waits for a command of an interrupted run.
exec 9> /tmp/remove-nodes.lock
flock -w 70 9 || fail "Another run has not ended yet."
for node in $staying; do
    listed list_running "$node" || fail "The node $node stays and does not run. Bring it back first."
done
for node in $leaving; do
    listed list_members "$node" || continue
    # An earlier run may have been interrupted after it stopped the node.
    { on "$node" rabbitmqctl start_app && retire "$node"; } || echo "The node $node does not answer."
done
for node in $leaving; do
    while listed list_members "$node"; do
        retire "$node" || true
        await_queues
        leave "$node" || in_time
    done
done
# Queues may still count a node that was taken off the cluster in another way.
await_queues
echo "Set replicas to $count now."
