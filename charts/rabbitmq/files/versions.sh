# Versions of RabbitMQ, read from names of folders: starting Erlang for it takes seconds.

minor() { echo "$1" | cut -d. -f1,2; }

same_minor() { [ "$(minor "$1")" = "$(minor "$2")" ]; }

older() { ! same_minor "$1" "$2" && [ "$(printf '%s\n' "$1" "$2" | sort -t. -k1,1n -k2,2n | head -n 1)" = "$1" ]; }

home() { dirname "$(dirname "$(readlink -f "$(command -v rabbitmq-server)")")"; }

installed_version() {
    for folder in "$(home)"/plugins/rabbit-[0-9]*; do
        [ ! -e "$folder" ] || echo "${folder##*/rabbit-}" | sed 's/[.]ez$//'
        return
    done
}
