#!/bin/sh
# SPDX-License-Identifier: MIT
# `theory` prints the closed forms of T12 and T13 (docs/theory.md); the numbers here were worked out
# by hand from the formulas, to six places.
. "$(dirname "$0")/harness.sh"

# number KEY N: the N-th value of a key in the JSON on stdout.
number() {
    tr ',{}' '\n\n\n' <"$stdout" | sed -n "s/^ *\"$1\": *//p" | sed -n "$2p" | tr -d ' ]'
}

expect_number() {
    checks=$((checks + 1))
    found=$(number "$1" "$2")
    awk -v a="${found:-none}" -v b="$3" 'BEGIN { exit !(a != "none" && a - b < 5e-7 && b - a < 5e-7) }' ||
        complain "$1 number $2 is '$found' instead of $3:" "$stdout"
}

run spinodal theory --depth 3 --singular-values 0.9,0.5 --json
expect_status 0
expect_stderr_empty
expect_number singular_value 1 0.9
expect_number order 1 1
expect_number maxwell_beta 1 0.344839
expect_number spinodal_beta 1 0.410549
expect_number maxwell_strength 1 0.45
expect_number spinodal_strength 1 0.225
expect_number singular_value 2 0.5
expect_number maxwell_beta 2 0.157490
expect_number spinodal_beta 2 0.1875

run spinodal theory --depth 4 --singular-values 0.9 --json
expect_status 0
expect_number maxwell_beta 1 0.232379
expect_number spinodal_beta 1 0.328634

# One hidden layer: continuous. None: no transition.
run spinodal theory --depth 2 --singular-values 0.9 --json
expect_status 0
expect_number order 1 2
run spinodal theory --depth 1 --singular-values 0.9
expect_status 0

# Where there is none, a sentence says so and no empty table is printed.
experiment | sed 's/tanh/relu/' >relu.yaml
run spinodal theory relu.yaml
expect_status 0
expect_stdout '^no linear theory for this activation or error$'
expect_stdout 'covariance: no prediction, this activation has no linear regime'
expect_stdout '^onset of learning: first order$'
expect_no_text "$stdout" 'singular value|modes'

# An experiment's own covariance: what the closed forms say where it is white, beside the order at onset.
experiment >white.yaml
run spinodal theory white.yaml --json
expect_status 0
expect_number maxwell_beta 3 0.157490
expect_number spinodal_beta 3 0.1875
expect_number error_after 2 2
expect_number norm_after 2 0
expect_number spinodal_beta 5 0.410549
expect_stdout '"is_complete": true'
expect_stdout '"quartic": null'
run spinodal theory white.yaml --set model.hidden=[4]
expect_status 0
expect_stdout '^onset of learning: second order at beta_c = 0.9, L = L_0 \+ \(beta - beta_c\) a\^2 \+ 0\.'
run spinodal theory white.yaml --set model.hidden=[4] --set model.activation=gelu
expect_status 0
expect_stdout '^onset of learning: first order at beta_c = 0.45, .* a\^3 '
run spinodal theory white.yaml --set model.hidden=[4] --set model.activation=softplus --json
expect_status 0
expect_stdout '"onset": null'
expect_stdout '"surrogate": null'
expect_stdout '"onset_note": "phi\(0\) is not 0'
run spinodal theory white.yaml --set model.hidden=[]
expect_status 0
expect_stdout 'no prediction, without a hidden layer'

# Fewer samples than inputs: only the space that they span counts, so that each sample twice, which makes more samples
# than inputs, gives the same predictions.
awk 'BEGIN { for (r = 0; r < 12; r++) { n = r % 6; line = ""
    for (c = 0; c < 9; c++) line = line sprintf("%.6f,", sin(1 + 3 * n + 7 * c * c + n * c))
    print line sprintf("%.6f", cos(2 * n)) - mean } }' >twice.csv
head -n 6 twice.csv >once.csv
for bias in true false; do
    for times in once twice; do
        printf 'data: {kind: csv, path: %s.csv, targets: [y], header: no, center: all}\n' "$times" |
            sed 's/\[y\]/[10]/' >wide.yaml
        printf 'model: {hidden: [2], bias: %s, activation: tanh}\n' "$bias" >>wide.yaml
        printf 'sweep: {beta: {from: 0.01, to: 1, points: 3}}\n' >>wide.yaml
        run spinodal theory wide.yaml --json
        expect_status 0
        cp "$stdout" "$times.json"
    done
    checks=$((checks + 1))
    # Numbers are the same to 1e-9, words to the letter.
    paste -d' ' once.json twice.json | awk '{ h = NF / 2
        for (i = 1; i <= h; i++) { a = $i; b = $(i + h); gsub(/,/, "", a); gsub(/,/, "", b)
            if (a != b && !(a - b < 1e-9 * (1 + a * a) && b - a < 1e-9 * (1 + a * a) && a + 0 != 0)) exit 1 } }' ||
        complain "samples twice change predictions (bias $bias):" twice.json
done

run spinodal theory --depth 0 --singular-values 0.9
expect_stdout_empty
expect_stderr 'depth'
[ "$status" -eq 2 ] || expect_status 3
run spinodal theory --depth 3 --singular-values 0.9,word
expect_stdout_empty
expect_stderr 'word'
[ "$status" -eq 2 ] || expect_status 3
run spinodal theory --depth 3 --singular-values 0.9 --set model.hidden=[5]
expect_failure 2 'set changes an experiment; there is none'
finish
