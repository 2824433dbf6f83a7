#!/bin/sh
# SPDX-License-Identifier: MIT
# `reproduce order` and `reproduce complexity`: the linear networks' transitions are those of T12 and T13, of the
# right order, and the figures hold the same numbers as the closed forms.
. "$(dirname "$0")/harness.sh"
command -v gnuplot >/dev/null 2>&1 || {
    echo "gnuplot is not installed: skipped"
    exit 77
}

# expect_rows FILE PROGRAM: awk finds nothing to say about the table.
expect_rows() {
    checks=$((checks + 1))
    said=$(awk -F, "$2" "$1" 2>&1)
    [ -z "$said" ] || complain "$1: $said"
}

# Columns: run,activation,depth,modes,mode,singular_value,predicted_beta,measured_beta,beta_low,beta_high,
# difference,predicted_order,order,... Located points are good to 1e-10 relative; 1e-8 leaves room for
# singular values of sampled data.
theory='
    function spinodal(d, s) {
        return d == 1 ? -1 : d == 2 ? s : s * d / (2 * (d - 1)) * (s * (d - 2) / (2 * (d - 1))) ^ (1 - 2 / d)
    }
    function order(d) { return d == 1 ? "none" : d == 2 ? "second" : "first" }
    function far(a, b) { return a == "" || (a - b) ^ 2 > (1e-8 * b) ^ 2 }
    NR > 1 && $2 == "linear" {
        rows++
        if ($13 != order($3) || $12 != order($3)) print "order " $0
        if ($3 == 1 && ($7 != "" || $8 != "")) print "beta without a transition " $0
        if ($3 > 1 && (far($7, spinodal($3, $6)) || far($8, spinodal($3, $6)))) print "beta " $0
    }'

# A tanh network of few samples: only the linear networks are looked at, which see exact second moments.
run spinodal reproduce order -o figures --set data.samples=60
expect_status 0
expect_stderr 'linear +4 +2 +1 +0.900000 +0.328633535 +0.328633535 .* first'
expect_rows figures/order.csv "$theory"'
    NR > 1 && $2 == "linear" && far($6, $5 == 1 ? 0.9 : 0.5) { print "sigma " $0 }
    END { if (rows != 8) print rows " rows" }'
for suffix in svg pdf png gp dat txt h5 csv; do
    expect_file figures/order.$suffix
done
expect_text figures/order.txt 'linear, D = 1, 2 modes, mode 1 \(sigma 0.9\): no transition$'
expect_text figures/order.txt 'linear, D = 2, 2 modes, mode 1 \(sigma 0.9\): second order at beta = 0.9'
expect_text figures/order.gp 'D.* = 3: first order'

# D = 2: E = (s - sigma)^2 - sigma^2 summed, plus E_0 = 2, s = max(0, sigma - beta) (T11, T12): measured points
# (run 1) and the drawn curve, all of one accuracy: the minimiser's 1e-9 relative, squared or not.
error='
    function part(s, b) { return b < s ? b * b - s * s : 0 }
    function check(b, e) {
        seen++
        if ((e - 2 - part(0.9, b) - part(0.5, b)) ^ 2 > 1e-16) print "E(" b ") = " e
    }
    END { if (seen < 20) print seen " points" }'
spinodal export figures/order.h5 --table points >points.csv
expect_rows points.csv "$error"' $1 == 1 { check($5, $6) }'
# The figure's block of the closed form, panel (c).
awk '/^# index/ { on = /panel \(c\)/ && /closed form/ } on && NF == 2 { print $1 "," $2 }' \
    figures/order.dat >curve.csv
expect_rows curve.csv "$error"' NF == 2 && $1 !~ /#/ { check($1, $2) }'

# Drawn again from the results alone; not over what is there, unless asked to.
run spinodal plot figures/order.h5 -o again
expect_status 0
expect_same figures/order.svg again/order.svg
run spinodal reproduce order -o figures --set data.samples=60
expect_failure 5 'order.h5 exists.*--force'
run spinodal reproduce order -o figures --set data.samples=60 --resume
expect_status 0
expect_stderr 'order-tanh-4.h5 is complete'
run spinodal reproduce order -o other --set model.hidden=[3]
expect_failure 3 "model.hidden: cannot be set, it is what 'order' varies"
run spinodal reproduce disorder
expect_failure 2 'there are: fig1, fig2, .*order, complexity, .*all'

# Few samples, few branches (a linear network of K modes has K + 1): again the linear networks. The tanh network has
# more, and says that they were not all followed (exit status 1).
run spinodal reproduce complexity -o figures --set data.samples=20 --set sweep.seeds=3 \
    --set branches.branches=8
checks=$((checks + 1))
[ "$status" -le 1 ] || complain "exit status $status" "$stderr"
expect_rows figures/complexity.csv "$theory"'
    NR > 1 && $2 == "linear" { count[$4]++ }
    END { for (k = 1; k <= 6; k++) if (count[k] != k) print count[k] " transitions of " k " modes" }'
# Columns: run,activation,depth,modes,transitions,target_power,start_beta,starts,best_modes,stuck,stuck_fraction,
# stuck_low,stuck_high. The ends x of Wilson's interval solve (p - x)^2 = z^2 x (1 - x) / n.
expect_rows figures/complexity-runs.csv '
    function off(p, x, n) { d = (p - x) ^ 2 - 1.959963984540054 ^ 2 * x * (1 - x) / n; return d * d > 1e-24 }
    NR > 1 && $2 == "linear" && $5 != $4 { print "transitions " $0 }
    NR > 1 && ($8 != 3 || $7 != 0.04 || ($6 - $4) ^ 2 > 1e-20) { print "starts " $0 }
    NR > 1 && ($11 - $10 / $8) ^ 2 > 1e-30 { print "fraction " $0 }
    NR > 1 && (off($11, $12, $8) || off($11, $13, $8) || $12 > $11 || $13 < $11) { print "interval " $0 }
    END { if (NR != 13) print NR " lines" }'
for suffix in svg pdf png gp dat txt h5 csv; do
    expect_file figures/complexity.$suffix
done
finish
