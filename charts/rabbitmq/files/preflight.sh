# Before an upgrade: is the cluster whole and ready to lose its nodes one after the other?
eval_on() {
    on "$1" rabbitmqctl eval "lists:foreach(fun(N) -> io:format(\"~s~n\", [N]) end, $2)." | grep @ | sort || true
}

first=${NODES%% *}
on "$first" rabbitmq-diagnostics ping > /dev/null || refuse "The node $first does not answer. Bring it \
back first, or set upgrade.preflight to false if this upgrade is to repair it."
members=$(eval_on "$first" 'rabbit_nodes:list_members()')
running=$(eval_on "$first" 'rabbit_nodes:list_running()')

for node in $NODES; do
    # A node that is neither a member nor there is about to come.
    echo "$members" | grep -qxF "$node" && continue
    on "$node" rabbitmq-diagnostics ping > /dev/null 2>&1 && refuse "The node $node is not in the \
cluster of $first: it has formed one of its own. Let it join: rabbitmqctl stop_app, reset and start_app on it."
done

surplus=
for node in $members; do
    case " $NODES " in
        *" $node "*) ;;
        *) surplus="$surplus $node" ;;
    esac
done
[ -z "$surplus" ] || refuse "Members of the cluster would be taken away:$surplus. The rest might have no \
majority without them. Let them leave first, one after the other: run on $first rabbitmq-queues shrink NODE, \
rabbitmqctl --node NODE stop_app and rabbitmqctl --node NODE reset."

for node in $members; do
    echo "$running" | grep -qxF "$node" || refuse "The node $node is a member and not running. Bring it \
back first; or, if it is gone for good: rabbitmqctl forget_cluster_node $node"
    on "$node" rabbitmq-diagnostics check_local_alarms || refuse "The node $node has an alarm: it is \
short of memory or disk. Let consumers drain its queues, or give it more."
    [ "$members" = "$node" ] && continue
    on "$node" rabbitmq-queues check_if_node_is_quorum_critical || refuse "A queue would lose its \
majority with the node $node. Wait until all its members are online: rabbitmq-queues quorum_status QUEUE"
done

off=$(on "$first" rabbitmqctl list_feature_flags name state stability | awk '$2 == "disabled" && $3 == "stable" && $1 != "khepri_db" {print $1}')
[ -z "$off" ] || refuse "Feature flags are off that the next version may need: $(echo $off). Enable \
them first: rabbitmqctl enable_feature_flag all"
echo "Ready to be upgraded:" $members
