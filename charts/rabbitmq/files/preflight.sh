# Before an upgrade: is the cluster whole and ready to lose its nodes one after the other?
[ "$(cat /etc/rabbitmq-files/nodes-hash 2> /dev/null)" != "$NODES_HASH" ] || { echo "The nodes stay as they are."; exit 0; }

answers "$first" || refuse "The node $first does not answer. Bring it back first: if the last upgrade \
stopped it, by helm rollback. If this upgrade is to repair it, set upgrade.preflight to false."
members=$(nodes_of "$first" 'rabbit_nodes:list_members()')
running=$(nodes_of "$first" 'rabbit_nodes:list_running()')
[ -n "$members" ] || refuse "RabbitMQ does not run on $first: see what it waits for with kubectl logs."

for node in $NODES; do
    # A node that is neither a member nor there is about to come.
    echo "$members" | grep -qxF "$node" && continue
    answers "$node" && refuse "The node $node is not in the cluster of $first: it has formed one of its own. \
Let it join: rabbitmqctl stop_app, reset and start_app on it."
done

refuse_to_take_away "$members"

version=$(installed_version)
# Whether there is a way back, each node decides: only it knows which flags were enabled meanwhile.
refuse_step_of() {
    from=$(on "$1" rabbitmq-diagnostics server_version | tail -n 1)
    older "$from" "$version" || return 0
    refuse_unknown_step "$from" "$version"
    enabled=$(on "$1" rabbitmqctl list_feature_flags name state | awk '$2 == "enabled" {print $1}')
    for flag in $(needed_flags "$version"); do
        echo "$enabled" | grep -qxF "$flag" || refuse "RabbitMQ $version needs the feature flag $flag. \
Enable it first: rabbitmqctl enable_feature_flag $flag"
    done
    off=$(on "$1" rabbitmqctl list_feature_flags name state stability | awk '$2 == "disabled" && $3 == "stable" && $1 != "khepri_db" {print $1}')
    [ -z "$off" ] || refuse "Feature flags are off that the next version may need: $(echo $off). Enable \
them first: rabbitmqctl enable_feature_flag all"
}

for node in $members; do
    echo "$running" | grep -qxF "$node" || refuse "The node $node is a member and not running. Bring it \
back first: if the last upgrade stopped it, by helm rollback; if it is gone for good, by rabbitmqctl forget_cluster_node $node"
done

for node in $members; do
    on "$node" rabbitmq-diagnostics check_local_alarms || refuse "The node $node has an alarm: it is \
short of memory or disk. Let consumers drain its queues, or give it more."
    refuse_step_of "$node"
    [ "$members" = "$node" ] && continue
    on "$node" rabbitmq-queues check_if_node_is_quorum_critical || refuse "A queue would lose its \
majority with the node $node. Wait until all its members are online: rabbitmq-queues quorum_status QUEUE"
done
echo "Ready to be upgraded:" $members
