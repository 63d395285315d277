# Applies users and definitions to a broker that runs. Clients cannot become ready without them.
write_users /etc/rabbitmq/users /etc/rabbitmq-credentials "$HOME/users.json"
# In the order that a node imports them at its start, so that the last one wins here, too.
for file in "$HOME/users.json" /etc/rabbitmq/definitions.json /etc/rabbitmq-definitions/*.json; do
    [ -e "$file" ] || continue
    await_nodes
    # Once more: where the version stays, a node may restart only now.
    on "$first" rabbitmqctl import_definitions "$file" || { await_nodes && on "$first" rabbitmqctl import_definitions "$file"; } ||
        refuse "RabbitMQ rejects the definitions of ${file##*/}. A node that restarts would fail for them."
done
echo "The broker has the users and definitions."
