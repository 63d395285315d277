#!/bin/sh
# Start of the broker's container: writes what the broker reads, checks its volume, and becomes the
# broker. An init container does not run again when only this container restarts.
set -eu
umask 077
files=${0%/*}

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

# A node without data founds a cluster of its own if it is the oldest one that it can reach. So it
# waits until the first node listens to others, or one that has data: the first one may be down.
nodes=$(sed -n 's/^cluster_formation.classic_config.nodes.[0-9]* = //p' "$files/rabbitmq.conf" | tr '\n' ' ')
first=${nodes%% *}
if [ "$RABBITMQ_NODENAME" != "$first" ] && [ ! -e "$RABBITMQ_MNESIA_BASE/$RABBITMQ_NODENAME" ]; then
    # Before a word is said: the first process of a container ignores signals that it does not expect.
    trap 'exit 143' TERM
    echo "This node has no data. It waits for the first node, $first, or for one that has data, and joins its cluster."
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

# The broker imports all files of the folder at each start, in the order of their names. This applies
# a password that was changed in the Secret to data that has the old one. connections.sh deletes the
# first file in a node that runs.
rm -rf "$HOME/definitions"
mkdir "$HOME/definitions"
separator='{"users": ['
while read -r name tags; do
    password=$(cat "/etc/rabbitmq-credentials/$name-password")
    case $password in
        '') refuse "The password of user $name is empty." ;;
        *[[:cntrl:]]*) refuse "The password of user $name contains a control character." ;;
    esac
    printf '%s\n' "$password" | grep -qax '.*' || refuse "The password of user $name is not UTF-8."
    escaped=$(printf '%s' "$password" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g')
    printf '%s{"name": "%s", "password": "%s", "tags": %s}' "$separator" "$name" "$escaped" "$tags"
    separator=', '
done < "$files/users" > "$HOME/definitions/10-users.json"
echo ']}' >> "$HOME/definitions/10-users.json"
# Links, since a node imports the files again when its application starts again, for example after a partition.
ln -s "$files/definitions.json" "$HOME/definitions/20-chart.json"
for file in /etc/rabbitmq-definitions/*.json; do
    [ ! -e "$file" ] || ln -s "$file" "$HOME/definitions/90-${file##*/}"
done
# What extraEnv gives comes last: it may override arguments of the chart, and replaces none of the others.
export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="$CHART_ERL_ARGS ${RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:-}"
exec rabbitmq-server
