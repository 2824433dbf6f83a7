#!/bin/sh
# SPDX-License-Identifier: MIT
# `reproduce delay` and `reproduce orders` on few samples and draws: the escape times of the table are those of T16, and
# the figures, the page and the second run come from the same numbers.
. "$(dirname "$0")/harness.sh"
command -v gnuplot >/dev/null 2>&1 || {
    echo "gnuplot is not installed: skipped"
    exit 77
}

# expect_rows FILE PROGRAM: awk, which knows columns as at["NAME"], finds nothing to say about the table.
expect_rows() {
    checks=$((checks + 1))
    said=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }'"$2" "$1" 2>&1)
    [ -z "$said" ] || complain "$1: $said"
}

small='--set data.samples=20 --set sweep.seeds=1'
# shellcheck disable=SC2086
run spinodal reproduce delay -o figures $small
expect_status 0
expect_stderr '^ *3  flow  *aligned  *35  *10  *[0-9.]+e-[01][0-9]  *0.033 '
expect_stderr '^ *2  flow  *aligned  *[0-9]+  *[0-9]+  *[0-9.]+e-[01][0-9]  *[0-9.]+e-[01][0-9]  *-'

# T16 here and now: exact at depth 2, within 5 % at depth 3 and 4 up to u_0 = 0.05; none leaves where it is infinite.
# Never is an answer: infinity, and no empty cell.
expect_text figures/delay.csv ',never,.*,inf,'
expect_rows figures/delay.csv '
    function abs(x) { return x < 0 ? -x : x }
    { d = $at["depth"]; b = $at["beta"]; u = $at["scale"]; t = $at["time"]; s = 0.9 }
    $at["method"] == "flow" && $at["seed"] == -1 {
        rows++
        edge = d == 2 ? s : s * u ^ (d - 2)
        if (abs($at["threshold"] / edge - 1) > 1e-12) print "threshold " $0
        if (b >= edge) {
            if ($at["outcome"] != "never" || t != "") print "left " $0
            stays++
            next
        }
        law = d == 2 ? log((s - b) / u ^ 2 - 1) / (4 * (s - b)) : -log(1 - b / edge) / (2 * (d - 2) * b)
        bound = d == 2 ? 1e-6 : 0.05
        if ($at["outcome"] != "left") print "stays " $0
        # Near the threshold awk loses digits of 1 - b / edge.
        else if (u <= 0.05 && abs(t / law - 1) > bound) print "T16 " law " " $0
        if (abs(t / $at["epoch"] / 0.001 - 1) > 1e-12) print "unit " $0
    }
    $at["method"] == "adam" && d == 3 && $at["seed"] == -1 && $at["axis"] == "scale" {
        if ($at["outcome"] != "left" || $at["epoch"] < 400 || $at["epoch"] > 430) print "Adam " $0
        beyond += b >= s * u
    }
    END { if (rows != 135 || stays != 30 || beyond != 3) print rows " rows, " stays " stay, " beyond " beyond" }'
for suffix in svg pdf png gp dat txt; do
    expect_file figures/delay.$suffix
    expect_file figures/delay-beta.$suffix
done
expect_text figures/index.md '^!\[.*\]\(delay-beta.png\)$'
expect_text figures/index.md '^\| 3 \| flow \| aligned \| 35 \| 10 \|'
expect_text figures/index.md "^spinodal reproduce delay --set data.samples=20 --set sweep.seeds=1\$"

# Again from the results alone, with one thread, and when nothing is left to do.
run spinodal plot figures/delay.h5 -o again
expect_status 0
expect_same figures/delay.svg again/delay.svg
expect_same figures/delay-beta.svg again/delay-beta.svg
# shellcheck disable=SC2086
run spinodal reproduce delay -o figures $small
expect_failure 5 'delay.h5 exists.*--force'
cp figures/delay.h5 before.h5
# shellcheck disable=SC2086
run spinodal reproduce delay -o figures $small --resume
expect_status 0
expect_stderr 'figures/delay.h5 is complete: nothing to resume'
expect_same figures/delay.h5 before.h5
run spinodal reproduce delay -o other --set model.hidden=[3]
expect_failure 3 'model.hidden: cannot be set'

# Random weights are first; where the table says an order, the epochs have it.
run spinodal reproduce orders -o figures --set data.samples=100 --set sweep.seeds=1 \
    --set solver.max_iterations=400
expect_status 0
# Six betas of one draw: the four ways that a race can end add up.
expect_stderr '^gd +0.1 +6 '
checks=$((checks + 1))
said=$(awk '$1 == "gd" { rows++; if ($3 != 6 || $4 + $5 + $6 + $7 != 6 || $8 != 6) print }
    END { if (rows != 5) print rows " rows" }' "$stderr")
[ -z "$said" ] || complain "counts: $said"
expect_rows figures/orders.csv '
    { m = $at["epoch_middle"]; t = $at["epoch_trivial"]; lead = $at["lead"]; rows++ }
    m != "" && t != "" && ((m < t) != (lead > 0) || (m > t) != (lead < 0)) { print "lead " $0 }
    (m == "") && (t == "") && lead != "" { print "lead of none " $0 }
    $at["method"] == "gd" && $at["first"] != "random" { print "first " $0 }
    END { if (rows != 150) print rows " rows" }'
expect_file figures/orders.pdf
expect_text figures/index.md '^\| gd \| 0.0001 \| 0.1 \| [0-9]+ \| [0-9]+ \| [0-9]+ \|'
run spinodal reproduce orders -o figures --set data.samples=100 --set sweep.seeds=1 \
    --set solver.max_iterations=400 --resume
expect_status 0
expect_stderr 'figures/orders.h5 is complete: nothing to resume'
run spinodal plot figures/orders.h5 -o again
expect_status 0
expect_same figures/orders.svg again/orders.svg

# Results of another experiment are not replaced unless asked to.
run spinodal reproduce orders -o figures --set data.samples=100 --set sweep.seeds=1 \
    --set solver.max_iterations=60 --resume
expect_failure 5 'figures/orders.h5 exists'
run spinodal reproduce orders -o figures --set data.samples=100 --set sweep.seeds=1 \
    --set solver.max_iterations=60 --resume --force
expect_status 0
expect_rows figures/orders.csv '$at["method"] == "gd" && $at["epoch_middle"] > 60 { print "late " $0 }'
finish
