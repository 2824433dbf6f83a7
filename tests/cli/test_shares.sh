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
while more_kills 2; do
    # shellcheck disable=SC2086
    killed_at $(($(wc -c 2>/dev/null <killed.h5.part.2 || echo 0) + 20000)) killed.h5.part.2 sweep run.yaml -o killed.h5 $long --chain 2/3 --resume
    # shellcheck disable=SC2086
    run spinodal sweep run.yaml -o killed.h5 $long --chain $((kills % 2 + 1))/2 --resume
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

# check_forecast JOBS STEPS RECORDS THREADS: the sum of its parts, to the two digits that are told; measuring is what the chosen way takes.
check_forecast() {
    checks=$((checks + 1))
    awk -v jobs="$1" -v steps="$2" -v records="$3" -v threads="$4" '
        function differ(a, b) { return a > b * 1.06 || a < b * 0.94 }
        / <- chosen$/ { way = $4; bytes = $6 }
        /^  at least / {
            for (i = 1; i < NF; i++) { if ($(i + 2) == "a") { gradient = $i } if ($(i + 2) == "to") { measure = $i } }
            if (differ($3, jobs * (steps * gradient + records * measure) / threads) || measure != way) { exit 1 }
            seen++
        }
        /^  each: / {
            each = $7
            if (each < bytes || differ($(NF - 10), $2 + (jobs < threads ? jobs : threads) * each)) { exit 1 }
            seen++
        }
        END { exit seen != 2 }' "$stdout" || complain 'the parts do not make the whole:' "$stdout"
}

# What a share has to do, before it begins.
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o no.h5 $five --chain 2/3 --explain
expect_status 0
expect_stdout '^share 2 of 3: 2 of 5 chains up of 8 points$'
expect_stdout '^  at least [0-9.e-]+ s on 1 thread: [0-9.e-]+ s a gradient, [0-9.e-]+ s to measure at each$'
expect_stdout '^  then a chain down from the end of each phase that they visit, the longest first$'
expect_stdout '^  each: [0-9.e-]+ GB of samples and [0-9.e-]+ GB for each of 1 chains up at a time, at least [0-9.e-]+ GB together; whoever merges at least [0-9.e-]+ GB of results$'
check_forecast 2 8 8 1
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o no.h5 $five --chain 1/1 --threads 3 --explain --set sweep.direction=up
check_forecast 5 8 8 3
# What was forecast is what is run: so many chains of so many points.
run spinodal sweep run.yaml -o told.h5 -q --set sweep.seeds=5 --set sweep.direction=up --set sweep.refine=false
run spinodal export told.h5 --table points -o -
checks=$((checks + 1))
[ "$(sed 1d "$stdout" | wc -l)" -eq 40 ] || complain 'there are not 5 chains of 8 points:' "$stdout"
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o no.h5 $five --chain 7/7 --explain --set sweep.direction=quench
expect_stdout '^share 7 of 7: 0 of 5 quenches of 8 points'
expect_no_text "$stdout" 'then a chain down'
# shellcheck disable=SC2086
run spinodal grok grok.yaml -o no.h5 $train --chain 1/2 --explain
expect_stdout '^share 1 of 2: 3 of 6 runs of 100 epochs$'
expect_stdout '^  at least [0-9.e-]+ s on 1 thread: [0-9.e-]+ s a gradient, [0-9.e-]+ s to measure at each of 49 records$'
expect_stdout '^  each: .* for each of 1 runs at a time, '
check_forecast 3 100 49 1
run spinodal export train.h5 --table runs -o -
runs=$(sed 1d "$stdout" | wc -l)
run spinodal export train.h5 --table points -o -
checks=$((checks + 1))
[ "$runs" -eq 6 ] && [ "$(sed 1d "$stdout" | wc -l)" -eq $((6 * 49)) ] || complain 'there are not 6 runs of 49 records:' "$stdout"
# The flow has as many gradients as its steps need, and without geometry nothing is measured: no time is known.
# shellcheck disable=SC2086
run spinodal grok grok.yaml -o no.h5 $train --chain 1/2 --explain --set grok.method=flow --set grok.geometry=false
expect_no_text "$stdout" 'at least .* s on'
expect_no_file no.h5

for wrong in 4/3 0/3 1 1/0 x 1/2/3 1/2x; do
    run spinodal sweep run.yaml -o no.h5 --chain $wrong
    expect_failure 2 "--chain expects I/N with I from 1 to N, got '$wrong'"
done
run spinodal branches run.yaml -o no.h5 --chain 1/2
expect_failure 2 "unknown option '--chain'"
finish
