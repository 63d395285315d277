# Which minor may start on the data of which others, and which feature flags it cannot do without:
# release notes of RabbitMQ 4.0 to 4.3. A minor that is not listed comes from the one before it.
steps() {
    cat << 'END'
4.0 from 3.13
4.1 from 3.13 4.0
4.2 from 3.13 4.0 4.1
4.3 from 4.2; needs rabbitmq_4.0.0 rabbitmq_4.1.0 rabbitmq_4.2.0 khepri_db quorum_queue_non_voters message_containers_deaths_v2
END
}

minor() { echo "$1" | cut -d. -f1,2; }

same_minor() { [ "$(minor "$1")" = "$(minor "$2")" ]; }

older() { ! same_minor "$1" "$2" && [ "$(printf '%s\n' "$1" "$2" | sort -t. -k1,1n -k2,2n | head -n 1)" = "$1" ]; }

home() { dirname "$(dirname "$(readlink -f "$(command -v rabbitmq-server)")")"; }

# The name of a folder tells it, so that no Erlang has to start.
installed_version() {
    for folder in "$(home)"/plugins/rabbit-[0-9]*; do
        [ ! -e "$folder" ] || echo "${folder##*/rabbit-}" | sed 's/[.]ez$//'
        return
    done
}

refuse_unknown_step() {
    to=$(minor "$2")
    known=$(steps | sed -n "s/^$to from \([^;]*\).*/\1/p" | grep . || echo "${to%.*}.$((${to#*.} - 1))")
    case " $known " in
        *" $(minor "$1") "*) ;;
        *) refuse "RabbitMQ knows no way from $1 to $2. Upgrade to one of these first: $known." ;;
    esac
}

# Prints the feature flags without which the version $1 does not start.
needed_flags() { steps | sed -n "s/^$(minor "$1") from [^;]*; needs //p"; }
