# Before nodes change: who they are by now. /etc/rabbitmq-files is still the release's old ConfigMap.
[ -e /etc/rabbitmq-files/rabbitmq.conf ] || { echo "There is no broker yet."; exit 0; }
running_by_now=$(sed -n 's/^cluster_formation.classic_config.nodes.[0-9]* = //p' /etc/rabbitmq-files/rabbitmq.conf)
[ -n "$running_by_now" ] || { echo "No node runs."; exit 0; }

nodes_of() {
    on "$1" rabbitmqctl eval "lists:foreach(fun(N) -> io:format(\"~s~n\", [N]) end, $2)." | grep @ | sort || true
}

refuse_to_take_away() {
    surplus=
    for node in $1; do
        case " $NODES " in
            *" $node "*) ;;
            *) surplus="$surplus $node" ;;
        esac
    done
    [ -z "$surplus" ] || refuse "Members of the cluster would be taken away:$surplus. The rest might have no \
majority without them. Let them leave first, one after the other: run on $first rabbitmq-upgrade --node NODE drain, \
rabbitmq-queues shrink NODE, rabbitmqctl --node NODE stop_app and rabbitmqctl --node NODE reset."
}
