# After an upgrade or a rollback: waits until all nodes run the version of this image, removes former
# users, enables feature flags and spreads the leaders. Nothing that a client waits for.
await_nodes

# The chart gives its users the tag `helm`. Others belong to people.
on "$first" rabbitmqctl list_users | tr -d '[],' | while read -r user tags; do
    case " $tags " in *" helm "*) ;; *) continue ;; esac
    grep -q "^$user " /etc/rabbitmq/users && continue
    on "$first" rabbitmqctl delete_user "$user" < /dev/null || refuse "The user $user could not be removed."
    echo "Removed the user $user"
done

[ "$FLAGS" != true ] || on "$first" rabbitmqctl enable_feature_flag all || refuse "Feature flags could not be enabled."
[ "$REBALANCE" != true ] || on "$first" rabbitmq-queues rebalance quorum || echo "The leaders were not spread."
echo "All nodes run $version."
