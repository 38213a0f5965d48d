#!/bin/sh
# Boots a Linux system over an overlay of this one's root, in namespaces of its own: `boot.sh FOLDER`, as root.
# FOLDER has upper, work and root; what the system writes lies in upper, and is found there at the next boot.
# The process is systemd in the end, and everything ends with it.
set -eu

# What would reach the kernel that both systems share, or waits for devices that this one has not.
not_started='systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-udev-trigger.service
    systemd-udev-settle.service systemd-sysctl.service systemd-modules-load.service systemd-binfmt.service
    systemd-hwdb-update.service systemd-random-seed.service systemd-timesyncd.service systemd-pstore.service
    systemd-remount-fs.service systemd-fsck-root.service systemd-machine-id-commit.service systemd-firstboot.service
    systemd-journal-flush.service systemd-update-utmp.service systemd-tmpfiles-setup-dev.service kmod-static-nodes.service
    proc-sys-fs-binfmt_misc.automount proc-sys-fs-binfmt_misc.mount dev-hugepages.mount dev-mqueue.mount
    sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-fs-fuse-connections.mount
    console-getty.service networking.service apparmor.service keyboard-setup.service console-setup.service ldconfig.service
    swap.target timers.target systemd-ask-password-console.path systemd-ask-password-wall.path systemd-initctl.socket'
not_started_for_users='pipewire.service pipewire.socket dirmngr.socket gpg-agent.socket gpg-agent-browser.socket
    gpg-agent-extra.socket gpg-agent-ssh.socket gcr-ssh-agent.socket pk-debconf-helper.socket'

# Its own part of each hierarchy of control groups, which is the root of them in there.
enter_group() {
    for mounted in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup; do
        [ -e "$mounted/cgroup.procs" ] || continue
        mkdir -p "$mounted/etui-booted/$1"
        echo $$ >"$mounted/etui-booted/$1/cgroup.procs"
    done
}

mount_groups() {
    groups=$1/sys/fs/cgroup
    if [ -e /sys/fs/cgroup/cgroup.procs ]; then
        mount -t cgroup2 cgroup2 "$groups"
        return
    fi
    mount -t tmpfs -o mode=755 tmpfs "$groups"
    mkdir "$groups/systemd" "$groups/unified"
    mount -t cgroup -o none,name=systemd cgroup "$groups/systemd"
    mount -t cgroup2 cgroup2 "$groups/unified"
}

mount_devices() {
    mount -t tmpfs -o mode=755 tmpfs "$1/dev"
    for name in null zero full random urandom tty; do
        touch "$1/dev/$name"
        mount --bind "/dev/$name" "$1/dev/$name"
    done
    mkdir -m 1777 "$1/dev/shm"
    mkdir "$1/dev/pts"
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$1/dev/pts"
    ln -s pts/ptmx "$1/dev/ptmx"
    touch "$1/dev/console"
    mount --bind /dev/null "$1/dev/console"
}

# The kernel's own part of a sleep is a file: what is written there reaches no kernel.
mount_sleep() {
    [ -e "$1/sys/power/state" ] || return 0
    echo mem >"$1/run/sleep-state"
    mount --bind "$1/run/sleep-state" "$1/sys/power/state"
}

# What is started: a bus, logins and polkit, and nothing that this system's own multi-user.target wants.
write_units() {
    mkdir -p "$1"
    for name in $not_started; do
        ln -s /dev/null "$1/$name"
    done
    cat >"$1/booted.target" <<'UNIT'
[Unit]
Requires=basic.target
Wants=dbus.service systemd-logind.service polkit.service systemd-user-sessions.service
After=basic.target dbus.service systemd-logind.service polkit.service systemd-user-sessions.service
UNIT
}

boot() {
    root=$1/root
    mount --make-rprivate /
    mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" overlay "$root"
    mount -t proc proc "$root/proc" # nothing of it covered, or no user namespace in there may have one, as bubblewrap has
    mount -t sysfs -o ro sysfs "$root/sys"
    mount -t tmpfs -o mode=755 tmpfs "$root/run"
    mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
    mount_devices "$root"
    mount_groups "$root"
    mount_sleep "$root"
    write_units "$root/run/systemd/system"
    mkdir -p "$root/run/systemd/user"
    for name in $not_started_for_users; do
        ln -s /dev/null "$root/run/systemd/user/$name"
    done
    ip link set lo up
    hostname booted
    cd "$root"
    mkdir -p run/outside
    pivot_root . run/outside
    umount -l /run/outside
    rmdir /run/outside
    exec env -i container=etui-test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        setpriv --bounding-set=-sys_time,-sys_module,-sys_rawio,-mac_admin,-mac_override,-wake_alarm,-syslog \
        /lib/systemd/systemd --log-target=journal --show-status=0 --unit=booted.target </dev/null
}

case $1 in
    inside) boot "$2" ;;
    *)
        enter_group "$(basename "$1")"
        exec unshare --mount --pid --uts --ipc --net --cgroup --fork --kill-child=KILL "$(readlink -f "$0")" inside "$1"
        ;;
esac
