# The beginning of the scripts of Jobs. NODES are the names of all nodes of this release.
set -eu
umask 077

refuse() {
    echo "$*" | tee /dev/termination-log >&2
    exit 1
}

# For what an upgrade may be meant to repair.
may_refuse() { [ "$CHECK_NODES" != true ] || refuse "$@"; }

[ -n "$NODES" ] || { echo "replicas is 0."; exit 0; }
first=${NODES%% *}

# Argo CD runs the hooks of an upgrade before the first installation, too.
if [ ! -e /etc/rabbitmq-credentials/erlang-cookie ] || [ ! -e /etc/rabbitmq/users ]; then
    ! getent hosts "${first#*@}" > /dev/null || may_refuse "The broker runs, and its ConfigMap or the Erlang cookie in its \
Secret is gone, so that it cannot be checked. Restore it, or set upgrade.preflight to false."
    [ ! -e /etc/rabbitmq-former/erlang-cookie ] && [ ! -e /etc/rabbitmq-former/nodes-hash ] || refuse "An earlier version of this chart has called this broker \
$FORMER. This upgrade would begin with an empty one beside its data. Keep the name: set fullnameOverride to $FORMER. If \
the data is not needed, delete the Secret $FORMER-credentials and the ConfigMap $FORMER."
    echo "There is no broker yet."
    exit 0
fi
tr -d '\n' < /etc/rabbitmq-credentials/erlang-cookie > "$HOME/.erlang.cookie"
chmod 0400 "$HOME/.erlang.cookie"

on() {
    target=$1 program=$2
    shift 2
    "$program" --silent --longnames --node "$target" "$@"
}
