#!/bin/sh
# SPDX-License-Identifier: MIT
# Targets of `reproduce` on ranks: a run of a family is a job, rank 0 makes tables, figures and the page. The files of one process, also where
# ranks are killed and others go on; one line where a target is not for ranks.
. "$(dirname "$0")/ranks.sh"

# expect_same_folder ONE OTHER
expect_same_folder() {
    checks=$((checks + 1))
    diff -r "$1" "$2" >different 2>&1 || complain "$1 and $2 differ:" different
}

# Narrow networks do not learn all modes, which is a check that is not passed.
few='--set data.samples=40 --set branches.starts=0 --set sweep.seeds=2 --set model.hidden=[2,2]'
# shellcheck disable=SC2086
run spinodal reproduce complexity -o one -q $few
expect_status 1
for number in 1 3; do
    # shellcheck disable=SC2086
    run ranks $number reproduce complexity -o ranks-$number -q $few --threads $((number % 2 + 1))
    expect_status 1
    expect_same_folder one ranks-$number
done

# Killed, then gone on with by others.
few='--set data.samples=40 --set branches.starts=0 --set branches.levels=1'
# shellcheck disable=SC2086
run spinodal reproduce order -o whole -q $few
expect_status 0
# shellcheck disable=SC2086
start 2 reproduce order -o killed -q $few
until_larger killed/order-tanh-2.h5 1
signal 9 2
wait $running 2>/dev/null
signal 9
# shellcheck disable=SC2086
run ranks 3 reproduce order -o killed -q --resume $few
expect_status 0
expect_same_folder whole killed

# What is there is kept without --force, and made anew with it.
# shellcheck disable=SC2086
run ranks 2 reproduce complexity -o one -q $few
expect_one_line 5 'one/complexity\.h5 exists; use --force to overwrite'
few='--set data.samples=60 --set sweep.beta.points=12'
# shellcheck disable=SC2086
run spinodal reproduce fig2 -o sweep -q $few
expect_status 0
mkdir again
cp sweep/fig2.h5 again/
# shellcheck disable=SC2086
run ranks 2 reproduce fig2 -o again -q --force $few
expect_status 0
expect_same_folder sweep again

# What came out is told once, by rank 0.
# shellcheck disable=SC2086
run ranks 2 reproduce fig2 -o told.fig2 $few
expect_status 0
checks=$((checks + 1))
[ "$(grep -c 'lists what is there' "$stderr")" -eq 1 ] || complain 'it is not told once:' "$stderr"

run ranks 2 reproduce paper -o no
expect_one_line 3 "ranks share the runs of fig2, order, complexity and omnigrok: make 'paper' with spinodal"
run ranks 2 reproduce complexity -o no --set model.activation=tanh
expect_one_line 3 'model\.activation: cannot be set'
run ranks 2 reproduce complexity -o no --set data.samples=many
expect_one_line 3 'data\.samples'
finish
