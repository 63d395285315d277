# Before an upgrade: checks that the cluster is whole and can lose its nodes one after the other.
[ "$(cat /etc/rabbitmq/nodes-hash 2> /dev/null)" != "$NODES_HASH" ] || { echo "The nodes stay as they are."; exit 0; }

answers "$first" || refuse "The node $first does not answer. Bring it back first: if the last upgrade \
stopped it, by helm rollback. If this upgrade is to repair it, set upgrade.preflight to false."
members=$(nodes_of "$first" 'rabbit_nodes:list_members()')
running=$(nodes_of "$first" 'rabbit_nodes:list_running()')
[ -n "$members" ] || refuse "RabbitMQ does not run on $first. Its log says what it waits for: kubectl logs ${first_pod}"

for node in $NODES; do
    # A node that is neither a member nor answers is about to be created.
    echo "$members" | grep -qxF "$node" && continue
    answers "$node" && refuse "The node $node is not in the cluster of $first: it has formed one of its own. \
Let it join: run rabbitmqctl stop_app, reset and start_app on it."
done

refuse_to_remove "$members"

for node in $members; do
    echo "$running" | grep -qxF "$node" || refuse "The node $node is a member and does not run. Bring it \
back first: if the last upgrade stopped it, by helm rollback; if it is gone for good, by rabbitmqctl forget_cluster_node $node"
done

broken=$(on "$first" rabbitmqctl eval 'Nodes = rabbit_nodes:list_members(), lists:foreach(fun(Q) ->
    {Name, _} = amqqueue:get_pid(Q),
    case ra:members([{Name, Node} || Node <- Nodes], 5000) of
        {ok, Members, _} when length(Members) =< length(Nodes) -> ok;
        _ -> io:format("~s~n", [element(4, amqqueue:get_name(Q))])
    end
end, [Q || Q <- rabbit_amqqueue:list(), amqqueue:get_type(Q) =:= rabbit_quorum_queue]).') ||
    refuse "The node $first does not list its queues: $broken"
[ "$broken" = ok ] || refuse "Quorum queues have no leader, or members on nodes that left the cluster: \
$(echo "$broken" | grep -vx ok | xargs). Bring those nodes back."

version=$(installed_version)
[ -n "$version" ] || refuse "The folder of rabbitmq-server in the new image names no version. Set upgrade.preflight to false."
refuse_disabled_flags() {
    from=$(on "$1" rabbitmq-diagnostics server_version) || refuse "The node $1 does not tell its version: $from"
    older "$(echo "$from" | tail -n 1)" "$version" || return 0
    flags=$(on "$1" rabbitmqctl list_feature_flags name state stability) || refuse "The node $1 does not list its feature flags: $flags"
    off=$(echo "$flags" | awk '$2 == "disabled" && $3 == "stable" {print $1}')
    [ "$KHEPRI" = true ] || off=$(echo "$off" | grep -vx khepri_db || true)
    [ -z "$off" ] || refuse "Feature flags are disabled that RabbitMQ $version may need: $(echo $off). Enable \
them first: rabbitmqctl enable_feature_flag all"
}

for node in $members; do
    on "$node" rabbitmq-diagnostics check_local_alarms || refuse "The node $node has an alarm: it is \
short of memory or disk. Let consumers drain its queues, or give it more."
    refuse_disabled_flags "$node"
    [ "$members" = "$node" ] && continue
    on "$node" rabbitmq-queues check_if_node_is_quorum_critical || refuse "A queue would lose its \
majority with the node $node. Wait until all its members are online: rabbitmq-queues quorum_status QUEUE"
done
echo "Ready to be upgraded:" $members
