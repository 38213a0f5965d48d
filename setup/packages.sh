# Debian packages: which of a list are missing, and how they are installed. Sourced by ./run and ./test.
# A list holds a package a line and, after a #, what does not work without it.

# Prints the lines of the list $1 whose package is neither installed nor provided by an installed one.
missing_packages() {
    dpkg-query --show --showformat='${db:Status-Status} ${Package} ${Provides}\n' | awk '
        NR == FNR { if ($1 == "installed") for (i = 2; i <= NF; i++) { sub(/,$/, "", $i); here[$i] } next }
        /^[a-z0-9]/ && !($1 in here)
    ' - "$1"
}

# Runs apt-get with the arguments given, by sudo unless as root, and prints the command first.
apt_get() {
    set -- env DEBIAN_FRONTEND=noninteractive apt-get --yes -o DPkg::Lock::Timeout=120 "$@"
    [ "$(id -u)" = 0 ] || set -- sudo "$@"
    echo "+ $*"
    "$@" </dev/null
}

# Compares this machine with the list $1 and, as root or if $2 is "yes", installs what is missing.
# What stays missing is said, and is no failure: the rest of Etui works without.
provide_packages() {
    if ! command -v dpkg-query >/dev/null; then
        echo "This is not Debian or one of its kin. Etui wants what Debian packages as:"
        grep '^[a-z0-9]' "$1"
        return
    fi
    missing=$(missing_packages "$1")
    [ -n "$missing" ] || return 0
    echo "Debian packages that are missing, and what does not work without them:"
    echo "$missing"
    names=$(echo "$missing" | awk '{ printf " %s", $1 }')
    if [ "$(id -u)" != 0 ] && [ "$2" != yes ]; then
        echo "They were not installed. To have them, give --install, or as root run:"
        echo "  apt-get install --no-install-recommends$names"
        return
    fi
    # The first try fails where the lists of packages were never fetched, or are old.
    # shellcheck disable=SC2086 # a word for each name
    apt_get install --no-install-recommends $names ||
        { apt_get update && apt_get install --no-install-recommends $names; } ||
        echo "They could not be installed (see above). What is named beside them will not work."
}
