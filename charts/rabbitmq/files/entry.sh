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
exec rabbitmq-server
