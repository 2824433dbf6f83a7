#!/bin/sh
# SPDX-License-Identifier: MIT
# Pages for man(1), and completions for bash and zsh, as the program prints them from its tables.
# Usage: make_manual.sh OUT PROGRAM... (PROGRAM with what is needed in front of it)
set -eu
out=$1
shift
rm -rf "$out"
mkdir -p "$out/man1"
"$@" help bash >"$out/spinodal.bash"
"$@" help zsh >"$out/_spinodal"
"$@" help man >"$out/man1/spinodal.1"
for command in $(sed -n "s/^_spinodal_commands=' \(.*\) help'$/\1/p" "$out/spinodal.bash"); do
    "$@" help man "$command" >"$out/man1/spinodal-$command.1"
done
touch "$out/made"
