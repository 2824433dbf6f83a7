#!/bin/sh
# SPDX-License-Identifier: MIT
# Ranks of MPI share the chains of a run: the bytes of one process on any number of ranks and threads, also when ranks are
# killed and the run goes on with others; one line where something is wrong. SPN_KILLS sets the number of kills
# (default 2).
. "$(dirname "$0")/ranks.sh"

experiment >run.yaml
five='--set sweep.seeds=5'
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o one.h5 -q $five --threads 1
expect_status 0
for number in 1 2 3 5; do
    # shellcheck disable=SC2086
    run ranks $number sweep run.yaml -o ranks-$number.h5 -q $five --threads $((number % 2 + 1))
    expect_status 0
    expect_same one.h5 ranks-$number.h5
done
expect_folder . one.h5 ranks-1.h5 ranks-2.h5 ranks-3.h5 ranks-5.h5 run.yaml

# Chains that choose their own steps.
experiment | sed 's/points: 8/tolerance: 0.02/' >steps.yaml
# shellcheck disable=SC2086
run spinodal sweep steps.yaml -o steps.h5 -q $five --threads 1
expect_status 0
for number in 1 2 3; do
    # shellcheck disable=SC2086
    run ranks $number sweep steps.yaml -o steps-$number.h5 -q $five
    expect_status 0
    expect_same steps.h5 steps-$number.h5
done

# The results are said once, by rank 0. What mpirun itself says may stand beside them.
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o one.h5 --force -q --json $five
wanted=$(grep -o '"answer"' "$stdout" | wc -l)
# shellcheck disable=SC2086
run ranks 2 sweep run.yaml -o ranks-2.h5 --force -q --json $five
expect_status 0
checks=$((checks + 1))
said=$(grep -o '"answer"' "$stdout" | wc -l)
[ "$wanted" -gt 0 ] && [ "$said" -eq "$wanted" ] || complain "the answer is said $said times instead of $wanted:" "$stdout"

cp "$REPOSITORY/examples/grok.yaml" .
train='--set data.samples=60 --set grok.epochs=100 --set grok.seeds=2'
# shellcheck disable=SC2086
run spinodal grok grok.yaml -o train.h5 -q $train
for number in 1 2 3 5; do
    # shellcheck disable=SC2086
    run ranks $number grok grok.yaml -o trained.h5 -q --force $train --threads $((number % 2 + 1))
    expect_status 0
    expect_same train.h5 trained.h5
done

# Shares of an array of jobs, gone on with by ranks.
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o mixed.h5 -q $five --chain 2/3
# shellcheck disable=SC2086
run ranks 2 sweep run.yaml -o mixed.h5 -q $five --resume
expect_status 0
expect_same one.h5 mixed.h5

# What each rank will have to do is said once, before anything begins.
# shellcheck disable=SC2086
run ranks 2 sweep run.yaml -o no.h5 $five --explain --threads 2
expect_status 0
expect_stdout '^2 ranks: 3 for the busiest of 5 chains up of 8 points$'
expect_stdout '^  at least [0-9.e-]+ s on 2 threads: [0-9.e-]+ s a gradient, [0-9.e-]+ s to measure at each$'
expect_stdout '^  each: .* GB of samples and .* GB for each of 2 chains up at a time, at least .* GB together; rank 0 at least [0-9.e-]+ GB of results$'
checks=$((checks + 1))
[ "$(grep -c 'ranks: ' "$stdout")" -eq 1 ] || complain 'it is not said once:' "$stdout"
expect_no_file no.h5

# What is wrong is said once.
run ranks 2 sweep missing.yaml
expect_one_line 5 'cannot open missing\.yaml'
run ranks 2 sweep run.yaml -o one.h5
expect_one_line 5 'one\.h5 exists'
run ranks 2 sweep run.yaml -o no.h5 --set model.hiden=3
expect_one_line 3 "unknown key 'hiden'"
run ranks 2 slice run.yaml
expect_one_line 2 'ranks share the work of sweep, branches, grok and reproduce; take spinodal'

# Killed ranks, and a signal that the time is up: what was done is in the journals, whoever wrote it.
long='--set sweep.seeds=6 --set sweep.beta.points=300'
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o long.h5 -q $long
expect_status 0
# Whoever is killed, of however many, whenever: drawn, and the same in each run of this test.
kills=0
ended=0
span=12
resume=
drawn=73
draw() {
    drawn=$(((drawn * 1103515245 + 12345) % 2147483648))
    echo $((drawn / 65536 % $1))
}
# A kill that comes too late, on a fast machine, halves the time in which the next one may come; more are tried until one has met a run at work.
while [ $kills -lt "${SPN_KILLS:-2}" ] || { [ $ended -eq $kills ] && [ $kills -lt 30 ]; }; do
    kills=$((kills + 1))
    draw 3 >number
    draw $span >moment
    number=$(($(cat number) + 2))
    before=$(wc -c 2>/dev/null <killed.h5.part || echo 0)
    # shellcheck disable=SC2086
    start $number sweep run.yaml -o killed.h5 -q $long $resume
    until_larger killed.h5.part "$before"
    sleep "$(printf '0.%02d' "$(cat moment)")"
    draw $number >victim
    signal 9 $(($(cat victim) + 1))
    wait $running 2>/dev/null
    signal 9
    resume=--resume
    if [ -e killed.h5 ]; then # too late
        ended=$((ended + 1))
        span=$(((span + 1) / 2))
        expect_same long.h5 killed.h5
        rm -f killed.h5*
        resume=
    fi
done
rm -f number moment victim
checks=$((checks + 1))
[ $ended -lt $kills ] || complain "none of $kills kills met a run at work"
# shellcheck disable=SC2086
run ranks 3 sweep run.yaml -o killed.h5 -q $long --resume
expect_status 0
expect_same long.h5 killed.h5

# shellcheck disable=SC2086
start 2 sweep run.yaml -o ended.h5 -q $long --set sweep.beta.points=20000
until_larger ended.h5.part.1 20000
signal USR1
status=0
wait $running || status=$?
command_line='ranks, told that the time is up'
cp told "$stderr"
expect_one_line 130 'interrupted; all finished points are in ended\.h5\.part and those of other ranks beside it'
checks=$((checks + 1))
[ -s ended.h5.part.1 ] || complain "rank 1 has left no journal"
finish
