#!/bin/sh
# remove-nodes.sh COUNT [SECONDS]: removes all nodes but the first COUNT from the cluster, so that
# `replicas` can be lowered. It gives up after SECONDS (600), and can be interrupted and run again.
set -eu
files=${0%/*}
count=$1
seconds=${2:-600}
deadline=$(($(date +%s) + seconds))
nodes=$(sed -n 's/^cluster_formation.classic_config.nodes.[0-9]* = //p' "$files/rabbitmq.conf")
leaving=$(echo "$nodes" | tail -n "+$((count + 1))" | sort -r | xargs)

fail() {
    echo "$*" >&2
    exit 1
}

on() {
    target=$1
    shift
    timeout 60 rabbitmqctl --silent --longnames --node "$target" "$@"
}

# Once more, unless the time is over.
again() {
    [ "$(date +%s)" -lt "$deadline" ] || fail "Gave up after $seconds s. No message is lost. Do what the \
last lines say, and run this again."
    sleep 1
}

# Whether the node is a member. No answer is not a no.
member() {
    until names=$(on "$RABBITMQ_NODENAME" eval "[io:format(\"~s~n\", [N]) || N <- rabbit_nodes:list_members()]."); do
        again
    done
    echo "$names" | grep -qxF "$1"
}

# True, with a line for each, while queues have members on a node that leaves.
queues_wait() {
    waits=$(on "$RABBITMQ_NODENAME" eval "$(cat "$files/remove-members.erl")" "$leaving") || waits="No answer of RabbitMQ: $waits"
    [ "$waits" != ok ] && echo "$waits" | grep -vx ok
}

# Sends clients to the nodes that stay. `rabbitmq-upgrade drain` would also stop the node's members of
# queues, and of two members both are needed for a majority. An earlier run may have stopped the node.
retire() {
    on "$1" start_app && on "$1" eval 'rabbit_maintenance:mark_as_being_drained(),
        rabbit_maintenance:suspend_all_client_listeners(),
        rabbit_maintenance:close_all_client_connections(), ok.' > /dev/null || echo "The node $1 does not answer."
}

leave() {
    if ! on "$1" stop_app; then
        on "$RABBITMQ_NODENAME" forget_cluster_node "$1" &&
            echo "$1 was down and has left the cluster. Delete its volume before a node of that name starts."
    elif ! queues_wait; then
        on "$1" reset && echo "$1 has left the cluster."
    fi # else a queue was declared meanwhile, and its leader may be on this node: retire starts it again
}

[ "$RABBITMQ_NODENAME" = "$(echo "$nodes" | head -n 1)" ] || fail "Run this on the first node, which stays."
[ -n "$leaving" ] || fail "There are no more than $count nodes."
[ $((count % 2)) = 1 ] || fail "Keep an odd number of nodes: $count have a majority no longer than $((count - 1))."
# The lock is inherited, so it also waits for a command of an interrupted run.
exec 9> /tmp/remove-nodes.lock
flock -w 70 9 || fail "Another run has not ended yet."
for node in $leaving; do retire "$node"; done
for node in $leaving; do
    while member "$node"; do
        retire "$node"
        while queues_wait; do again; done
        leave "$node" || again
    done
done
# Queues may still count a node that was taken off the cluster in another way.
while queues_wait; do again; done
echo "Set replicas to $count now."
