#!/bin/sh
# SPDX-License-Identifier: MIT
# Shares of lines run by the suite, by room. Usage: coverage.sh BUILD (a coverage build, suite run)
set -eu
build=$(realpath "${1:?"usage: $0 BUILD"}")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
find "$build/src" -name '*.gcda' | sort | xargs gcov -n 2>/dev/null | awk '
    /^File / { file = $2; gsub(/\047/, "", file); next }
    /^Lines executed:/ && file ~ /\/src\// {
        split($0, part, /[:% ]+/)
        sub(/.*\/src\//, "", file)
        split(file, room, "/")
        total[room[1]] += part[5]
        run[room[1]] += part[3] * part[5] / 100
        file = ""
    }
    END {
        for (name in total) {
            printf "%-12s %6.1f %% of %5d lines\n", name, 100 * run[name] / total[name], total[name]
            all += total[name]
            hit += run[name]
        }
        if (all > 0)
            printf "%-12s %6.1f %% of %5d lines\n", "all", 100 * hit / all, all
    }' | sort
