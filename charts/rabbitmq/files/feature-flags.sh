# After an upgrade: once all nodes run this version, enable what it brought, and spread the leaders.
home=$(dirname "$(dirname "$(readlink -f "$(command -v rabbitmq-server)")")")
version=$(basename "$home"/plugins/rabbit-[0-9]* | sed 's/^rabbit-//')

upgraded() {
    for node in $NODES; do
        [ "$(on "$node" rabbitmq-diagnostics server_version 2> /dev/null | tail -n 1)" = "$version" ] || return 1
        on "$node" rabbitmq-diagnostics check_running > /dev/null 2>&1 || return 1
    done
}

# The Job's own deadline ends the wait.
until upgraded; do
    echo "Waiting for all nodes to run $version"
    sleep 5
done

first=${NODES%% *}
flags=$(on "$first" rabbitmqctl list_feature_flags name state stability | awk '$2 == "disabled" && $3 == "stable" {print $1}')
for flag in $flags; do
    [ "$flag" = khepri_db ] && [ "$KHEPRI" != true ] && continue
    on "$first" rabbitmqctl enable_feature_flag "$flag" || refuse "The feature flag $flag could not be enabled."
    echo "Enabled $flag"
done

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
