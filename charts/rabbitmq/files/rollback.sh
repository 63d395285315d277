# Before a rollback: it may be what mends the cluster, so that nothing is asked but whether a member would go.
for node in $running_by_now; do
    answers "$node" || continue
    refuse_to_take_away "$(nodes_of "$node" 'rabbit_nodes:list_members()')"
    echo "No member is taken away."
    exit 0
done
echo "No node answers."
