#!/bin/sh
# Start of the broker's container: writes what the broker reads, checks its volume, and becomes the
# broker. An init container does not run again when only this container restarts.
set -eu
umask 077

files=${0%/*}
credentials=/etc/rabbitmq-credentials

refuse() {
    echo "$*" | tee /dev/termination-log >&2
    exit 1
}

# Erlang rejects a cookie that others can read, and the kubelet widens the modes of a volume at each
# mount. So the cookie is written to memory at each start.
write_cookie() {
    rm -f "$HOME/.erlang.cookie"
    tr -d '\n' < "$credentials/erlang-cookie" > "$HOME/.erlang.cookie"
    chmod 0400 "$HOME/.erlang.cookie"
}

escaped() {
    printf '%s' "$1" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g'
}

# The broker imports all files of the folder at each start, in the order of their names. This applies
# a password that was changed in the Secret to data that has the old one.
write_definitions() {
    rm -rf "$HOME/definitions"
    mkdir "$HOME/definitions"
    separator='{"users": ['
    while read -r name tags; do
        password=$(cat "$credentials/$name-password")
        case $password in
            '') refuse "The password of user $name is empty." ;;
            *[[:cntrl:]]*) refuse "The password of user $name contains a control character." ;;
        esac
        printf '%s{"name": "%s", "password": "%s", "tags": %s}' \
            "$separator" "$name" "$(escaped "$password")" "$tags"
        separator=', '
    done < "$files/users" > "$HOME/definitions/10-users.json"
    echo ']}' >> "$HOME/definitions/10-users.json"
    cp "$files/definitions.json" "$HOME/definitions/20-chart.json"
    for file in /etc/rabbitmq-definitions/*.json; do
        [ -e "$file" ] && cp "$file" "$HOME/definitions/90-${file##*/}"
    done
    return 0
}

command -v rabbitmq-server > /dev/null || refuse "rabbitmq-server is not in $PATH. Set image.path."
[ "${GUARD:-}" = true ] && . "$files/guard.sh"
write_cookie
write_definitions
exec rabbitmq-server
