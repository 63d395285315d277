# The beginning of the Jobs' scripts. NODES are the names of all nodes that there should be.
set -eu
umask 077
tr -d '\n' < /etc/rabbitmq-credentials/erlang-cookie > "$HOME/.erlang.cookie"
chmod 0400 "$HOME/.erlang.cookie"

refuse() {
    echo "$*" | tee /dev/termination-log >&2
    exit 1
}

on() {
    node=$1 program=$2
    shift 2
    "$program" --silent --longnames --node "$node" "$@"
}
