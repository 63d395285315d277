# Before an upgrade or a rollback: no member of the cluster may be removed. Before an upgrade, the
# cluster must be whole, too, and must be able to lose its nodes one after the other; a rollback may
# repair it, and so may an upgrade without CHECK_NODES. What no upgrade can repair is refused in any
# case: a version that does not start on the data, and another connection between nodes.
# /etc/rabbitmq is still the ConfigMap of the release that runs.
[ "$(cat /etc/rabbitmq/nodes-hash)" != "$NODES_HASH" ] || { echo "The nodes stay as they are."; exit 0; }
current=$(sed -n 's/^cluster_formation.classic_config.nodes.[0-9]* = //p' /etc/rabbitmq/rabbitmq.conf)
[ -n "$current" ] || { echo "No node runs."; exit 0; }
[ "$INTER_NODE" = "$([ -e /etc/rabbitmq/inter-node.config ] && echo true || echo false)" ] || refuse "tls.interNode \
changes. A node with it and one without cannot connect to each other, so stop all nodes first: set replicas to 0."

# What rabbit_nodes:$2() lists on the node $1.
listed() { on "$1" rabbitmqctl eval "[io:format(\"~s~n\", [N]) || N <- rabbit_nodes:$2()]." 2> /dev/null | grep @; }

# The commands that show which members of these queues, streams and processes are missing.
status() {
    case ";$1" in *";queue "*) echo "rabbitmq-queues quorum_status QUEUE --vhost VHOST" ;; esac
    case ";$1" in *";stream "*) echo "rabbitmq-streams stream_status STREAM --vhost VHOST, and if one is lost \
rabbitmq-streams add_replica STREAM NODE --vhost VHOST" ;; esac
    case ";$1" in *";process "*) echo "rabbitmq-diagnostics metadata_store_status, rabbitmq-streams coordinator_status" ;; esac
}

# rabbitmqctl says so when the port of a node answers and the handshake fails; `ping` of
# rabbitmq-diagnostics says the same for a node that is down.
check_cookie() {
    case $(on "$1" rabbitmqctl eval 'node().' 2>&1) in
    *"Erlang distribution failed"*) may_refuse "The node $1 runs with another Erlang cookie than that of the Secret, or \
with other settings of TLS between nodes. Restart no node: put the former cookie back, as the section \"Another Erlang \
cookie\" of docs/rabbitmq.md says." ;;
    esac
}
for node in $current; do
    members=$(listed "$node" list_members) && break
    [ "$TASK" != preflight ] || check_cookie "$node"
done
for member in $members; do
    case " $NODES " in *" $member "*) ;; *) may_refuse "Members of the cluster would be removed: $member is one. \
Queues that count them would have no majority. Let them leave first: kubectl $(echo "$current" | sed -n '1s/.*@\([^.]*\)\.[^.]*\.\([^.]*\).*/-n \2 exec \1/p') \
-- sh /etc/rabbitmq/remove-nodes.sh $(echo $NODES | wc -w)" ;; esac
done
[ "$TASK" = preflight ] || { echo "No member is removed."; exit 0; }

repair="by helm rollback if the last upgrade stopped it. If this upgrade is to repair it, set upgrade.preflight to false"
[ -n "$members" ] || may_refuse "No node answers. Bring them back, $repair."
running=$(listed "$node" list_running) || true
for member in $members; do
    ! echo "$running" | grep -qxF "$member" || continue
    check_cookie "$member"
    may_refuse "The node $member is a member and does not run, or $node does not reach it. Bring it back, $repair. Only if \
its volume is lost, see the section \"The volume is lost, too\" of docs/rabbitmq.md."
done
to=$(rabbitmqctl version)
minor() { echo "$1" | cut -d. -f1,2; }
is_older() { [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

# Refuses what RabbitMQ's table of upgrades lacks: $from on the node $member, $to in this image.
check_hop() {
    data="RabbitMQ $to does not start on the data of $from"
    if is_older "$(minor "$to")" "$(minor "$from")"; then
        may_refuse "RabbitMQ $to is older than $from, which has written the data. To go back, use helm rollback, or \
set upgrade.preflight to false: a node that cannot read its data does not start."
        return
    fi
    case "$(minor "$to"):$(minor "$from")" in
    4.3:4.2 | 4.2:4.[01] | 4.1:4.0 | 4.[012]:3.13) ;;
    4.3:*) refuse "$data: go to 4.2 first." ;;
    4.[012]:*) refuse "$data: go to 3.13 first." ;;
    *) may_refuse "This chart does not know whether RabbitMQ $to starts on the data of $from. If RabbitMQ's \
documentation says so, set upgrade.preflight to false, for this one." ;;
    esac
    flags=$(on "$member" rabbitmqctl list_feature_flags name state stability) || may_refuse "The node $member does not say \
which feature flags it has."
    disabled=$(echo "$flags" | sed -n 's/[[:space:]]*disabled[[:space:]]*stable$//p' | paste -sd ' ' -)
    [ -z "$disabled" ] || refuse "$data without these feature flags: $disabled. Enable them first: rabbitmqctl \
enable_feature_flag all"
}
for member in $members; do
    from=$(on "$member" rabbitmq-diagnostics server_version | tail -n 1)
    [ -n "$from" ] || { may_refuse "The node $member does not say its version."; continue; }
    [ "$(minor "$to")" = "$(minor "$from")" ] || check_hop
    [ "$CHECK_NODES" = true ] || continue
    on "$member" rabbitmq-diagnostics check_local_alarms || refuse "The node $member has an alarm: it is short of \
memory or disk. Let consumers drain its queues. If this upgrade gives it more, set upgrade.preflight to false, for this one."
    [ "$members" != "$member" ] || continue
    answer=$(on "$member" rabbitmqctl eval "$CRITICAL" 0 2>&1) || refuse "The node $member does not say which queues \
need it: $answer"
    critical=$(echo "$answer" | grep -vx ok | paste -sd ';' -)
    [ -z "$critical" ] || refuse "Without the node $member a queue would lose its majority: $critical. Wait until all \
its members are online: $(status "$critical" | paste -sd ';' -)"
done
# Queues and streams of fewer than three members, which waiting does not help: those are no reason to refuse.
few='[io:format("~s ~ts in ~ts~n", [Kind, Name, VHost]) || {Kind, Type} <- [{queue, rabbit_quorum_queue},
{stream, rabbit_stream_queue}], Queue <- rabbit_amqqueue:list_by_type(Type),
{resource, VHost, queue, Name} <- [amqqueue:get_name(Queue)], #{nodes := Nodes} <- [amqqueue:get_type_state(Queue)],
case Nodes of #{} -> map_size(Nodes); _ -> length(Nodes) end < 3].'
echo "Ready to be upgraded:" ${members:-no node answers}
[ "$CHECK_NODES" = true ] && [ "$(echo "$members" | wc -l)" -gt 2 ] || exit 0
away=$(on "$node" rabbitmqctl eval "$few" | grep "^[qs].* in ") || exit 0
echo "$(echo "$away" | wc -l) of the queues and streams have fewer than three members, so they are away while a node with one \
restarts: $(echo "$away" | head -n 20 | paste -sd ';' -). To add a member: rabbitmq-streams add_replica STREAM NODE --vhost VHOST, \
rabbitmq-queues add_member QUEUE NODE --vhost VHOST"
