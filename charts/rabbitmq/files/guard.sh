# Read by entry.sh: ends it, with one sentence, if the broker must not touch the data that it finds.

. "$files/versions.sh"

state=$RABBITMQ_MNESIA_BASE/.chart
flags=$RABBITMQ_MNESIA_BASE/$RABBITMQ_NODENAME-feature_flags

missing_flags() {
    for flag in $(needed_flags "$1"); do
        grep -qw "'*$flag'*" "$flags" 2> /dev/null || printf ' %s' "$flag"
    done
}

refuse_strange_data() {
    # NetApp shows its snapshots in the root of each volume.
    strange=$(find "$RABBITMQ_MNESIA_BASE" -mindepth 1 -maxdepth 1 ! -name lost+found ! -name .snapshot ! -name .chart | head -n 1)
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
    same_minor "$1" "$2" && return
    if older "$2" "$1"; then
        # As long as no flag was enabled meanwhile, the older version knows all that was written.
        same_minor "$(cat "$state/previous" 2> /dev/null)" "$2" && cmp -s "$flags" "$state/flags" && return
        refuse "The data was written by RabbitMQ $1 and its feature flags are on; $2 cannot read it. \
Go back to $(minor "$1"), or restore the volume from a snapshot."
    fi
    refuse_unknown_step "$1" "$2"
    missing=$(missing_flags "$2")
    [ -z "$missing" ] || refuse "RabbitMQ $2 needs feature flags that are off:$missing. Go back to $1 and \
run: rabbitmqctl enable_feature_flag all"
}

# Only what changed, and never half of it: a full disk or a lost machine must not leave an empty file.
keep() {
    [ "$(cat "$state/$1" 2> /dev/null)" = "$2" ] && return
    echo "$2" > "$state/$1.new"
    sync "$state/$1.new"
    mv "$state/$1.new" "$state/$1"
}

refuse_strange_data
version=$(installed_version)
[ -n "$version" ] || refuse "The version of rabbitmq-server cannot be told: set upgrade.guard to false."
written=$(cat "$state/version" 2> /dev/null || echo "${ADOPT:-$version}")
refuse_step "$written" "$version"
mkdir -p "$state"
if ! same_minor "$written" "$version"; then
    keep previous "$written"
    cp "$flags" "$state/flags" 2> /dev/null || : > "$state/flags"
fi
keep node "$RABBITMQ_NODENAME"
keep version "$version"
