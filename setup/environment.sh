# The Python environment .venv: made when it is not there, mended when its requirements changed.
# Sourced by ./run and ./test, which stand at the root of the checkout.
# A stamp .venv/etui-NAME holds the Python and the digest of requirements/NAME.txt and of this file.

system_python=/usr/bin/python3

stop() {
    echo "$*" >&2
    exit 1
}

# Prints the Python to make .venv with: PYTHON, else the system's where it will do, since the system keeps it
# patched and nobody but root can put another in its place, else the one that PATH finds first.
chosen_python() {
    if [ -n "${PYTHON:-}" ]; then
        echo "$PYTHON"
    elif "$system_python" -I -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        echo "$system_python"
    else
        echo python3
    fi
}

# Prints what the stamp for requirements/$1.txt should be; fails where .venv has no Python that works.
environment_stamp() {
    .venv/bin/python -I --version 2>/dev/null && cat "requirements/$1.txt" setup/environment.sh | sha256sum
}

environment_is_ready() {
    stamp=$(environment_stamp "$1") && [ "$(cat ".venv/etui-$1" 2>/dev/null)" = "$stamp" ]
}

# Makes .venv with the Python of this machine, which has to be 3.11 or later and to have venv.
make_environment() {
    python=$(chosen_python)
    command -v "$python" >/dev/null ||
        stop "Etui needs Python 3.11 or later, and there is no $python. On Debian: apt-get install python3-venv"
    "$python" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        stop "Etui needs Python 3.11 or later, and $python is $("$python" --version 2>&1)." \
            "Name another one: PYTHON=/path/to/python3.11 $0"
    "$python" -I -c 'import ensurepip, venv' 2>/dev/null ||
        stop "$python lacks its venv module. On Debian: apt-get install python3-venv"
    echo "Making .venv with $("$python" --version)"
    "$python" -I -m venv --clear .venv
}

# Makes the package importable, and startable as .venv/bin/etui and .venv/bin/age-plugin-etui, without a build: by a path
# file, which is relative to the folder that it lies in. -I: neither the folder where etui is called nor PYTHON* variables
# decide what is imported. The Python files are called as the programs, since that is what the dialog then calls who asks.
link_package() {
    site=$(.venv/bin/python -I -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    echo ../../../../src >"$site/etui.pth"
    mkdir -p .venv/libexec
    cat >.venv/libexec/etui <<'END'
import sys

from etui.cli.main import main

sys.exit(main(sys.argv[1:]))
END
    cat >.venv/libexec/age-plugin-etui <<'END'
import sys

# Without Python's module site (-S), which age would wait for: what it would have put here.
root = __file__.rpartition("/.venv/")[0]
sys.path += [f"{root}/src", f"{root}/.venv/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"]

from etui.doors.age.__main__ import run

run()
END
    cat >.venv/bin/etui <<'END'
#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
exec "$here/python" -I "$here/../libexec/etui" "$@"
END
    cat >.venv/bin/age-plugin-etui <<'END'
#!/bin/sh
here=${0%/bin/*}
if [ ! -f "$here/libexec/age-plugin-etui" ]; then # by a link, or by a relative path
    here=$(readlink -f "$0")
    here=${here%/bin/*}
fi
exec "$here/bin/python" -I -S "$here/libexec/age-plugin-etui" "$@"
END
    chmod 755 .venv/bin/etui .venv/bin/age-plugin-etui
}

# Installs requirements/$1.txt: what its hashes name, as wheels, so that nothing is built here, and nothing
# is fetched that has no hash. Then compiles, since an Extension sees its code read-only.
install_requirements() {
    echo "Installing requirements/$1.txt into .venv; the first time this downloads 110 MB or more"
    .venv/bin/python -I -m pip install --quiet --disable-pip-version-check --no-input \
        --require-hashes --no-deps --only-binary :all: --requirement "requirements/$1.txt"
    .venv/bin/python -I -m compileall -q -x '\.tmpl\.py$' "$(dirname "$site")"
}

# Makes .venv fit requirements/$1.txt, where it does not. The requirements of the tests contain those of
# a run, so an environment that was made for tests serves both.
provide_environment() {
    (
        flock 9 # another ./run or ./test may be at it
        environment_is_ready "$1" && exit
        [ -w . ] || stop "$PWD cannot be written, so .venv cannot be made: run $0 once as its owner."
        rm -f .venv/etui-*
        .venv/bin/python -I -m pip --version >/dev/null 2>&1 || make_environment
        link_package
        install_requirements "$1"
        environment_stamp "$1" >".venv/etui-$1"
        [ "$1" != test ] || environment_stamp run >.venv/etui-run
    ) 9<requirements
    [ ! -w src/etui ] || .venv/bin/python -I -m compileall -q src/etui
}
