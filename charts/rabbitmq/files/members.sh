# Before nodes change. /etc/rabbitmq is still the ConfigMap of the release that runs.
await_first_installation /etc/rabbitmq/rabbitmq.conf "its ConfigMap is gone"
current_nodes=$(sed -n 's/^cluster_formation.classic_config.nodes.[0-9]* = //p' /etc/rabbitmq/rabbitmq.conf)
[ -n "$current_nodes" ] || { echo "No node runs."; exit 0; }
[ "$INTER_NODE" = "$([ -e /etc/rabbitmq/inter-node.config ] && echo true || echo false)" ] || refuse "tls.interNode \
changes. A node with it and one without cannot connect to each other, so stop all nodes first: set replicas to 0."

nodes_of() {
    on "$1" rabbitmqctl eval "lists:foreach(fun(N) -> io:format(\"~s~n\", [N]) end, $2)." | grep @ | sort || true
}

refuse_to_remove() {
    surplus=
    for node in $1; do
        case " $NODES " in
            *" $node "*) ;;
            *) surplus="$surplus $node" ;;
        esac
    done
    [ -z "$surplus" ] || refuse "Members of the cluster would be removed:$surplus. Queues that count them \
would have no majority. Let them leave first: kubectl exec ${first_pod} -- sh /etc/rabbitmq/remove-nodes.sh $(echo $NODES | wc -w)"
}
