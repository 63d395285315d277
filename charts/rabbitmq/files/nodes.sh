# The beginning of the scripts of Jobs. NODES are the names of all nodes of this release.
set -eu
umask 077

refuse() {
    echo "$*" | tee /dev/termination-log >&2
    exit 1
}

# Whether the port mapper of a node can be reached, which needs no cookie.
has_host() {
    erl -noinput -boot start_clean -eval "Open = fun(F) -> element(1, gen_tcp:connect(\"${1#*@}\", 4369, [F], 3000)) =:= ok end,
        halt(case lists:any(Open, [inet, inet6]) of true -> 0; false -> 1 end)."
}

# Argo CD runs the hooks of an upgrade before the first installation, too. A broker that runs without
# this file cannot be checked.
await_first_installation() {
    [ -e "$1" ] && return
    for node in $NODES; do
        ! has_host "$node" || refuse "The broker runs, and $2, so that it cannot be checked. \
Restore it, or set upgrade.preflight to false."
    done
    echo "There is no broker yet."
    exit 0
}

await_first_installation /etc/rabbitmq-credentials/erlang-cookie "its Secret has no Erlang cookie"
[ -n "$NODES" ] || { echo "replicas is 0."; exit 0; }
tr -d '\n' < /etc/rabbitmq-credentials/erlang-cookie > "$HOME/.erlang.cookie"
chmod 0400 "$HOME/.erlang.cookie"
first=${NODES%% *}
first_pod=${first#*@}
first_pod=${first_pod%%.*}

on() {
    target=$1 program=$2
    shift 2
    "$program" --silent --longnames --node "$target" "$@"
}

answers() { on "$1" rabbitmq-diagnostics ping > /dev/null 2>&1; }
