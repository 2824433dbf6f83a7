#!/bin/sh
# SPDX-License-Identifier: MIT
# `reproduce fig2` leaves a figure in three formats, with its script and its data.
. "$(dirname "$0")/harness.sh"
command -v gnuplot >/dev/null 2>&1 || {
    echo "gnuplot is not installed: skipped"
    exit 77
}

# expect_kind SUFFIX START: some file of the figure has this suffix and begins so.
expect_kind() {
    checks=$((checks + 1))
    file=$(find figures -name "fig2*.$1" | head -n 1)
    if [ -z "$file" ] || ! head -c 400 "$file" | LC_ALL=C grep -aq -e "$2"; then
        complain "no file fig2*.$1 that begins with $2"
    fi
}

run spinodal reproduce fig2 -o figures
expect_status 0
expect_kind svg '<svg'
expect_kind pdf '%PDF-'
expect_kind png 'PNG'
expect_kind gp 'gnuplot\|set \|reset\|#'

# Not over what is there, unless asked to.
run spinodal reproduce fig2 -o figures
expect_stderr '--force'
checks=$((checks + 1))
[ "$status" -ne 0 ] || complain "an existing figure was replaced"
run spinodal reproduce fig2 -o figures --force
expect_status 0
finish
