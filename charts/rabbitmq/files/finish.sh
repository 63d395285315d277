# After an upgrade or a rollback: once all nodes run with it, tell them the definitions, enable what it brought, spread the leaders.
version=$(installed_version)

upgraded() {
    for node in $NODES; do
        [ "$(on "$node" rabbitmq-diagnostics server_version 2> /dev/null | tail -n 1)" = "$version" ] || return 1
        on "$node" rabbitmq-diagnostics check_running > /dev/null 2>&1 || return 1
    done
    # Users come with the restart of a node, and permissions need them.
    users=$(on "$first" rabbitmqctl list_users | cut -f 1) || return 1
    while read -r user tags; do
        echo "$users" | grep -qxF "$user" || return 1
    done < /etc/rabbitmq-files/users
}

# The Job's own deadline ends the wait.
await_nodes() {
    until upgraded; do
        echo "Waiting for all nodes to run $version"
        sleep 5
    done
}

await_nodes

# In the order of a start, so that the same wins as there.
for file in /etc/rabbitmq-files/definitions.json /etc/rabbitmq-definitions/*.json; do
    [ -e "$file" ] || continue
    until on "$first" rabbitmqctl import_definitions "$file"; do
        # With the same version, nodes may begin to restart only now.
        ! upgraded || refuse "RabbitMQ does not take the definitions of ${file##*/}, and no node would start with them."
        await_nodes
    done
done

if [ "$FLAGS" = true ]; then
    off=$(on "$first" rabbitmqctl list_feature_flags name state stability | awk '$2 == "disabled" && $3 == "stable" {print $1}')
    for flag in $off; do
        [ "$flag" = khepri_db ] && [ "$KHEPRI" != true ] && continue
        on "$first" rabbitmqctl enable_feature_flag "$flag" || refuse "The feature flag $flag could not be enabled."
        echo "Enabled $flag"
    done
fi

if [ "$REBALANCE" = true ]; then
    # Queues that were made when there were fewer nodes.
    if [ "$(echo "$NODES" | wc -w)" = 3 ]; then
        for node in $NODES; do
            on "$first" rabbitmq-queues grow "$node" all > /dev/null || echo "Not all queues could grow to $node"
        done
    fi
    for attempt in 1 2 3; do
        on "$first" rabbitmq-queues rebalance quorum && break
        echo "Could not spread the leaders, attempt $attempt"
        sleep 5
    done
fi
echo "All nodes run $version."
