#!/bin/sh
# SPDX-License-Identifier: MIT
# Test samples through the program: which they are, their columns, what is refused.
. "$(dirname "$0")/harness.sh"

# Modular addition of three: nine rows of one-hot a, b and c, of which `data` says what they are for.
cat >modular.yaml <<'YAML'
data: {kind: modular, modulus: 3, test_share: 0.4, seed: 2}
model: {hidden: [4], bias: true}
sweep: {beta: {from: 0.002, to: 0.02, points: 4}, direction: up, refine: false}
YAML
run spinodal data modular.yaml -o modular.csv
expect_status 0
expect_text modular.csv '^a0,a1,a2,b0,b1,b2,c0,c1,c2,set$'
run awk -F, '
    NR == 1 { next }
    {
        a = b = c = -1
        for (i = 1; i <= 3; i++) {
            if ($i == 1) a = i - 1
            if ($(3 + i) == 1) b = i - 1
            if ($(6 + i) == 1) c = i - 1
        }
        if (c != (a + b) % 3) print "line " NR ": " a " + " b " = " c
        seen[a, b]++
        count[$10]++
        if ($10 == "training" && count["test"] > 0) print "line " NR " is out of order"
    }
    END {
        for (a = 0; a < 3; a++)
            for (b = 0; b < 3; b++)
                if (seen[a, b] != 1) print a " and " b ": " seen[a, b] + 0 " times"
        if (count["training"] != 5 || count["test"] != 4) print "other parts"
    }' modular.csv
expect_status 0
expect_stdout_empty

# Without a share there is no such column.
run spinodal data modular.yaml --set data.test_share=0 --set data.seed=1
expect_failure 3 'modular.yaml:1:58|data.seed.*without data.test_share'
experiment >plain.yaml
run spinodal data plain.yaml
expect_status 0
expect_stdout '^x1,x2,x3,y1,y2$'
cp "$stdout" plain.csv

# Beside Gaussian samples: those for training are the same, sixty more come behind them.
run spinodal data plain.yaml --set data.test_share=0.5 -o both.csv
expect_status 0
run awk -F, 'NR > 1 && $6 == "training"' both.csv
sed 's/,training$//' "$stdout" >training.csv
sed 1d plain.csv >rows.csv
expect_same training.csv rows.csv
run awk -F, 'NR > 61 && $6 == "test" { tests++ } END { print NR - 61, tests }' both.csv
expect_stdout '^60 60$'

# Their columns go out: of four samples so many are right.
run spinodal sweep modular.yaml -o run.h5 -v
expect_status 0
expect_stderr '^# 5 samples and 4 for testing, '
run spinodal export run.h5 --table points -o points.csv
expect_status 0
expect_text points.csv '^seed,.*,accuracy,test_error,test_accuracy,'
run awk -F, '
    function whole(x) { return x >= 0 && x == int(x) }
    NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    {
        rows++
        if (!whole(5 * $at["accuracy"]) || !whole(4 * $at["test_accuracy"])) print "line " NR
        if (!($at["test_error"] > 0) || $at["test_error"] == $at["error"]) print "line " NR
    }
    END { print rows " rows" }' points.csv
expect_stdout '^4 rows$'
expect_stdout_lines 1

# The example learns from few samples: its test error is smallest between the ends of the range.
run spinodal sweep "$REPOSITORY/examples/teacher.yaml" -o teacher.h5 --set sweep.direction=up \
    --set sweep.refine=false --set sweep.beta.points=25
expect_status 0
run spinodal export teacher.h5 --table points -o teacher.csv
expect_status 0
run awk -F, '
    NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    { test[NR - 2] = $at["test_error"]; last = NR - 2 }
    END {
        best = 0
        for (i = 1; i <= last; i++) if (test[i] < test[best]) best = i
        print (best > 0 && best < last) ? "inside" : "at an end"
    }' teacher.csv
expect_stdout '^inside$'

# refused TEXT PATTERN: an experiment with this section data is refused so.
refused() {
    printf '%s\n' "$1" >bad.yaml
    run spinodal data bad.yaml
    expect_failure 3 "$2"
}
refused 'data: {test_share: 1}' '^spinodal: bad.yaml:1:20: data.test_share: expected a number in \[0, 1\)'
refused 'data: {test_share: -0.5}' 'bad.yaml:1:20: .*\[0, 1\)'
refused 'data: {test_share: half}' 'bad.yaml:1:20: .*\[0, 1\)'
refused 'data: {kind: modular, modulus: 1}' 'bad.yaml:1:32: data.modulus: is 1; it lies between 2 and 512'
refused 'data: {kind: modular, modulus: 100000}' 'bad.yaml:1:32: data.modulus: is 100000; it lies'
refused 'data: {kind: modular, modulus: 2, test_share: 0.1}' \
    'bad.yaml:1:47: data.test_share: 0.1 of 4 samples leaves none for testing'
refused 'data: {kind: modular, noise: 1}' 'bad.yaml:1:30: data.noise: has no meaning with data.kind: modular'
refused 'data: {kind: teacher, teacher: {activation: sine}}' 'bad.yaml:1:45: .*tanh, relu, .*sine'
refused 'data: {kind: teacher, teacher: {hidden: [0]}}' 'bad.yaml:1:41: data.teacher.hidden'
refused 'data: {kind: teacher, teacher: {depth: 3}}' 'bad.yaml:1:33: .*teacher.depth'
refused 'data: {kind: teacher, noise: -1}' 'bad.yaml:1:30: data.noise: expected a number >= 0'
finish
