# After an upgrade or a rollback: waits until all nodes run the version of this image, then imports
# the definitions, enables feature flags and spreads the leaders.
version=$(installed_version)

upgraded() {
    for node in $NODES; do
        [ "$(on "$node" rabbitmq-diagnostics server_version 2> /dev/null | tail -n 1)" = "$version" ] || return 1
        on "$node" rabbitmq-diagnostics check_running > /dev/null 2>&1 || return 1
    done
    # Definitions have permissions, and those need their users, which a node imports at its start.
    users=$(on "$first" rabbitmqctl list_users | cut -f 1) || return 1
    while read -r user tags; do
        echo "$users" | grep -qxF "$user" || return 1
    done < /etc/rabbitmq/users
}

# The deadline of the Job ends this.
await_nodes() {
    until upgraded; do
        echo "Waiting for all nodes to run $version"
        sleep 5
    done
}

await_nodes

# In the order that a node imports them at its start, so that the last one wins here, too.
for file in /etc/rabbitmq/definitions.json /etc/rabbitmq-definitions/*.json; do
    [ -e "$file" ] || continue
    until on "$first" rabbitmqctl import_definitions "$file"; do
        # Where the version stays, a node may restart only now.
        ! upgraded || refuse "RabbitMQ rejects the definitions of ${file##*/}. A node that restarts would fail for them."
        await_nodes
    done
done

# The chart gives its users the tag `helm`. Others belong to people.
on "$first" rabbitmqctl list_users | tr -d '[],' | while read -r user tags; do
    case " $tags " in *" helm "*) ;; *) continue ;; esac
    grep -q "^$user " /etc/rabbitmq/users && continue
    on "$first" rabbitmqctl delete_user "$user" || refuse "The user $user could not be removed."
    echo "Removed the user $user"
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
    # A queue that was declared when there were fewer nodes has fewer members.
    if [ "$(echo "$NODES" | wc -w)" = 3 ]; then
        for node in $NODES; do
            on "$first" rabbitmq-queues grow "$node" all > /dev/null || echo "Some queues did not get a member on $node"
        done
    fi
    for attempt in 1 2 3; do
        on "$first" rabbitmq-queues rebalance quorum && break
        echo "The leaders were not spread, attempt $attempt"
        sleep 5
    done
fi
echo "All nodes run $version."
