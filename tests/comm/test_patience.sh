#!/bin/sh
# SPDX-License-Identifier: MIT
# A rank that stands still keeps no other waiting for ever: after SPINODAL_MPI_PATIENCE seconds its neighbour, or who waits for an
# answer of it, says so in one line and ends all, and the journals are gone on with.
. "$(dirname "$0")/ranks.sh"

experiment >run.yaml
long='--set sweep.seeds=4 --set sweep.beta.points=300'
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o long.h5 -q $long
expect_status 0
SPINODAL_MPI_PATIENCE=3
export SPINODAL_MPI_PATIENCE

# The first, then the last of the ranks stands still; the run is far too long to end by itself.
for which in 1 '$'; do
    rm -f stuck.h5*
    # shellcheck disable=SC2086
    start 3 sweep run.yaml -o stuck.h5 -q $long --set sweep.beta.points=200000
    until_larger stuck.h5.part 20000
    signal STOP "$which"
    status=0
    wait $running || status=$?
    signal 9
    command_line="ranks of which one ($which) stands still"
    cp told "$stderr"
    checks=$((checks + 1))
    [ "$status" -ne 0 ] || complain "all is said to be well:" told
    expect_stderr '^spinodal-mpi: rank [0-9]: (nothing was heard of rank [0-9]|MPI has not answered) for [0-9]+ s; all ranks end, go on with --resume'
    checks=$((checks + 1))
    [ -s stuck.h5.part ] || complain 'rank 0 has left no journal'
done

# What ranks have done that were ended so is gone on with. This run ends soon: whether anybody stands still by then or not.
# shellcheck disable=SC2086
start 2 sweep run.yaml -o cut.h5 -q $long
until_larger cut.h5.part 20000
signal STOP 1
wait $running
signal 9
unset SPINODAL_MPI_PATIENCE
# shellcheck disable=SC2086
run ranks 2 sweep run.yaml -o cut.h5 -q $long --resume
expect_status 0
expect_same long.h5 cut.h5

# Rank 0 lives while it writes results, however long that takes: some 30 pieces, 0.4 s each.
if [ "${4:--}" != - ]; then
    program_of_ranks=$ranks_program
    printf '#!/bin/sh\nLD_PRELOAD=%s exec %s "$@"\n' "$4" "$ranks_program" >slow
    chmod +x slow
    ranks_program=./slow
    SPINODAL_MPI_PATIENCE=4
    export SPINODAL_MPI_PATIENCE
    began=$(date +%s)
    # shellcheck disable=SC2086
    run ranks 3 sweep run.yaml -o slow.h5 -q $long
    took=$(($(date +%s) - began))
    unset SPINODAL_MPI_PATIENCE
    ranks_program=$program_of_ranks
    expect_status 0
    expect_same long.h5 slow.h5
    checks=$((checks + 1))
    [ "$took" -gt 6 ] || complain "writing was not slow: $took s"
fi

# A patience that is none is a line, not another number.
for wrong in 0 -1 soon 5x; do
    SPINODAL_MPI_PATIENCE=$wrong
    export SPINODAL_MPI_PATIENCE
    run ranks 2 sweep run.yaml -o no.h5
    unset SPINODAL_MPI_PATIENCE
    expect_one_line 2 "SPINODAL_MPI_PATIENCE is '$wrong': expected seconds above 0"
done
finish
