# The beginning of the scripts of Jobs. NODES are the names of all nodes of this release.
set -eu
umask 077

# Argo CD runs the hooks of an upgrade before the first installation, too.
[ -e /etc/rabbitmq-credentials/erlang-cookie ] || { echo "There is no broker yet."; exit 0; }
[ -n "$NODES" ] || { echo "replicas is 0."; exit 0; }
tr -d '\n' < /etc/rabbitmq-credentials/erlang-cookie > "$HOME/.erlang.cookie"
chmod 0400 "$HOME/.erlang.cookie"
first=${NODES%% *}
first_pod=${first#*@}
first_pod=${first_pod%%.*}

refuse() {
    echo "$*" | tee /dev/termination-log >&2
    exit 1
}

on() {
    target=$1 program=$2
    shift 2
    "$program" --silent --longnames --node "$target" "$@"
}

answers() { on "$1" rabbitmq-diagnostics ping > /dev/null 2>&1; }
