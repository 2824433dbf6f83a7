#!/bin/sh
# SPDX-License-Identifier: MIT
# Labels along sweeps: a label changes between two neighbours of a chain only where a transition is listed between
# them. Data without linear modes (parity, modular addition), classes with biases, and the default experiment.
. "$(dirname "$0")/harness.sh"

# expect_explained RUN.h5 LEAST: every change of active modes, merged and dead units has a row of jumps within its
# step; at least so many change at all.
expect_explained() {
    checks=$((checks + 1))
    spinodal export "$1" --table jumps >jumps.csv
    spinodal export "$1" >points.csv
    awk -F, -v least="$2" '
        FNR == 1 { file++; for (i = 1; i <= NF; i++) c[file, $i] = i; next }
        { chain = $c[file, "seed"] "," $c[file, "direction"] "," $c[file, "phase"]
          beta = $c[file, "beta"] }
        file == 1 { key = chain "," $c[1, "point"]; at[key] = at[key] " " beta; next }
        { label = $c[2, "active_modes"] "/" $c[2, "merged_units"] "/" $c[2, "dead_units"]
          if (chain == before && $c[2, "point"] == point + 1 && label != last) {
              n = split(at[chain "," $c[2, "point"]], betas, " ")
              found = 0
              for (i = 1; i <= n; i++) found += (betas[i] - beta) * (betas[i] - old) <= 0
              changes++
              if (!found) { print old " .. " beta ": " last " -> " label; bad++ } }
          before = chain; point = $c[2, "point"]; last = label; old = beta }
        END { print changes + 0 " changes"; exit bad > 0 || changes < least }' jumps.csv points.csv >labels.txt ||
        complain "$1: labels change without a transition, or too seldom:" labels.txt
}

# Three classes, four inputs: deviates from a congruential generator.
awk -v seed=1 'BEGIN {
    print "a,b,c,d,x,y,z"
    for (n = 0; n < 45; n++) {
        line = ""
        for (i = 0; i < 4; i++) {
            sum = -3
            for (k = 0; k < 6; k++) { seed = (seed * 16807) % 2147483647; sum += seed / 2147483647 }
            line = line sprintf("%.6f,", 1.5 * (i == n % 3) + sum)
        }
        print line (n % 3 == 0) "," (n % 3 == 1) "," (n % 3 == 2)
    } }' >classes.csv
cat >classes.yaml <<'END'
data: {kind: csv, path: classes.csv, targets: [x, y, z]}
model: {hidden: [4], activation: tanh, bias: true}
objective: {error: cross_entropy}
sweep: {beta: {from: 0.005, to: 1, points: 15, spacing: log}, direction: up}
END
run spinodal theory classes.yaml
expect_status 0
run spinodal sweep classes.yaml -o classes.h5
expect_explained classes.h5 2

# With mse the same targets have two modes.
run spinodal theory classes.yaml --set objective.error=mse --json
[ "$(grep -o singular_value "$stdout" | wc -l)" -eq 2 ] || complain "three classes have two modes:" "$stdout"

# XOR has no linear mode: the learned state goes by two folds, and only what is left is trivial.
printf 'a,b,y\n-1,-1,-1\n-1,1,1\n1,-1,1\n1,1,-1\n' >xor.csv
cat >xor.yaml <<'END'
data: {kind: csv, path: xor.csv, targets: [y]}
model: {hidden: [4], activation: tanh, bias: true}
sweep: {beta: {from: 0.001, to: 0.2, points: 20}, direction: up}
END
run spinodal theory xor.yaml
expect_status 0
expect_stdout '^no linear mode'
run spinodal sweep xor.yaml -o xor.h5
expect_explained xor.h5 2
run spinodal transitions xor.h5
expect_stdout '1st +accuracy +0\.117198.* 1 mode -> 1 mode'
expect_stdout '1st +accuracy +0\.147272.* -> trivial'

# Modular addition with one-hot classes and biases: five folds, the last into the trivial phase.
cat >modular.yaml <<'END'
data: {kind: modular, modulus: 5}
model: {hidden: [6], activation: tanh, bias: true}
objective: {error: cross_entropy}
sweep: {beta: {from: 0.002, to: 0.1, points: 20, spacing: log}, direction: up}
END
run spinodal sweep modular.yaml -o modular.h5
expect_explained modular.h5 1
run spinodal transitions modular.h5
# at one of the folds a single sample of 25 changes its class, 5 % of the range of accuracy and no more
expect_stdout '^verdict: of what is learned 3 of first order, 0 of second; of hidden units 2 of first order'
expect_stdout '-> trivial'

# One correlation with two outputs: one mode.
cat >one.yaml <<'END'
data: {kind: gaussian, samples: 200, inputs: 3, outputs: 2, correlations: [0.9]}
model: {hidden: [3, 3], activation: linear, init: {scale: 0.7, seed: 1}}
sweep: {beta: {from: 0.02, to: 0.5, points: 25}, direction: up}
END
run spinodal theory one.yaml --json
[ "$(grep -o singular_value "$stdout" | wc -l)" -eq 1 ] || complain "one mode exists:" "$stdout"
run spinodal sweep one.yaml -o one.h5
expect_explained one.h5 1
run spinodal transitions one.h5
expect_stdout '1 mode -> trivial'
finish
