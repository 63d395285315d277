#!/bin/sh
# Start of the main container: prepares what the broker reads, refuses what would harm its data, and
# becomes the broker. It runs at every start of the container, which an init container does not.
set -eu
umask 077

files=${0%/*}
credentials=/etc/rabbitmq-credentials

refuse() {
    echo "$*" | tee /dev/termination-log >&2
    exit 1
}

# The kubelet widens the modes of a volume at every mount, and Erlang wants the cookie for itself
# alone: so it lies in memory and is written anew each time.
write_cookie() {
    rm -f "$HOME/.erlang.cookie"
    tr -d '\n' < "$credentials/erlang-cookie" > "$HOME/.erlang.cookie"
    chmod 0400 "$HOME/.erlang.cookie"
}

escaped() {
    printf '%s' "$1" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g'
}

# The broker applies all files of the folder, in the order of their names, at every start. That is
# how a password that was changed in the Secret gets into an old volume.
write_definitions() {
    rm -rf "$HOME/definitions"
    mkdir "$HOME/definitions"
    separator='{"users": ['
    while read -r name tags; do
        password=$(cat "$credentials/$name-password")
        case $password in
            '') refuse "The password of user $name is empty." ;;
            *[[:cntrl:]]*) refuse "The password of user $name has a control character in it." ;;
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

command -v rabbitmq-server > /dev/null || refuse "There is no rabbitmq-server in $PATH: set image.path."
[ "${GUARD:-}" = true ] && . "$files/guard.sh"
write_cookie
write_definitions
exec rabbitmq-server
