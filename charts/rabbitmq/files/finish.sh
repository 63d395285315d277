# After an upgrade or a rollback: waits until all nodes run the version of this image, applies
# definitions, removes former users, enables feature flags and spreads the leaders.
version=$(rabbitmqctl version)

# The deadline of the Job ends this. Another Job gives the broker its users, when clients have their passwords.
await_broker() {
    for node in $NODES; do
        until [ "$(on "$node" rabbitmq-diagnostics server_version 2> /dev/null | tail -n 1)" = "$version" ] &&
            on "$node" rabbitmq-diagnostics check_running > /dev/null 2>&1; do
            echo "Waiting for $node to run $version"
            sleep 5
        done
    done
    while read -r user _; do
        until on "$first" rabbitmqctl list_users < /dev/null | cut -f 1 | grep -qxF "$user"; do
            echo "Waiting for the user $user"
            sleep 5
        done
    done < /etc/rabbitmq/users
}

# In the order that a node imports them at its start, so that the last one wins here, too.
for file in /etc/rabbitmq/definitions.json /etc/rabbitmq-definitions/*.json; do
    [ -e "$file" ] || continue
    await_broker
    # Once more: where the version stays, a node may restart only now.
    on "$first" rabbitmqctl import_definitions "$file" || { await_broker && on "$first" rabbitmqctl import_definitions "$file"; } ||
        refuse "RabbitMQ rejects the definitions of ${file##*/}. A node that restarts would fail for them."
done

# The chart gives its users the tag `helm`. Others belong to people.
on "$first" rabbitmqctl list_users > "$HOME/users"
tr -d '[],' < "$HOME/users" | while read -r user tags; do
    case " $tags " in *" helm "*) ;; *) continue ;; esac
    grep -q "^$user " /etc/rabbitmq/users && continue
    on "$first" rabbitmqctl delete_user "$user" < /dev/null || refuse "The user $user could not be removed."
    echo "Removed the user $user"
done

[ "$FLAGS" != true ] || on "$first" rabbitmqctl enable_feature_flag all || refuse "Feature flags could not be enabled."
[ "$REBALANCE" != true ] || on "$first" rabbitmq-queues rebalance quorum || echo "The leaders were not spread."
echo "All nodes run $version."
