# Sourced by entry.sh: ends the start with one sentence if the broker would harm the data it finds.
# RabbitMQ itself refuses an upgrade that lacks feature flags; it does not refuse a downgrade.

. "$files/versions.sh"

state=$RABBITMQ_MNESIA_BASE/.chart
flags=$RABBITMQ_MNESIA_BASE/$RABBITMQ_NODENAME-feature_flags

refuse_foreign_data() {
    # NetApp shows its snapshots in the root of each volume.
    found=$(find "$RABBITMQ_MNESIA_BASE" -mindepth 1 -maxdepth 1 ! -name lost+found ! -name .snapshot ! -name .chart | head -n 1)
    if [ -e "$state/node" ]; then
        [ "$(cat "$state/node")" = "$RABBITMQ_NODENAME" ] || refuse "The volume belongs to the node \
$(cat "$state/node"), and this node is $RABBITMQ_NODENAME: it would start without that data. Keep the \
release's name, namespace, fullnameOverride and clusterDomain."
    elif [ -n "$found" ]; then
        [ "${ADOPT:-}" = true ] && [ -d "$RABBITMQ_MNESIA_BASE/$RABBITMQ_NODENAME" ] || refuse "The volume \
holds ${found##*/}, which this chart did not write. RabbitMQ would ignore or damage it. Use an empty \
volume. If it is the data of $RABBITMQ_NODENAME, set upgrade.adopt to true."
    fi
}

# A feature flag that is enabled changes what is written, and cannot be disabled.
refuse_downgrade() {
    older "$2" "$1" || return 0
    same_minor "$(cat "$state/previous" 2> /dev/null)" "$2" && cmp -s "$flags" "$state/flags" && return
    refuse "The data was written by RabbitMQ $1 with its feature flags enabled, and $2 cannot read it. \
Go back to $(minor "$1"), or restore the volume from a snapshot."
}

# Writes only what changed, by a rename: a full disk must not leave an empty file.
keep() {
    [ "$(cat "$state/$1" 2> /dev/null)" = "$2" ] && return
    echo "$2" > "$state/$1.new"
    sync "$state/$1.new"
    mv "$state/$1.new" "$state/$1"
}

refuse_foreign_data
version=$(installed_version)
[ -n "$version" ] || refuse "The folder of rabbitmq-server names no version. Set upgrade.guard to false."
written=$(cat "$state/version" 2> /dev/null || echo "$version")
refuse_downgrade "$written" "$version"
mkdir -p "$state"
if ! same_minor "$written" "$version"; then
    keep previous "$written"
    cp "$flags" "$state/flags" 2> /dev/null || : > "$state/flags"
fi
keep node "$RABBITMQ_NODENAME"
keep version "$version"
