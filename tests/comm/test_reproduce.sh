#!/bin/sh
# SPDX-License-Identifier: MIT
# Targets of `reproduce` on ranks: a run of a family is a job, rank 0 makes tables, figures and the page. The files of one process, also where
# ranks are killed and others go on, and its words; one line where a target is not for ranks.
. "$(dirname "$0")/ranks.sh"

# expect_same_folder ONE OTHER
expect_same_folder() {
    checks=$((checks + 1))
    diff -r "$1" "$2" >different 2>&1 || complain "$1 and $2 differ:" different
}

# words FOLDER: what was said of it, beside what mpirun says.
words() {
    sed -n "s|$1/|FOLDER/|; /^complexity: /p; /^warning: /p; /FOLDER/p" "$stderr"
}

# Narrow networks do not learn all modes, which is a check that is not passed; few branches leave starts on none, which is a warning of a run.
few='--set data.samples=40 --set branches.starts=0 --set branches.branches=2 --set sweep.seeds=2 --set model.hidden=[2,2]'
# shellcheck disable=SC2086
run spinodal reproduce complexity -o one $few
expect_status 1
words one >said
checks=$((checks + 1))
[ "$(grep -c 'on no known branch' said)" -gt 2 ] || complain 'runs have no warnings:' said
for number in 1 3; do
    # shellcheck disable=SC2086
    run ranks $number reproduce complexity -o ranks-$number $few --threads $((number % 2 + 1))
    expect_status 1
    expect_same_folder one ranks-$number
    words ranks-$number >said-by-ranks
    checks=$((checks + 1))
    diff said said-by-ranks >different || complain 'ranks have other words than one process:' different
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

# The page tells of what could not be made, too.
for folder in whole killed; do
    cp $folder/order-linear-2.h5 $folder/order-linear-1.h5
done
# shellcheck disable=SC2086
run spinodal reproduce order -o whole -q --resume $few
expect_status 5
# shellcheck disable=SC2086
run ranks 2 reproduce order -o killed -q --resume $few
expect_one_line 5 'killed/order-linear-1\.h5 exists and was not made by this run'
expect_same_folder whole killed
checks=$((checks + 1))
grep -q 'not made:\*\* order-linear-1\.h5 exists' killed/index.md || complain 'the page does not tell:' killed/index.md

# What will be refused is refused before the runs.
mkdir settings member
cp one/complexity.h5 settings/
cp one/complexity-linear-1.h5 member/
# shellcheck disable=SC2086
run ranks 2 reproduce complexity -o settings -q --resume $few
expect_one_line 5 'settings/complexity\.h5 exists'
# shellcheck disable=SC2086
run ranks 2 reproduce complexity -o member -q $few
expect_one_line 5 'member/complexity-linear-1\.h5 exists'
checks=$((checks + 1))
find settings member -name '*.h5' >there
[ "$(wc -l <there)" -eq 2 ] || complain 'runs were made before:' there

# Ranks that would compute other bits. A library for one kind of processor has no others.
experiment >small.yaml
run env OPENBLAS_CORETYPE=Nehalem "$program" sweep small.yaml -o small.h5 -q --set sweep.beta.points=2
if grep -aq Nehalem small.h5 && ! grep -aq Nehalem one/complexity-linear-1.h5; then
    # shellcheck disable=SC2086
    run timeout 600 "$runner" $flags -n 1 "$ranks_program" reproduce complexity -o no -q : \
        -n 1 env OPENBLAS_CORETYPE=Nehalem "$ranks_program" reproduce complexity -o no -q
    expect_one_line 3 'rank 1 computes with .* and Nehalem, rank 0 with'
fi

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
checks=$((checks + 1))
! grep -q 'nothing to resume' "$stderr" || complain 'nobody has asked to resume:' "$stderr"

run ranks 2 reproduce paper -o no
expect_one_line 3 "ranks share the runs of fig2, order, complexity and omnigrok: make 'paper' with spinodal"
run ranks 2 reproduce complexity -o no --set model.activation=tanh
expect_one_line 3 'model\.activation: cannot be set'
run ranks 2 reproduce complexity -o no --set data.samples=many
expect_one_line 3 'data\.samples'
finish
