#!/bin/sh
# SPDX-License-Identifier: MIT
# The same experiment gives the same bits: on every run, for any number of threads, whatever BLAS is
# told, and after kill -9 and --resume. SPN_KILLS sets the number of kills (default 8).
. "$(dirname "$0")/harness.sh"
# Long enough for kills to meet it at work.
experiment | sed "s/points: 8/points: 120/" >run.yaml

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
[ "$(grep -c ',up,' one.csv)" -gt 121 ] || complain 'no transition was refined' one.csv
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

# Killed when the journal has reached sizes spread over the run, of which a point takes more than 500 bytes, then resumed.
run spinodal export one.h5
points=$(wc -l <"$stdout")
while more_kills 8; do
    rm -f killed.h5 killed.h5.part
    if killed_at $((points * 500 * (kills % 8 + 1) / 9)) killed.h5.part sweep run.yaml -o killed.h5 --threads 2 -q; then
        run spinodal sweep run.yaml -o killed.h5 --resume --threads 1
        expect_status 0
    fi
    table killed.h5 killed.csv
    expect_same one.csv killed.csv
    expect_no_file killed.h5.part
done
expect_kills
finish
