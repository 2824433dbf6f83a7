#!/bin/sh
# SPDX-License-Identifier: MIT
# Unpacks Debian's arm64 packages of the libraries that spinodal links, and of cmocka, into a folder for
# cmake/arm64.cmake. Nothing is installed: apt works on lists of its own inside that folder, so that
# neither root nor a second architecture in dpkg is needed.
# Usage: arm64_sysroot.sh [FOLDER]    (build/arm64-sysroot)
set -eu
tools=$(cd "$(dirname "$0")" && pwd)
sysroot=${1:-$tools/../build/arm64-sysroot}
if [ -e "$sysroot" ]; then
    echo "arm64_sysroot: $sysroot is there already"
    exit 0
fi
part=$sysroot.part
apt=$(mktemp -d)
trap 'rm -rf "$apt" "$part"' EXIT
mkdir -p "$part"
chmod 755 "$apt"
mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial"
: >"$apt/status"

cat >"$apt/apt.conf" <<CONF
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Install-Recommends "false";
Dir::State "$apt/state";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
CONF
APT_CONFIG=$apt/apt.conf
export APT_CONFIG

# The libraries among what setup.sh installs; of alternatives the first.
packages=$(sed -n 's/^\(build\|test\) \([^ |]*-dev\)[ |].*/\2/p' "$tools/setup.sh")
apt-get -q update || echo "arm64_sysroot: some lists could not be fetched" >&2
# shellcheck disable=SC2086
apt-get -q -y -o Dpkg::Use-Pty=0 install --download-only $packages </dev/null
for package in "$apt"/cache/archives/*.deb; do
    dpkg -x "$package" "$part"
done

# What the packages' own scripts would do: of several BLAS one has the plain names.
libraries=$part/usr/lib/aarch64-linux-gnu
for file in "$libraries"/openblas-*/libopenblas.*; do
    ln -sf "$(basename "$(dirname "$file")")/$(basename "$file")" "$libraries/"
done
for file in "$libraries"/openblas-*/pkgconfig/openblas.pc; do
    ln -sf "../${file#"$libraries"/}" "$libraries/pkgconfig/"
done
mv "$part" "$sysroot"
echo "arm64_sysroot: $sysroot is ready"
