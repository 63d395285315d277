#!/bin/sh
# remove-nodes.sh COUNT [SECONDS]: removes all nodes but the first COUNT from the cluster, so that
# `replicas` can be lowered. It gives up after SECONDS (600), and can be interrupted and run again.
set -eu
files=${0%/*}
count=$1
seconds=${2:-600}
nodes=$(sed -n 's/^cluster_formation.classic_config.nodes.[0-9]* = //p' "$files/rabbitmq.conf")
leaving=$(echo "$nodes" | tail -n "+$((count + 1))" | sort -r | xargs)

fail() {
    echo "$*" >&2
    exit 1
}

[ "$RABBITMQ_NODENAME" = "$(echo "$nodes" | head -n 1)" ] || fail "Run this on the first node, which stays."
[ -n "$leaving" ] || fail "There are no more than $count nodes."
[ $((count % 2)) = 1 ] || fail "Keep an odd number of nodes: $count have a majority no longer than $((count - 1))."
# One program for everything: on a busy machine, each start of rabbitmqctl takes up to 60 s.
rabbitmqctl --silent --longnames --node "$RABBITMQ_NODENAME" eval "$(cat "$files/remove-nodes.erl")" "$leaving" "$seconds" | {
    while IFS= read -r line; do
        case $line in
        ok) echo "Set replicas to $count now." && exit ;;
        gave_up) fail "Gave up after $seconds s. No message is lost. Do what the last lines say, and run this again." ;;
        *) echo "$line" ;;
        esac
    done
    fail "RabbitMQ has not answered to the end. No message is lost. Run this again."
}
