#!/bin/sh
# SPDX-License-Identifier: MIT
# Sweeps trained by mini-batches: stops by patience, the same bits on any number of threads and resumed, bad settings.
. "$(dirname "$0")/harness.sh"
experiment >run.yaml
train='--set solver.method=sgd_adam --set solver.batch=16 --set solver.learning_rate=0.005 --set solver.max_iterations=60 --set solver.patience=5'

# Points need not be stationary, which is said and is no failure; nothing is refined.
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o run.h5 $train
expect_status 0
expect_stdout 'trained by mini-batches, which ended by .*patience at [0-9]+'
expect_stdout 'points of mini-batches need not be stationary'
run spinodal export run.h5 -o points.csv
expect_status 0
run awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) { if ($i == "stop") e = i; if ($i == "iterations") n = i } }
    NR > 1 && $e == "patience" && $n >= 6 && $n <= 60 { p++ } NR > 1 && $e != "patience" && $n != 60 { bad++ }
    END { exit p > 0 && bad == 0 ? 0 : 1 }' points.csv
expect_status 0
run spinodal export run.h5 --table jumps
expect_failure 3 'jumps'
# shellcheck disable=SC2086
run sh -c '"$0" sweep run.yaml -o json.h5 --json "$@" | grep -c "\"verdict\": \"cannot tell\""' "$program" $train
expect_stdout '^1$'
run spinodal plot run.h5 -o figure
expect_status 0
run spinodal transitions run.h5
expect_status 1

# The word is listed by files of trained sweeps alone: others have the bytes that they had before.
run grep -c patience run.h5
expect_status 0
run spinodal sweep run.yaml -o newton.h5 -q
expect_status 0
run grep -c patience newton.h5
expect_status 1

# shellcheck disable=SC2086
run spinodal sweep run.yaml -o again.h5 --threads 3 -q $train
expect_status 0
run cmp run.h5 again.h5
expect_status 0
# One chain, batches large enough for a team, by passes at a finite rate.
large='--set data.samples=6000 --set sweep.seeds=1 --set sweep.direction=up --set sweep.epochs=2 --set model.hidden=[40,40] --set solver.batch=2500 --set geometry.method=none'
for threads in 1 2; do
    # shellcheck disable=SC2086
    run spinodal sweep run.yaml -o large$threads.h5 -q --threads $threads $train $large
    expect_status 0
done
run cmp large1.h5 large2.h5
expect_status 0

# Killed and gone on with: the means of Adam begin at rest at each beta, and each point has its own orders of samples.
long='--set sweep.beta.points=80 --set geometry.method=none'
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o whole.h5 -q $train $long
expect_status 0
while more_kills 4; do
    rm -f killed.h5
    # shellcheck disable=SC2086
    if killed_at $((8000 * kills)) killed.h5.part sweep run.yaml -o killed.h5 -q $train $long; then
        # shellcheck disable=SC2086
        run spinodal sweep run.yaml -o killed.h5 -q --resume $train $long
        expect_status 0
    fi
    expect_same whole.h5 killed.h5
done
expect_kills

# All samples at each step: a size of batches is heard by nobody, which is said; that of an experiment's text is nobody's.
run spinodal sweep run.yaml -o x.h5 --set solver.method=adam --set solver.max_iterations=20 --set solver.batch=16 --set sweep.refine=false
expect_stderr '^warning: solver\.batch: has no meaning with solver\.method: adam: all samples are taken at each step; sgd, sgd_momentum and sgd_adam go by mini-batches$'
sed 's/^solver:/grok: {beta: 0.1, epochs: 10, method: adam}\n&\n  batch: 16/' run.yaml >grok.yaml
run spinodal grok grok.yaml -o x.h5 -f
expect_stderr '^warning: grok\.yaml:[0-9]+:10: solver\.batch: has no meaning with solver\.method: newton and grok\.method: adam:'
run spinodal grok grok.yaml -o x.h5 -f --set grok.method=sgd
expect_no_text "$stderr" 'batch'
run spinodal sweep run.yaml -o x.h5 -f --set solver.batch=32
expect_no_text "$stderr" 'batch'
rm x.h5

# One line each.
run spinodal sweep run.yaml -o x.h5 --set solver.method=sgd_adam --set solver.batch=61
expect_failure 3 'solver\.batch: a batch of 61 samples is more than the 60'
run spinodal sweep run.yaml -o x.h5 --set solver.method=sgd_adam --set solver.batch=0
expect_failure 3 'solver\.batch: expected an integer from 1'
run spinodal sweep run.yaml -o x.h5 --set solver.method=adam --set solver.patience=3
expect_failure 3 'solver\.patience: has a meaning with mini-batches only'
run spinodal sweep run.yaml -o x.h5 --set solver.patience=-1
expect_failure 3 'solver\.patience: expected an integer from 0'
run spinodal sweep run.yaml -o x.h5 --set solver.method=sgd_adam --set solver.least_improvement=0.1
expect_failure 3 'solver\.least_improvement: has a meaning only with solver\.patience'
run spinodal sweep run.yaml -o x.h5 --set solver.method=sgd --set solver.patience=2 --set solver.least_improvement=1
expect_failure 3 'solver\.least_improvement: expected a number in \[0, 1\)'
expect_no_file x.h5
finish
