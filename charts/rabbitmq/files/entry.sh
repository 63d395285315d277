#!/bin/sh
# Start of the broker's container: writes what the broker reads, checks its volume, and becomes the
# broker. An init container does not run again when only this container restarts.
set -eu
umask 077
files=${0%/*}
. "$files/users.sh"

refuse() {
    echo "$*" | tee /dev/termination-log >&2
    exit 1
}

command -v rabbitmq-server > /dev/null || refuse "rabbitmq-server is not in $PATH. Set image.path."
[ "${GUARD:-}" != true ] || . "$files/guard.sh"

# Erlang rejects a cookie that others can read, and the kubelet widens the modes of a volume at each
# mount. So the cookie is written to memory at each start.
rm -f "$HOME/.erlang.cookie"
tr -d '\n' < /etc/rabbitmq-credentials/erlang-cookie > "$HOME/.erlang.cookie"
chmod 0400 "$HOME/.erlang.cookie"

# The broker imports all files of the folder at each start, in the order of their names. This applies
# a password that was changed in the Secret to data that has the old one.
rm -rf "$HOME/definitions"
mkdir "$HOME/definitions"
write_users "$files/users" /etc/rabbitmq-credentials "$HOME/definitions/10-users.json"
cp "$files/definitions.json" "$HOME/definitions/20-chart.json"
for file in /etc/rabbitmq-definitions/*.json; do
    [ ! -e "$file" ] || cp "$file" "$HOME/definitions/90-${file##*/}"
done

# A node without data founds a cluster of its own if it is the oldest one that it can reach. So it
# waits until the first node listens to others, or one that has data: the first one may be down.
nodes=$(sed -n 's/^cluster_formation.classic_config.nodes.[0-9]* = //p' "$files/rabbitmq.conf" | tr '\n' ' ')
first=${nodes%% *}
if [ "$RABBITMQ_NODENAME" != "$first" ] && [ ! -e "$RABBITMQ_MNESIA_BASE/$RABBITMQ_NODENAME" ]; then
    echo "This node has no data. It waits for the first node, $first, or for one that has data, and joins its cluster."
    trap 'exit 143' TERM
    erl -noinput -eval "
        Hosts = [lists:last(string:lexemes(Node, [\$@])) || Node <- string:lexemes(\"$nodes\", [32])],
        Listens = fun({Host, Family}) ->
            element(1, gen_tcp:connect(Host, ${RABBITMQ_DIST_PORT:-25672}, [Family], 2000)) =:= ok
        end,
        Wait = fun Wait() ->
            lists:any(Listens, [{Host, Family} || Host <- Hosts, Family <- [inet, inet6]])
                orelse begin timer:sleep(500), Wait() end
        end,
        Wait(), halt()." &
    wait $!
    trap - TERM
fi
exec rabbitmq-server
