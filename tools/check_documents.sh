#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs what the documents show. In README.md and docs/*.md a comment on the line before a fenced block
# says what it is:
#   <!-- run -->          its commands run, all in one scratch folder a page, and must succeed
#   <!-- file: NAME -->   the block is written to NAME in that folder first
# Without a comment every ```c block that includes something must compile against the public headers.
# `spinodal` is the program given; with "-" nothing is run. examples/ of the repository is there.
# Usage: check_documents.sh PROGRAM [PAGE...] (from the repository root)
set -eu
program=${1:?"usage: $0 PROGRAM [PAGE...]"}
[ "$program" = - ] || program=$(realpath "$program")
shift
root=$(pwd)
[ $# -gt 0 ] || set -- README.md docs/*.md
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/bin"
ln -s "$program" "$scratch/bin/spinodal"
PATH=$scratch/bin:$PATH
export PATH

# One file a marked block, NUMBER.KIND, in the order of the page.
extract() {
    awk -v out="$2" '
    /^<!-- (run|file: [^ ]+) -->$/ {
        kind = $2
        sub(/:$/, "", kind)
        argument = kind == "file" ? $3 : ""
        marked = 1
        next
    }
    /^```/ && inside { inside = 0; close(target); next }
    /^```c$/ && !marked {
        kind = "compile"
        marked = 1
    }
    /^```/ && marked {
        count++
        target = sprintf("%s/%03d.%s", out, count, kind)
        if (kind == "file")
            print argument > (target "name")
        printf "" > target
        inside = 1
        marked = 0
        next
    }
    inside { sub(/^\$ /, "", $0); print > target }
    !inside && marked && NF { print FILENAME ":" FNR ": a mark without a block"; exit 1 }
    ' "$1"
}

compile() {
    grep -q '^#include' "$1" || return 0
    "${CC:-cc}" -std=c11 -Wall -Wextra -Werror -D_POSIX_C_SOURCE=200809L -I"$root/include" \
        -fsyntax-only -x c "$1"
}

failures=0
blocks=0
for page in "$@"; do
    name=$(printf '%s' "$page" | tr '/' '_')
    mkdir "$scratch/$name" "$scratch/$name/blocks" "$scratch/$name/page"
    extract "$page" "$scratch/$name/blocks"
    ln -s "$root/examples" "$scratch/$name/page/examples"
    for block in "$scratch/$name/blocks"/*; do
        [ -e "$block" ] || continue
        status=0
        case $block in
        *.filename) continue ;;
        *.file) (cd "$scratch/$name/page" && cp "$block" "$(cat "${block}name")") || status=$? ;;
        *.run) [ "$program" = - ] || (cd "$scratch/$name/page" && sh -eu "$block") >"$scratch/log" 2>&1 </dev/null || status=$? ;;
        *.compile) compile "$block" >"$scratch/log" 2>&1 || status=$? ;;
        esac
        blocks=$((blocks + 1))
        if [ "$status" -ne 0 ]; then
            failures=$((failures + 1))
            echo "$page: this block ends with status $status:"
            sed 's/^/    | /' "$block"
            tail -n 20 "$scratch/log" | sed 's/^/    > /'
        fi
    done
done
echo "$blocks blocks of $# pages, $failures failed"
[ "$failures" -eq 0 ]
