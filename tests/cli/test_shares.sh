#!/bin/sh
# SPDX-License-Identifier: MIT
# --chain I/N: jobs of an array run a share of the chains each, and --resume puts the shares together: the bytes of one run.
# SPN_KILLS sets the number of shares that are killed at work (default 2).
. "$(dirname "$0")/harness.sh"

experiment >run.yaml
five='--set sweep.seeds=5 --threads 1 -q'
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o one.h5 $five
expect_status 0

# Both directions in two rounds: chains down need all chains up. Between them and at the end any number of shares.
for round in '' --resume; do
    for share in 3/3 1/3 2/3; do
        # shellcheck disable=SC2086
        run spinodal sweep run.yaml -o shared.h5 $five --chain $share $round
        expect_status 0
        expect_stderr_lines 0
    done
done
expect_folder . one.h5 run.yaml shared.h5.part.1 shared.h5.part.2 shared.h5.part.3
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o shared.h5 $five --resume
expect_status 0
expect_same one.h5 shared.h5
expect_folder . one.h5 run.yaml shared.h5

# Another number of shares goes on from what is there; a share says where its points are.
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o again.h5 --set sweep.seeds=5 --threads 1 --chain 2/2
expect_status 0
expect_stdout_empty
expect_stderr 'this share is done, its points are in again\.h5\.part\.2; when all are, --resume without --chain makes again\.h5'
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o again.h5 $five --chain 1/4 --resume
expect_status 0
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o again.h5 $five --resume
expect_status 0
expect_same one.h5 again.h5

# What was left by shares is in the way of a run that does not go on with it, unless it is forced.
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o left.h5 $five --chain 2/2
expect_status 0
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o left.h5 $five
expect_failure 5 'left\.h5\.part\.2 exists: an earlier run was not finished; go on with --resume'
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o left.h5 $five --set sweep.beta.points=9 --resume
expect_failure 3 'left\.h5\.part\.2 belongs to another experiment'
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o left.h5 $five --force
expect_status 0
expect_same one.h5 left.h5
checks=$((checks + 1))
[ ! -e left.h5.part.2 ] || complain "left.h5.part.2 is still there"

# A merge that was killed leaves what it had made beside the journals, or records in two of them.
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o twice.h5 $five --chain 1/2
cp twice.h5.part.1 twice.h5.part
cp twice.h5.part.1 twice.h5.part.merged
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o twice.h5 $five --resume
expect_status 0
expect_same one.h5 twice.h5
expect_folder . again.h5 left.h5 one.h5 run.yaml shared.h5 twice.h5

# Killed at any moment and gone on with, by other numbers of shares.
long='--set sweep.seeds=3 --set sweep.beta.points=300 --threads 1 -q'
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o long.h5 $long
expect_status 0
kills=0
while [ "$kills" -lt "${SPN_KILLS:-2}" ]; do
    kills=$((kills + 1))
    # shellcheck disable=SC2086
    "$program" sweep run.yaml -o killed.h5 $long --chain 2/3 --resume 2>/dev/null &
    child=$!
    tries=0
    while kill -0 $child 2>/dev/null && [ ! -s killed.h5.part.2 ] && [ $tries -lt 2000 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
    kill -9 $child 2>/dev/null
    wait $child 2>/dev/null
    # shellcheck disable=SC2086
    run spinodal sweep run.yaml -o killed.h5 $long --chain $kills/2 --resume
    expect_status 0
done
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o killed.h5 $long --resume
expect_status 0
expect_same long.h5 killed.h5

# Runs of training in shares.
cp "$REPOSITORY/examples/grok.yaml" .
train='--set data.samples=60 --set grok.epochs=100 --set grok.seeds=2 --threads 1 -q'
# shellcheck disable=SC2086
run spinodal grok grok.yaml -o train.h5 $train
for share in 2/2 1/2; do
    # shellcheck disable=SC2086
    run spinodal grok grok.yaml -o trained.h5 $train --chain $share
    expect_status 0
done
# shellcheck disable=SC2086
run spinodal grok grok.yaml -o trained.h5 $train --resume
expect_same train.h5 trained.h5

# What a share has to do, before it begins.
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o no.h5 $five --chain 2/3 --explain
expect_status 0
expect_stdout '^share 2 of 3: 2 of 5 chains up of 8 points, at least [0-9.e-]+ s \([0-9.e-]+ s to measure at each\)$'
expect_stdout '^  then a chain down from the end of each phase that they visit, the longest first$'
expect_stdout '^  each: [0-9.e-]+ GB of samples, [0-9.e-]+ GB for each thread to measure; whoever merges at least [0-9.e-]+ GB of results$'
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o no.h5 $five --chain 7/7 --explain --set sweep.direction=quench
expect_stdout '^share 7 of 7: 0 of 5 quenches of 8 points'
expect_no_text "$stdout" 'then a chain down'
# shellcheck disable=SC2086
run spinodal grok grok.yaml -o no.h5 $train --chain 1/2 --explain
expect_stdout '^share 1 of 2: [0-9]+ of [0-9]+ runs of 100 epochs$'
expect_no_file no.h5

for wrong in 4/3 0/3 1 1/0 x 1/2/3 1/2x; do
    run spinodal sweep run.yaml -o no.h5 --chain $wrong
    expect_failure 2 "--chain expects I/N with I from 1 to N, got '$wrong'"
done
run spinodal branches run.yaml -o no.h5 --chain 1/2
expect_failure 2 "unknown option '--chain'"
finish
