# Sourced by entry.sh: ends the start with one sentence if the broker would harm the data it finds.
# RabbitMQ itself checks neither the owner of the data nor a downgrade, and prints pages about a version
# that it skips. The Job before an upgrade, which checks this too, sees no nodes that are stopped.
state=$RABBITMQ_MNESIA_BASE/.chart
flags=$RABBITMQ_MNESIA_BASE/$RABBITMQ_NODENAME-feature_flags

minor() { echo "$1" | cut -d. -f1,2; }

# Writes only what changed, by a rename: a full disk must not leave an empty file.
keep() {
    [ "$(cat "$state/$1" 2> /dev/null)" != "$2" ] || return 0
    echo "$2" > "$state/$1.new"
    sync "$state/$1.new"
    mv "$state/$1.new" "$state/$1"
}

# Whether the feature flags are those that the data had at the end of a version up to this one.
flags_of_at_most() {
    for saved in "$state"/flags-*; do
        ! cmp -s "$flags" "$saved" || [ "$(printf '%s\n' "${saved##*-}" "$1" | sort -V | tail -n 1)" != "$1" ] || return 0
    done
    return 1
}

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

# The version, from the name of a folder: starting Erlang for it takes seconds.
server=$(readlink -f "$(command -v rabbitmq-server)")
version=$(ls "${server%/*/*}/plugins" | sed -n 's/^rabbit-\([0-9][0-9.]*[0-9]\).*/\1/p')
[ -n "$version" ] || refuse "The folder of rabbitmq-server names no version. Set upgrade.guard to false."
written=$(cat "$state/version" 2> /dev/null || echo "$version")
mkdir -p "$state"
if [ "$(minor "$written")" != "$(minor "$version")" ]; then
    case "$(minor "$version"):$(minor "$written")" in
    4.3:4.[01] | 4.3:3.*) refuse "RabbitMQ $version does not start on the data of $written: go to 4.2 first." ;;
    esac
    # A feature flag that is enabled changes what is written, and cannot be disabled.
    # So the data is that of the newest version whose flags it has, even if a later one has failed to start.
    newest=$(printf '%s\n' "$written" "$version" | sort -V | tail -n 1)
    [ "$newest" = "$version" ] || flags_of_at_most "$(minor "$version")" || refuse "The data was \
written by RabbitMQ $written with its feature flags enabled, and $version cannot read it. Go back to \
$(minor "$written"), or restore the volume from a snapshot."
    cp "$flags" "$state/flags-$(minor "$written")" 2> /dev/null || : > "$state/flags-$(minor "$written")"
fi
keep node "$RABBITMQ_NODENAME"
keep version "$version"
