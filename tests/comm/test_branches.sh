#!/bin/sh
# SPDX-License-Identifier: MIT
# Branches on ranks: all follow them, and share the searches that need no other. The bytes of one process on any number of ranks and threads,
# also where a rank is killed and the run goes on with others; one journal; one line where something is wrong.
. "$(dirname "$0")/ranks.sh"

experiment >run.yaml
many='--set branches.starts=6 --set branches.levels=4'
# shellcheck disable=SC2086
run spinodal branches run.yaml -o one.h5 -q $many --threads 1
expect_status 0
# shellcheck disable=SC2086
run spinodal branches run.yaml -o two.h5 -q $many --threads 2
expect_status 0
expect_same one.h5 two.h5
for number in 1 2 3 5; do
    # shellcheck disable=SC2086
    run ranks $number branches run.yaml -o ranks.h5 -q --force $many --threads $((number % 2 + 1))
    expect_status 0
    expect_same one.h5 ranks.h5
done
expect_no_file ranks.h5.part
expect_no_file ranks.h5.part.1

# Saddles are climbed down from one after the other, between descents that are shared.
saddles='--set branches.saddles=true --set branches.saddle_starts=2 --set branches.starts=2'
# shellcheck disable=SC2086
run spinodal branches run.yaml -o saddles.h5 -q $saddles
expect_status 0
# shellcheck disable=SC2086
run ranks 2 branches run.yaml -o ranks.h5 -q --force $saddles
expect_status 0
expect_same saddles.h5 ranks.h5

# Ranks that share the samples: of all branches, and of one by products.
# shellcheck disable=SC2086
run ranks 2 branches run.yaml -o ranks.h5 -q --force $many --shard-samples
expect_status 0
expect_same one.h5 ranks.h5
one_branch='--set branches.method=products'
# shellcheck disable=SC2086
run spinodal branches run.yaml -o products.h5 -q $one_branch
expect_status 0
for number in 1 3; do
    # shellcheck disable=SC2086
    run ranks $number branches run.yaml -o ranks.h5 -q --force $one_branch --shard-samples
    expect_status 0
    expect_same products.h5 ranks.h5
done
# shellcheck disable=SC2086
run ranks 2 branches run.yaml -o no.h5 $one_branch
expect_one_line 3 'branches\.method: products follows one branch: ranks can share its samples \(--shard-samples\)'
expect_no_file no.h5

# What is shared is said before anything begins.
# shellcheck disable=SC2086
run ranks 3 branches run.yaml -o no.h5 $many --explain
expect_status 0
expect_stdout '^3 ranks: 10 for the busiest of 30 searches from random starts$'
expect_no_file no.h5

# A rank that is killed: rank 0 has all that was found, which is gone on with on other numbers of ranks, and by one process.
# shellcheck disable=SC2086
for victim in 2 1; do
    rm -f killed.h5*
    start 2 branches run.yaml -o killed.h5 -q $many
    until_larger killed.h5.part 20000
    signal 9 $victim
    wait $running 2>/dev/null
    signal 9
    cp killed.h5.part copy.h5.part 2>/dev/null
    checks=$((checks + 1))
    [ -e copy.h5.part ] || [ -e killed.h5 ] || complain 'rank 0 has left no journal'
    if [ -e copy.h5.part ]; then
        run ranks 3 branches run.yaml -o killed.h5 -q $many --resume
        expect_status 0
        expect_same one.h5 killed.h5
        run spinodal branches run.yaml -o copy.h5 -q $many --resume
        expect_status 0
        expect_same one.h5 copy.h5
        rm -f copy.h5*
    fi
done

# The time is up while ranks share searches, or while each follows branches: one line, of all.
# end_after BYTES ARGUMENTS...; all ranks are told, or the one that $which is.
which=
end_after() {
    bytes=$1
    shift
    rm -f ended.h5*
    start 2 branches run.yaml -o ended.h5 -q "$@"
    until_larger ended.h5.part "$bytes"
    began=$(date +%s)
    signal USR1 $which
    status=0
    wait $running || status=$?
    took=$(($(date +%s) - began))
    command_line="ranks, told that the time is up: $*"
    cp told "$stderr"
    expect_one_line 130 'interrupted; all finished points are in ended\.h5\.part, go on with --resume'
}
end_after 1 --set branches.starts=400 --set branches.levels=20
end_after 20000 --set 'model.hidden=[6,6]' --set data.samples=2000

# One that stops alone is heard of at the next step of the others, not when they come to share something: they have far to go.
which=2
end_after 20000 --set 'model.hidden=[10,10]' --set data.samples=4000 --set branches.starts=1 --set branches.levels=1
checks=$((checks + 1))
[ "$took" -le 10 ] || complain "all end $took s after one has stopped"
finish
