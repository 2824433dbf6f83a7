#!/bin/sh
# SPDX-License-Identifier: MIT
# The same experiment gives the same bits: on every run, for any number of threads, whatever BLAS is
# told, and after kill -9 and --resume. SPN_KILLS sets the number of kills (default 8).
. "$(dirname "$0")/harness.sh"
# Long enough for kills to meet it at work.
experiment | sed "s/points: 8/points: 60/" >run.yaml

# Points, transitions and the ways to them, in one file.
table() {
    run sh -c 'for table in points jumps approach; do "$0" export "$1" --table $table || exit; done >"$2"' \
        "$program" "$1" "$2"
    expect_status 0
    expect_file "$2"
}

run spinodal sweep run.yaml -o one.h5 --threads 1
expect_status 0
table one.h5 one.csv
[ "$(grep -c ',up,' one.csv)" -gt 61 ] || complain 'no transition was refined' one.csv
run spinodal sweep run.yaml -o two.h5 --threads 2
expect_status 0
table two.h5 two.csv
expect_same one.csv two.csv
for threads in 1 2; do
    OPENBLAS_NUM_THREADS=$threads
    export OPENBLAS_NUM_THREADS
    run spinodal sweep run.yaml -o blas.h5 --threads 3 --force
    expect_status 0
    table blas.h5 "blas$threads.csv"
    expect_same one.csv "blas$threads.csv"
done
unset OPENBLAS_NUM_THREADS

# One chain on enough samples that its threads share the sums over them.
experiment | sed "s/samples: 60/samples: 10000/; s/points: 8/points: 4/; s/direction: both/direction: up/; s/seeds: 2/seeds: 1/" >wide.yaml
for threads in 1 2 3; do
    run spinodal sweep wide.yaml -o wide.h5 --threads $threads --force
    expect_status 0
    table wide.h5 "wide$threads.csv"
    expect_same wide1.csv "wide$threads.csv"
done

# Killed at moments spread over the run, then resumed, possibly several times.
kills=${SPN_KILLS:-8}
kill_number=0
interrupted=0
while [ "$kill_number" -lt "$kills" ]; do
    kill_number=$((kill_number + 1))
    rm -f killed.h5 killed.h5.part killed.csv
    "$program" sweep run.yaml -o killed.h5 --threads 2 -q >/dev/null 2>&1 &
    child=$!
    sleep "0.0$((kill_number * 13 % 97 + 1))"
    kill -9 "$child" 2>/dev/null
    wait "$child" 2>/dev/null
    if [ -e killed.h5.part ]; then
        interrupted=$((interrupted + 1))
        run spinodal sweep run.yaml -o killed.h5 --resume --threads 1
        expect_status 0
    elif [ ! -e killed.h5 ]; then
        run spinodal sweep run.yaml -o killed.h5
        expect_status 0
    fi
    table killed.h5 killed.csv
    expect_same one.csv killed.csv
    expect_no_file killed.h5.part
done
# Kills that came too late or too early show nothing.
[ "$interrupted" -gt 0 ] || complain "none of $kills kills met a run at work"
finish
