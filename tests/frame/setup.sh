#!/bin/sh
# SPDX-License-Identifier: MIT
# tools/setup.sh against a pretended system: dpkg-query, apt-get, apt-cache, sudo, id and cmake are
# small scripts that act on files in a scratch folder. Nothing is installed.
set -eu
setup=$(pwd)/tools/setup.sh
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0

script() {
    printf '#!/bin/sh\n%s\n' "$2" >"$scratch/bin/$1"
    chmod +x "$scratch/bin/$1"
}

# A fresh system: nothing installed, every package known, a user with sudo.
system() {
    rm -rf "$scratch/bin" "$scratch/state"
    mkdir "$scratch/bin" "$scratch/state"
    for tool in sh env sed tr cat grep; do
        ln -s "$(command -v "$tool")" "$scratch/bin/$tool"
    done
    : >"$scratch/state/installed"
    : >"$scratch/state/log"
    touch "$scratch/state/lists"
    script dpkg-query 'for last; do :; done
        grep -qx -e "$last" "$STATE/installed" || exit 1
        printf installed'
    script apt-cache 'test -e "$STATE/lists"'
    script apt-get 'echo "apt-get $*" >>"$STATE/log"
        echo "frontend $DEBIAN_FRONTEND" >>"$STATE/log"
        if read -r line; then echo "stdin is open" >>"$STATE/log"; fi
        case " $* " in
        *" update "*) : >"$STATE/lists"; : >"$STATE/fresh"; exit 0 ;;
        esac
        if [ -e "$STATE/stale" ] && [ ! -e "$STATE/fresh" ]; then exit 100; fi
        if [ -e "$STATE/broken" ]; then exit 100; fi
        for word; do
            case $word in
            -* | install | DPkg* | Dpkg*) ;;
            *) echo "$word" >>"$STATE/installed" ;;
            esac
        done'
    script sudo 'echo "sudo $*" >>"$STATE/log"
        [ "$1" = -n ] || exit 1
        shift
        exec "$@"'
    script id 'echo 1000'
    script true "exit 0"
    script cmake 'echo "cmake version 3.22.1"'
}

# expect STATUS ARGUMENTS...: run the script on the pretended system.
expect() {
    wanted=$1
    shift
    what="setup.sh $*"
    status=0
    env -i PATH="$scratch/bin" STATE="$scratch/state" sh "$setup" "$@" \
        >"$scratch/output" 2>&1 </dev/null || status=$?
    [ "$status" -eq "$wanted" ] || complain "status $status instead of $wanted"
}

complain() {
    failures=$((failures + 1))
    echo "$what: $1"
    sed 's/^/    output | /' "$scratch/output"
    sed 's/^/    calls  | /' "$scratch/state/log"
}

called() {
    grep -Eq -e "$1" "$scratch/state/log" || complain "no call matches: $1"
}

not_called() {
    if grep -Eq -e "$1" "$scratch/state/log"; then
        complain "a call matches: $1"
    fi
}

says() {
    grep -Eq -e "$1" "$scratch/output" || complain "nothing printed matches: $1"
}

# A user with sudo: everything is installed, asking nothing, without recommended packages.
system
expect 0 build figures test
called '^sudo -n env DEBIAN_FRONTEND=noninteractive apt-get .*install --no-install-recommends '
called 'install .* libopenblas-pthread-dev .*libcmocka-dev'
called '^frontend noninteractive'
not_called 'stdin is open'
not_called ' update'
not_called 'clang'

# All there: neither root nor network, not even looked for.
: >"$scratch/state/log"
expect 0 build figures test
[ ! -s "$scratch/state/log" ] || complain "something was called"

# What a system does not have is done without where the list says so.
system
script apt-cache 'test -e "$STATE/lists" && [ "$2" != chromium-driver ]'
expect 0 test
called 'install .* libcmocka-dev'
not_called 'chromium'
system
rm "$scratch/state/lists"
expect 0 test
called 'install .* chromium-driver'

# One missing: only that one is installed.
system
expect 0 build figures test
sed -i '/^libyaml-dev$/d' "$scratch/state/installed"
expect 0 build
called 'no-install-recommends libyaml-dev$'

# Another package that does the same job is as good.
sed -i 's/^libopenblas-pthread-dev$/libopenblas-openmp-dev/; s/^gcc$/clang/' "$scratch/state/installed"
: >"$scratch/state/log"
expect 0 build
[ ! -s "$scratch/state/log" ] || complain "an alternative was not recognised"

# Root needs no sudo.
system
script id 'echo 0'
rm "$scratch/bin/sudo"
expect 0 build
called '^apt-get .* install'

# No lists yet: they are fetched first. Lists too old: fetched when the first try fails.
system
rm "$scratch/state/lists"
expect 0 build
called ' update$'
system
: >"$scratch/state/stale"
expect 0 build
called ' update$'

# Installing fails: says so and prints the command.
system
: >"$scratch/state/broken"
expect 1 build
says 'installing failed'
says 'apt-get install --no-install-recommends gcc'

# sudo would ask a password, or is not there: prints the command and stops.
system
script sudo 'exit 1'
expect 1 build
says 'sudo apt-get install --no-install-recommends gcc make cmake'
not_called 'apt-get'
rm "$scratch/bin/sudo"
expect 1 build
says 'needs root'

# --check never installs.
system
script id 'echo 0'
expect 1 --check build
says 'are missing'
not_called 'apt-get'

# CMake from elsewhere that is too old.
system
expect 0 build
script cmake 'echo "cmake version 3.18.4"'
expect 1 build
says '3.22 or newer is needed; found: 3.18.4'
script cmake 'echo "cmake version 4.0.1"'
expect 0 build

# Another system: lists what is not found, by what it is and not only by Debian's name.
system
rm "$scratch/bin/dpkg-query" "$scratch/bin/apt-get"
script pkg-config '[ "$2" != libzip ] && [ "$2" != hdf5-serial ]'
script cc 'exit 0'
script make ''
script ninja ''
script gnuplot ''
expect 1 build figures
says 'not Debian or Ubuntu'
says 'pkg-config:libzip +\(on Debian: libzip-dev\)'
[ "$(wc -l <"$scratch/output")" -eq 2 ] || complain "more was listed than is missing"
script pkg-config 'exit 0'
expect 0 build figures

expect 2 everything
says '^usage: '
[ "$failures" -eq 0 ]
