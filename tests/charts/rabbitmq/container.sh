# container.sh ROOT FOLDER USER "SOURCE:TARGET ..." HOSTS COMMAND...
# Runs COMMAND in namespaces of its own, over a read-only ROOT with the given mounts.
set -e
root=$1 folder=$2 user=$3 mounts=$4 hosts=$5
shift 5
mount --make-rprivate /
mkdir -p "$folder/container"
mount -t tmpfs tmpfs "$folder/container"
cd "$folder/container"
mkdir upper work new
mount -t overlay overlay -o "lowerdir=$root,upperdir=upper,workdir=work" new
echo "$hosts" > new/etc/hosts
for pair in $mounts; do mkdir -p "new${pair#*:}"; done
mount -o remount,ro new
mount -t proc proc new/proc
mount -t tmpfs tmpfs new/dev
for device in null zero random urandom; do
    touch "new/dev/$device"
    mount --bind "/dev/$device" "new/dev/$device"
done
touch new/dev/termination-log
chmod 0666 new/dev/termination-log
mount -t tmpfs tmpfs new/tmp
for pair in $mounts; do
    mkdir -p "new${pair#*:}" 2> /dev/null || true
    mount --bind "${pair%%:*}" "new${pair#*:}"
done
exec /usr/sbin/chroot new setpriv --pdeathsig KILL --reuid="$user" --regid="$user" --clear-groups --no-new-privs --bounding-set=-all "$@"
