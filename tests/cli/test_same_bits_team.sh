#!/bin/sh
# SPDX-License-Identifier: MIT
# One chain with threads to spare: blocks of samples are shared among them, and the bits stay. The samples are
# many enough for gradient, products and Hessian to be worth a team, which a small run never is.
. "$(dirname "$0")/harness.sh"
experiment | sed "s/samples: 60/samples: 30000/; s/seeds: 2/seeds: 1/; s/points: 8/points: 2/; s/direction: both/direction: up/" >run.yaml
for threads in 1 2 3; do
    run spinodal sweep run.yaml -o run.h5 --threads $threads --force --set sweep.refine=false
    expect_status 0
    run sh -c '"$0" export run.h5 >"$1"' "$program" "$threads.csv"
    expect_status 0
    expect_file "$threads.csv"
done
expect_same 1.csv 2.csv
expect_same 1.csv 3.csv
finish
