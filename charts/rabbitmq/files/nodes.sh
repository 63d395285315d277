# The beginning of the Jobs' scripts. NODES are the names of all nodes that there should be.
set -eu
umask 077

# Argo CD runs what is for an upgrade before the first installation, too.
[ -e /etc/rabbitmq-credentials/erlang-cookie ] || { echo "There is no broker yet."; exit 0; }
[ -n "$NODES" ] || { echo "No node shall run."; exit 0; }
tr -d '\n' < /etc/rabbitmq-credentials/erlang-cookie > "$HOME/.erlang.cookie"
chmod 0400 "$HOME/.erlang.cookie"
first=${NODES%% *}

refuse() {
    echo "$*" | tee /dev/termination-log >&2
    exit 1
}

on() {
    node=$1 program=$2
    shift 2
    "$program" --silent --longnames --node "$node" "$@"
}

answers() { on "$1" rabbitmq-diagnostics ping > /dev/null 2>&1; }
