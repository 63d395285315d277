# Before a rollback: it may repair the cluster, so only the removal of members is refused.
for node in $current_nodes; do
    answers "$node" || continue
    refuse_to_remove "$(nodes_of "$node" 'rabbit_nodes:list_members()')"
    echo "No member is removed."
    exit 0
done
echo "No node answers."
