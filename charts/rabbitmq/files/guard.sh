# Read by entry.sh: ends it, with one sentence, if the broker must not touch the data that it finds.

state=$RABBITMQ_MNESIA_BASE/.chart
flags=$RABBITMQ_MNESIA_BASE/$RABBITMQ_NODENAME-feature_flags

minor() { echo "$1" | cut -d. -f1,2; }

installed_version() {
    home=$(dirname "$(dirname "$(readlink -f "$(command -v rabbitmq-server)")")")
    for folder in "$home"/plugins/rabbit-[0-9]*; do
        echo "${folder##*/rabbit-}" | sed 's/[.]ez$//'
        return
    done
}

# Prints the minors that $1 may come from.
steps_to() {
    sed -n "s/^$1 from \([^;]*\).*/\1/p" "$files/steps" | grep . || echo "${1%.*}.$((${1#*.} - 1))"
}

missing_flags() {
    for flag in $(sed -n "s/^$1 from [^;]*; needs //p" "$files/steps"); do
        grep -qw "'*$flag'*" "$flags" 2> /dev/null || printf ' %s' "$flag"
    done
}

refuse_strange_data() {
    strange=$(find "$RABBITMQ_MNESIA_BASE" -mindepth 1 -maxdepth 1 ! -name lost+found ! -name .chart | head -n 1)
    if [ -e "$state/node" ]; then
        [ "$(cat "$state/node")" = "$RABBITMQ_NODENAME" ] || refuse "The volume belongs to the node \
$(cat "$state/node") and this one is $RABBITMQ_NODENAME, which would start empty beside it. Keep the \
release's name, namespace, fullnameOverride and clusterDomain."
    elif [ -n "$strange" ]; then
        [ -n "${ADOPT:-}" ] && [ -d "$RABBITMQ_MNESIA_BASE/$RABBITMQ_NODENAME" ] || refuse "The volume \
already holds ${strange##*/}, which this chart did not write, and RabbitMQ would ignore or damage it. \
Use an empty volume; or, if it is the data of $RABBITMQ_NODENAME, set upgrade.adopt to the version that wrote it."
    fi
}

refuse_step() {
    from=$(minor "$1") to=$(minor "$2")
    [ "$from" = "$to" ] && return
    newest=$(printf '%s\n' "$from" "$to" | sort -t. -k1,1n -k2,2n | tail -n 1)
    if [ "$newest" = "$from" ]; then
        # As long as no flag was enabled meanwhile, the older version knows all that was written.
        [ "$(minor "$(cat "$state/previous" 2> /dev/null)")" = "$to" ] && cmp -s "$flags" "$state/flags" && return
        refuse "The data was written by RabbitMQ $1 and its feature flags are on; $2 cannot read it. \
Go back to $from, or restore the volume from a snapshot."
    fi
    case " $(steps_to "$to") " in
        *" $from "*) ;;
        *) refuse "RabbitMQ knows no way from $1 to $2. Upgrade to one of these first: $(steps_to "$to")." ;;
    esac
    missing=$(missing_flags "$to")
    [ -z "$missing" ] || refuse "RabbitMQ $2 needs feature flags that are off:$missing. Go back to $1 and \
run: rabbitmqctl enable_feature_flag all"
}

refuse_strange_data
version=$(installed_version)
[ -n "$version" ] || refuse "The version of rabbitmq-server cannot be told: set upgrade.guard to false."
written=$(cat "$state/version" 2> /dev/null || echo "${ADOPT:-$version}")
refuse_step "$written" "$version"
mkdir -p "$state"
if [ "$(minor "$written")" != "$(minor "$version")" ]; then
    echo "$written" > "$state/previous"
    cp "$flags" "$state/flags" 2> /dev/null || : > "$state/flags"
fi
echo "$RABBITMQ_NODENAME" > "$state/node"
echo "$version" > "$state/version"
