#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs what building, testing or developing spinodal needs, on Debian and Ubuntu.
#
#   tools/setup.sh [--check] [build] [figures] [test] [docs] [mpi] [dev] [arm64]
#
# Each package is looked up first: when all are there, neither root nor network is needed. Otherwise
# apt-get runs as root, or through sudo where that asks no password. Where it may not, and with
# --check, the command to type is printed and the exit status is 1. On other systems the script
# looks for the programs and libraries themselves and lists those it does not find.
set -u

# One line a need: set, Debian packages of which one is enough (the first is installed), how to find
# it on other systems (command:NAME, pkg-config:MODULE[,MODULE] or header:FILE). What stands behind a "?" is
# wanted where the system has such a package, and done without elsewhere.
needs() {
    cat <<'LIST'
build gcc|clang command:cc
build make command:make
build cmake command:cmake
build ninja-build command:ninja
build pkg-config|pkgconf command:pkg-config
build libc6-dev header:math.h
build libopenblas-pthread-dev|libopenblas-openmp-dev|libopenblas-serial-dev pkg-config:openblas
build libyaml-dev pkg-config:yaml-0.1
build libhdf5-dev pkg-config:hdf5-serial,hdf5
build libjansson-dev pkg-config:jansson
build libzip-dev pkg-config:libzip
build zlib1g-dev pkg-config:zlib
build librandom123-dev header:Random123/philox.h
figures gnuplot-nox|gnuplot-qt|gnuplot-x11 command:gnuplot
figures fonts-dejavu-core -
test libcmocka-dev pkg-config:cmocka
test binutils command:nm
test g++|clang command:c++
test python3 command:python3
test ?chromium-driver command:chromedriver
docs python3-sphinx command:sphinx-build
docs python3-myst-parser -
docs furo -
docs python3-breathe -
docs doxygen command:doxygen
test ?python3-cffi -
test ?python3-dev -
test ?python3-setuptools -
test ?python3-wheel -
test ?python3-pytest -
test ?python3-numpy -
test ?python3-h5py -
test ?python3-pandas -
test ?python3-matplotlib -
test ?python3-tqdm -
test ?mypy -
test ?python3-torch -
mpi libopenmpi-dev command:mpicc
mpi openmpi-bin command:mpirun
mpi libmpich-dev command:mpicc.mpich
mpi mpich command:mpirun.mpich
dev clang command:clang
dev clang-format command:clang-format
dev clang-tidy command:clang-tidy
arm64 gcc-aarch64-linux-gnu command:aarch64-linux-gnu-gcc
arm64 qemu-user-static|qemu-user command:qemu-aarch64-static
LIST
}

say() {
    printf '%s\n' "setup: $*" >&2
}

usage() {
    sed -n '5p' "$0" | sed 's/^# */usage: /' >&2
    exit 2
}

# Needs of the wanted sets, without the name of the set.
wanted_needs() {
    needs | while read -r set packages probe; do
        case " $sets " in
        *" $set "*) printf '%s %s\n' "$packages" "$probe" ;;
        esac
    done
}

is_installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# The first package of each need that no installed package meets.
missing_packages() {
    wanted_needs | while read -r packages probe; do
        found=no
        case $packages in
        '?'*)
            packages=${packages#'?'}
            apt-cache show "${packages%%|*}" >/dev/null 2>&1 || found=yes
            ;;
        esac
        for package in $(printf '%s' "$packages" | tr '|' ' '); do
            if is_installed "$package"; then
                found=yes
                break
            fi
        done
        [ "$found" = yes ] || printf '%s ' "${packages%%|*}"
    done
}

has_probe() {
    case $1 in
    -) return 0 ;;
    command:*) command -v "${1#command:}" >/dev/null 2>&1 ;;
    pkg-config:*)
        for module in $(printf '%s' "${1#pkg-config:}" | tr ',' ' '); do
            pkg-config --exists "$module" 2>/dev/null && return 0
        done
        return 1
        ;;
    header:*) printf '#include <%s>\n' "${1#header:}" | cc -E -x c - >/dev/null 2>&1 ;;
    esac
}

other_system() {
    missing=$(wanted_needs | while read -r packages probe; do
        case $packages in '?'*) continue ;; esac
        has_probe "$probe" || printf '  %-32s (on Debian: %s)\n' "$probe" "${packages%%|*}"
    done)
    if [ -z "$missing" ]; then
        return 0
    fi
    say "this is not Debian or Ubuntu; please install what was not found:"
    printf '%s\n' "$missing" >&2
    return 1
}

# Runs apt-get as root, asking nothing.
apt() {
    $root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 \
        -o Dpkg::Use-Pty=0 "$@" </dev/null
}

has_candidates() {
    for package in $missing; do
        apt-cache show "$package" >/dev/null 2>&1 || return 1
    done
}

install_missing() {
    say "installing $missing"
    updated=no
    if ! has_candidates; then
        apt update || return 1
        updated=yes
        missing=$(missing_packages)
        missing=${missing% }
    fi
    # shellcheck disable=SC2086
    if apt install --no-install-recommends $missing; then
        return 0
    fi
    # Lists that are too old name packages that are no longer there.
    # shellcheck disable=SC2086
    [ "$updated" = no ] && apt update && apt install --no-install-recommends $missing
}

debian() {
    missing=$(missing_packages)
    missing=${missing% }
    if [ -z "$missing" ]; then
        return 0
    fi
    command="apt-get install --no-install-recommends $missing"
    root=
    if [ "$check" = yes ]; then
        say "these packages are missing; to install them, type"
        printf '  sudo apt-get update && sudo %s\n' "$command" >&2
        return 1
    fi
    if [ "$(id -u)" != 0 ]; then
        root="sudo -n"
        if ! sudo -n true >/dev/null 2>&1; then
            say "packages are missing, and installing them needs root; type"
            printf '  sudo apt-get update && sudo %s\n' "$command" >&2
            say "and run this again"
            return 1
        fi
    fi
    if ! install_missing; then
        say "installing failed: see the lines above; the command was"
        printf '  %s %s\n' "$root" "$command" >&2
        return 1
    fi
    left=$(missing_packages)
    if [ -n "$left" ]; then
        say "still missing after installing: $left"
        return 1
    fi
}

# CMake 3.22 came with Ubuntu 22.04 and Debian 12 has 3.25; presets need it.
cmake_is_new_enough() {
    version=$(cmake --version 2>/dev/null | sed -n '1s/^cmake version //p')
    major=${version%%.*}
    minor=${version#*.}
    minor=${minor%%.*}
    if [ "${major:-0}" -gt 3 ] || { [ "${major:-0}" -eq 3 ] && [ "${minor:-0}" -ge 22 ]; }; then
        return 0
    fi
    say "CMake 3.22 or newer is needed; found: ${version:-none}"
    return 1
}

check=no
sets=
for argument in "$@"; do
    case $argument in
    --check) check=yes ;;
    build | figures | test | docs | mpi | dev | arm64) sets="$sets $argument" ;;
    *) usage ;;
    esac
done
sets=${sets:-build figures}

if command -v dpkg-query >/dev/null 2>&1 && command -v apt-get >/dev/null 2>&1; then
    debian || exit 1
else
    other_system || exit 1
fi
case " $sets " in
*" build "*) cmake_is_new_enough || exit 1 ;;
esac
