# connections.sh [FILE]: gives the passwords of the Secret to the clients, and then to the broker. So a client that starts
# in between has the new one, and waits for the broker. FILE has passwords, too: each node imports it at its start.
# No hook can do this, since Helm and Argo CD run what is after an upgrade when all clients are ready.
set -eu
umask 077
file=${1:-}

on() { rabbitmqctl --silent --longnames --node "$@" 2>&1; }

# Says once what it waits for.
await() {
    # Without general advice, and the names of all applications.
    now="Waiting for $1: $(echo "$answer" | sed -e '/^Most common/,/^attempted/d' -e '/running applications/,/^  \* /d' \
        -e '/^Current node details/,$d' -e '/^Arguments given/,$d' -e '/^$/d')"
    [ "$now" = "${before:-}" ] || echo "$now"
    before=$now
    sleep 5
}

# Reads the Secret before each attempt: it may have changed while no node ran.
apply() {
    while :; do
        escript "${0%/*}/connections.escript" || exit 1
        for node in $NODES; do
            answer=$(on "$node" import_definitions "$HOME/users.json") && return
        done
        await "a node that takes the passwords"
    done
}

forget() { answer=$(on "$1" eval "file:delete(\"$file\")."); }

[ -n "$NODES" ] || { escript "${0%/*}/connections.escript"; echo "replicas is 0."; exit 0; }
apply
# A node that starts, pauses in a partition or runs stop_app imports the file again. Former passwords in it would be
# valid again, and those of the clients refused; it may have done so just before the file was deleted.
for node in ${file:+$NODES}; do
    until forget "$node"; do await "$node, which may have former passwords"; done
    apply
done
echo "The broker has the passwords."
