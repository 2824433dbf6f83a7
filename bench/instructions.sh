#!/bin/sh
# SPDX-License-Identifier: MIT
# Counts the instructions of the main paths with callgrind and compares them with instructions.txt.
# Unlike times, counts hardly depend on what else the machine does. valgrind knows no AVX-512: what is
# counted is at most the AVX2 path, of our kernels and of OpenBLAS (fixed to its Haswell kernels). Counts
# belong to a compiler, libm and OpenBLAS: after a change of those, refresh.
#
#   bench/instructions.sh PROGRAM             compare; 1 when something needs more than TOLERANCE % more
#   bench/instructions.sh PROGRAM --refresh   write new expectations
set -eu
program=${1:?"usage: $0 PROGRAM [--refresh]"}
mode=${2:-}
expected=$(dirname "$0")/instructions.txt
tolerance=${TOLERANCE:-4}
if ! command -v valgrind >/dev/null 2>&1; then
    echo "bench-guard: skipped, valgrind is not installed (apt install valgrind)"
    exit 0
fi
export OPENBLAS_CORETYPE=Haswell OPENBLAS_NUM_THREADS=1

collected() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" 2>&1 |
        awk '/Collected :/ { count = $4 } /spinodal-instructions:/ { print > "/dev/stderr" }
             END { if (count == "") exit 1; printf "%.0f\n", count }'
}

# Instructions of one piece of work: what more of them cost, so that loading and setting up drop out.
measure() {
    few=$(collected "$1" 1) && many=$(collected "$1" "$((1 + $2))")
    awk -v few="$few" -v many="$many" -v times="$2" 'BEGIN { printf "%.0f\n", (many - few) / times }'
}

describe() {
    compiler=$(${CC:-cc} --version | head -n 1)
    echo "# Instructions of one piece of work: network 3-5-5-2, 1000 samples (bench/instructions.c)."
    echo "# Refresh: make bench-guard-refresh. Made with: $compiler"
}

counts=$(mktemp)
trap 'rm -f "$counts"' EXIT
[ "$mode" != --refresh ] || describe >"$counts"
failures=0
while read -r item times; do
    count=$(measure "$item" "$times")
    if [ "$mode" = --refresh ]; then
        printf '%s %s\n' "$item" "$count" | tee -a "$counts"
        continue
    fi
    before=$(awk -v item="$item" '$1 == item { print $2 }' "$expected")
    if [ -z "$before" ]; then
        echo "bench-guard: $item: no expectation; make bench-guard-refresh"
        failures=$((failures + 1))
        continue
    fi
    awk -v item="$item" -v now="$count" -v before="$before" -v tolerance="$tolerance" 'BEGIN {
        change = 100 * (now / before - 1)
        verdict = change > tolerance ? "MORE" : change < -tolerance ? "less: refresh" : "as expected"
        printf "%-10s %14.0f instructions, expected %14.0f: %+6.2f %%  %s\n", item, now, before,
            change, verdict
        exit change > tolerance
    }' || failures=$((failures + 1))
done <<'LIST'
gradient 20
products 5
hessian 10
geometry 5
newton 2
sweep 1
LIST
[ "$mode" != --refresh ] || cp "$counts" "$expected"
[ "$failures" = 0 ] || { echo "bench-guard: $failures of the paths need more instructions"; exit 1; }
