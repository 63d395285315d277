# After connections.escript: gives the passwords of clients to the broker, as soon as a node runs.
nodes=$(sed -n 's/^cluster_formation.classic_config.nodes.[0-9]* = //p' /etc/rabbitmq/rabbitmq.conf)
[ -n "$nodes" ] || { echo "replicas is 0."; exit 0; }
until for node in $nodes; do
    said=$(rabbitmqctl --silent --longnames --node "$node" import_definitions "$HOME/users.json" 2>&1) && break
done; do
    echo "Waiting for a node that takes the passwords: $said" | head -n 1
    sleep 5
done
echo "The broker has the passwords."
