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
expect_stderr 'linear +4 +2 +1 +0.9 +0.328633535 +0.3286335345 .* first'
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
# Tanh networks: the outputs have more directions than modes are learned, since the bends of tanh leave traces of the
# others. Counted again from the strengths that are stored: a mode is learned above 5 % of its sigma, in a phase
# where it is so at any point; the last phase with k of them ends at the beta of mode k, unless another with as many begins there.
again='
    FNR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
    file == "theory" { sigma[++count] = $1; next }
    file == "modes" { for (k = 1; k <= count; k++) learned[FNR] += $k > 0.05 * sigma[k]; next }'
columns='BEGIN { OFS = "," } $2 == "tanh" && $4 == modes { print '
for modes in 2 3 4 5 6; do
    for table in theory modes points specials phases; do
        spinodal export figures/complexity-tanh-$modes.h5 --table $table |
            sed 's/"[^"]*"//g' >branches-$table.csv
    done
    awk -F, "$again"'
        file == "points" { p = $column["phase"]; if (p >= 0 && learned[FNR] > most[p]) most[p] = learned[FNR] }
        file == "specials" {
            i = FNR - 2; beta[i] = $column["beta"]; root[i] = $column["same_as"] < 0 ? i : $column["same_as"]
        }
        file == "phases" {
            n[++phases] = most[FNR - 2] + 0
            low[phases] = $column["special_low"]; high[phases] = $column["special_high"]
        }
        END {
            for (i = 1; i <= phases; i++) {
                for (k = 1; high[i] < 0 && k <= n[i]; k++) on[k] = 1
                for (j = goes = 0; ++j <= phases;)
                    goes += j != i && low[j] >= 0 && root[low[j]] == root[high[i]] && n[j] >= n[i]
                if (high[i] >= 0 && !goes && (last[n[i]] == "" || beta[high[i]] + 0 > last[n[i]] + 0))
                    last[n[i]] = beta[high[i]]
            }
            for (k = count; k >= 1; k--)
                print k "," (on[k] ? "" : last[k]) "," (on[k] ? "none" : last[k] == "" ? "not_found" : "found")
        }' file=theory branches-theory.csv file=modes branches-modes.csv file=points branches-points.csv \
        file=specials branches-specials.csv file=phases branches-phases.csv >transitions.csv
    awk -F, -v modes=$modes "$columns"'$5, $8, $13 ~ /first|second/ ? "found" : $13 }' \
        figures/complexity.csv >listed.csv
    expect_same transitions.csv listed.csv
    for table in theory modes points; do
        spinodal export figures/complexity-tanh-$modes-starts.h5 --table $table >starts-$table.csv
    done
    awk -F, "$again"'
        file == "points" { n[FNR] = learned[FNR]; if (low == "" || $column["loss"] + 0 < low) { low = $column["loss"] + 0; best = n[FNR] } }
        END { for (i in n) stuck += n[i] < best; print best "," stuck + 0 }' file=theory starts-theory.csv \
        file=modes starts-modes.csv file=points starts-points.csv >ends.csv
    awk -F, -v modes=$modes "$columns"'$9, $10 }' figures/complexity-runs.csv >listed.csv
    expect_same ends.csv listed.csv
done
for suffix in svg pdf png gp dat txt h5 csv; do
    expect_file figures/complexity.$suffix
done
finish
