#!/bin/sh
# SPDX-License-Identifier: MIT
# branches.method: products follows one branch: through the fold that the dense method finds, with the same bits for any number of
# threads and after kill -9 and --resume; what it says, forecasts and refuses. SPN_KILLS sets the number of kills (default 6).
. "$(dirname "$0")/harness.sh"
cat >tanh.yaml <<'EOF'
data: {samples: 400, inputs: 3, outputs: 2, correlations: [0.9, 0.5], moments: exact}
model: {hidden: [5, 5], activation: tanh}
sweep: {beta: {from: 0.2, to: 0.5}}
branches: {beta: {from: 0.2, to: 0.5}, starts: 0}
EOF

# The fold of the phase, and what it jumps to: as the dense method, whose files do not show that there is another.
run spinodal branches tanh.yaml -o dense.h5
expect_status 0
expect_stdout '^globally stable:$'
run spinodal export dense.h5
expect_no_text "$stdout" 'certainty'
run spinodal branches tanh.yaml -o one.h5 --set branches.method=products --threads 1
expect_status 0
expect_stdout '^one branch, by products: no other was looked for, and what crosses it was not followed$'
expect_no_text "$stdout" 'globally stable'
expect_stdout '^Between beta = 0.2 and 0.363168 one branch was followed, in one phase: "1 mode"'
expect_stdout 'which phase is the best, and where, this run does not say'
expect_stdout '^1 mode .*  not compared  '
expect_no_text "$stdout" 'nowhere abruptly'
expect_stdout '^1 mode, 8 merged .*fold \+1'
for file in dense one; do
    run spinodal export "$file.h5" --table specials -o "$file.csv"
    expect_status 0
done
checks=$((checks + 1))
awk -F, 'FNR == 1 { for (i = 1; i <= NF; i++) at[i] = $i; next }
    { for (i = 1; i <= NF; i++) row[at[i]] = $i }
    row["kind"] != "fold" { next }
    FILENAME == "dense.csv" && row["index_before"] + row["index_after"] == 1 && row["active_modes"] == 1 {
        for (k in row) dense[k] = row[k]; found = 1; next }
    FILENAME == "one.csv" && found {
        split("beta loss error weight_norm coefficient error_after scalar_curvature_error", names, " ")
        split("1e-8 1e-8 1e-6 1e-6 1e-5 1e-6 1e-4", shares, " ")
        for (k in names) { d = row[names[k]] / dense[names[k]] - 1
            if (!(d * d <= shares[k] * shares[k])) { print names[k], row[names[k]], dense[names[k]]; bad = 1 } }
        compared = 1 }
    END { exit bad || !compared }' dense.csv one.csv >differences || complain 'the fold differs:' differences
run spinodal export one.h5
expect_stdout ',certainty,products'
expect_stdout ',(dense|reduced),[1-9][0-9]*,?'
run spinodal branches tanh.yaml -o json.h5 --set branches.method=products --json -q
expect_stdout '"method": "products"'
expect_stdout '"end_high": "fold"'
expect_no_text "$stdout" '[nN]a[nN]'
run spinodal transitions one.h5
expect_status 0
expect_stdout '0\.36'

# Other threads, then kills: the same bytes.
run spinodal branches tanh.yaml -o three.h5 --set branches.method=products --threads 3
expect_status 0
expect_same one.h5 three.h5
run spinodal export one.h5
points=$(wc -l <"$stdout")
while more_kills 6; do
    rm -f killed.h5 killed.h5.part
    if killed_at $((points * 600 * (kills % 6 + 1) / 7)) killed.h5.part branches tanh.yaml -o killed.h5 -q --set branches.method=products; then
        run spinodal branches tanh.yaml -o killed.h5 --set branches.method=products --resume
        expect_status 0
    fi
    expect_same one.h5 killed.h5
done
expect_kills

# What it takes, and what is too much for the dense method.
run spinodal branches tanh.yaml --explain --set branches.method=products
expect_status 0
expect_stdout '^one branch, each point by some 600 products with the Hessian'
expect_stdout '^  products .*<- chosen$'
run spinodal branches tanh.yaml -o x.h5 --set 'model.hidden=[200, 200]'
expect_failure 3 '41000 weights are too many for dense matrices.*; branches.method: products follows one branch without them$'
run spinodal branches tanh.yaml -o x.h5 --set branches.method=sparse
expect_failure 3 'branches.method: .*dense, products'
run spinodal branches tanh.yaml -o x.h5 --set branches.method=products --set branches.saddles=true
expect_failure 3 'branches.saddles: has no meaning with branches.method: products'
run spinodal branches tanh.yaml -o x.h5 --set branches.method=products --set branches.index=15
expect_failure 3 'branches.index: branches.method: products counts up to 14'
run spinodal branches tanh.yaml -o x.h5 --set branches.method=products --set solver.max_iterations=1
expect_failure 4 'the initial weights lead to no certified minimum at beta = 0.2 .*raise solver.max_iterations'
expect_no_file x.h5
finish
