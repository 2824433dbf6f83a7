#!/bin/sh
# SPDX-License-Identifier: MIT
# objective.regularise: weights in the program: derivatives, what is printed and drawn, theory, and where it is refused or says
# nothing.
. "$(dirname "$0")/harness.sh"

experiment | sed 's/bias: false/bias: true/; s/direction: both/direction: up/; s/seeds: 2/seeds: 1/' >all.yaml
sed 's/error: mse/error: mse\n  regularise: weights/' all.yaml >weights.yaml

run spinodal check weights.yaml --beta 0.2
expect_status 0
run spinodal check weights.yaml --beta 0.2 --set model.activation=sigmoid --set objective.error=mse_mean
expect_status 0

# The spectrum of L is its own: 2 beta added to every eigenvalue is what the ridge on all parameters does.
gap() {
    spinodal geometry "$1" --beta 0.2 | awk '/^eigenvalue_min/ { print $3 - $2 }'
}
checks=$((checks + 2))
awk -v g="$(gap all.yaml)" 'BEGIN { exit !(g - 0.4 < 1e-12 && 0.4 - g < 1e-12) }' || complain "all: no shift by 2 beta"
awk -v g="$(gap weights.yaml)" 'BEGIN { exit !(g > 0 && g < 0.4 - 1e-6) }' || complain "weights: a shift by 2 beta"

run spinodal sweep weights.yaml -o weights.h5
expect_status 0
expect_stdout '\|w\|'
expect_no_text "$stdout" '\|theta\|'
run spinodal transitions weights.h5
expect_stdout '\|w\|\^2 changes by'
expect_stdout '^kind .* \|w\| '
expect_no_text "$stdout" '\|theta\|'
run spinodal branches weights.yaml -o branches.h5 --set branches.beta.from=0.3
expect_stdout 'phase .*\|w\|'
run spinodal plot weights.h5 -o figures
expect_status 0
expect_text figures/weights.txt 'L = E \+ beta \|w\|\^2'
expect_text figures/weights.txt '^order_parameter: n = \|w\|\^2, w: the weights, without the biases$'
expect_text figures/weights.txt '^  regularise: weights$'
expect_text figures/weights.gp 'Distance to origin \|\{/:Italic w\}\|'
expect_no_text figures/weights.txt '\|theta\|'
run spinodal theory weights.yaml
expect_status 0
expect_stdout '\|w\|'
expect_stdout '^\(the trivial state is a local minimum at every beta > 0 \(T14\)'
run spinodal theory weights.yaml --set 'model.hidden=[3]'
expect_stdout 'onset of learning: no prediction, the biases are free'

# Without biases there is nothing to spare: the same bytes.
experiment >bare.yaml
run spinodal sweep bare.yaml -o bare.h5
run spinodal sweep bare.yaml -o spared.h5 --set objective.regularise=weights
checks=$((checks + 1))
cmp -s bare.h5 spared.h5 || complain "without biases the key changes the results"

# Hidden biases of a network that does nothing are free. The way down begins from them all the same as on centred data: one onset,
# where the closed form of the ridge on centred data has it.
awk 'BEGIN { print "a,b,y"; for (i = 0; i < 24; i++) { a = sin(1 + 7 * i) + 2; b = cos(3 + 5 * i) - 1
    printf "%.12g,%.12g,%.12g\n", a, b, 1000 + 1.1 * a - 0.4 * b + 0.3 * a * b } }' >moved.csv
cat >moved.yaml <<'EOF'
data: {kind: csv, path: moved.csv, targets: [y]}
model: {hidden: [3], activation: tanh, bias: true, init: {scale: 0.7, seed: 1}}
objective: {error: mse, regularise: weights}
sweep: {beta: {from: 0.05, to: 8, points: 12, spacing: log}, direction: both}
EOF
run spinodal sweep moved.yaml -o moved.h5
run spinodal transitions moved.h5
expect_status 0
grep -- '-> trivial$' "$stdout" | awk '$1 == "continuous"' >onset
run spinodal transitions moved.h5 --json
# The interval in full digits: the table rounds it.
sed -n 's/.*"beta_\(low\|high\)": \([0-9.e-]*\).*/\2/p' "$stdout" | head -2 >interval
run spinodal theory moved.yaml --set data.center=true --set objective.regularise=all
sed -n 's/.*second order at beta_c = \([0-9.]*\).*/\1/p' "$stdout" >closed
checks=$((checks + 1))
awk 'FILENAME == "closed" { closed = $1; next } FILENAME == "interval" { end[++ends] = $1; next } { rows++ }
    END { exit !(rows == 1 && end[1] < closed && closed < end[2] && end[2] - end[1] < 1e-6) }' closed interval onset ||
    complain "not one onset at $(cat closed)" onset

# Means of any size: the regression with a free intercept is that of centred data, solved from the first point on.
awk -F, 'NR == 1 { print; next } { printf "%s,%s,%.17g\n", $1, $2, $3 + 3e7 }' moved.csv >far.csv
for data in moved far; do
    run spinodal sweep moved.yaml -o $data-line.h5 --set data.path=$data.csv --set 'model.hidden=[]' --set sweep.beta.points=4
    expect_status 0
    spinodal export $data-line.h5 --table points | awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        { printf "%.6f %.6f\n", $at["error"], $at["weight_norm"] }' >$data.txt
done
expect_same moved.txt far.txt

# The mean of the targets is the output bias alone: whatever it is, the weights are those of centred targets, as far as
# rounding, eps times the mean, allows.
for mean in 0 1e3 1e6; do
    awk -F, -v mean=$mean 'NR == 1 { print; next } { printf "%s,%s,%.17g\n", $1, $2, $3 - 1000 + mean }' moved.csv >mean.csv
    run spinodal sweep moved.yaml -o mean-$mean.h5 --set data.path=mean.csv --set sweep.direction=up
    expect_status 0
    spinodal export mean-$mean.h5 --table points | awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        $at["beta"] < 0.38 { print $at["weight_norm"] }' >norms-$mean
    checks=$((checks + 1))
    paste norms-0 norms-$mean | awk -v least=1e-10 -v share=1e-14 -v mean=$mean '{ d = $1 - $2; d = d < 0 ? -d : d
        if (d > least + share * mean) bad = 1 } END { exit NR != 5 || bad }' ||
        complain "|w| changes with the mean $mean of the targets" "norms-$mean"
done

run spinodal reproduce order -o order --set objective.regularise=weights
expect_status 3
expect_stderr 'objective\.regularise: cannot be set'
run spinodal sweep all.yaml -o no.h5 --set objective.regularise=biases
expect_status 3
expect_stderr 'objective\.regularise.*all, weights'
finish
