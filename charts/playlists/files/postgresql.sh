# Start of PostgreSQL: creates the database if the volume is empty, and applies the password of the
# Secret. The server in single-user mode accepts no connection, so no other password is needed.
set -eu
umask 077

# A server that was killed leaves its PID in the volume: in a container, that of this shell.
single() { PG_GRANDPARENT_PID=$$ postgres --single -D "$1" "$2" > /dev/null; }

if [ ! -e "$PGDATA/PG_VERSION" ]; then
    # Under another name, so that an interrupted start leaves no incomplete database.
    new=$PGDATA.new
    rm -rf "$new"
    initdb --pgdata="$new" --username=postgres --encoding=UTF8 --locale=C --auth=reject --data-checksums
    echo 'CREATE ROLE mare LOGIN' | single "$new" postgres
    echo 'CREATE DATABASE mare OWNER mare' | single "$new" postgres
    mv "$new" "$PGDATA"
    sync
fi
quoted=$(printf %s "$PASSWORD" | sed "s/'/''/g")
echo "ALTER ROLE mare PASSWORD '$quoted'" | single "$PGDATA" postgres
unset PASSWORD quoted
exec postgres -D "$PGDATA" -c listen_addresses='*' -c unix_socket_directories= -c ssl=off \
    -c hba_file=/etc/postgresql-files/pg_hba.conf "$@"
