#!/bin/sh
# SPDX-License-Identifier: MIT
# Command geometry by each way: the same R, what a way cannot give is null, what does not fit is refused with the forecast and the
# place of the key.
. "$(dirname "$0")/harness.sh"
experiment >run.yaml

# value KEY: of the first surface.
value() {
    tr -d ' ",' <"$stdout" | awk -F: -v key="$1" '$1 == key { print $2; exit }'
}
for method in auto dense moments stochastic none; do
    run spinodal geometry run.yaml --beta 0.1 --json --set model.hidden=[6,6] --set geometry.method=$method --set geometry.probes=40
    expect_status 0
    eval "R_$method=$(value scalar_curvature) sign_$method=$(value gauss_kronecker_sign)"
    eval "way_$method=$(value method) low_$method=$(value scalar_curvature_low) high_$method=$(value scalar_curvature_high)"
    eval "lowest_$method=$(value eigenvalue_min)"
done
# holds EXPRESSION WHAT: of awk.
holds() {
    checks=$((checks + 1))
    awk "BEGIN { exit !($1) }" || complain "does not hold: $2: $1"
}
# shellcheck disable=SC2154
{
    holds "\"$way_auto\" == \"dense\" && \"$way_moments\" == \"moments\" && \"$way_stochastic\" == \"stochastic\"" "method as asked for"
    holds "\"$R_auto\" == \"$R_dense\" && \"$R_none\" == \"null\" && \"$way_none\" == \"none\"" "R"
    holds "\"$sign_moments\" == \"null\" && \"$sign_dense\" != \"null\"" "Gauss-Kronecker needs all eigenvalues"
    holds "($R_moments - $R_dense)^2 < 1e-20 * ($R_dense)^2" "moments are exact"
    holds "($lowest_moments - $lowest_dense)^2 < 1e-16" "the lowest eigenvalue"
    holds "$low_stochastic < $R_stochastic && $R_stochastic < $high_stochastic" "an interval"
    holds "$low_moments == $R_moments && $high_moments == $R_moments" "no interval"
}
# No fewer products than weights leave nothing to be estimated.
run spinodal geometry run.yaml --beta 0.1 --json --set geometry.method=stochastic
expect_stdout '"scalar_curvature_stderr": 0,'
for command in geometry sweep branches grok spectrum; do
    run spinodal $command run.yaml --explain
    expect_status 0
    expect_stderr_empty
    expect_stdout '^14 weights, 60 samples'
    expect_stdout '^  dense .* operations .* s .* GB  <- chosen'
    expect_folder . run.yaml
done
for command in geometry sweep; do
    run spinodal $command run.yaml --explain --json
    expect_failure 2 'explain is text; leave --json out'
done
run spinodal geometry run.yaml --explain --set geometry.method=moments
expect_stdout '^  moments .*<- chosen'
run spinodal spectrum run.yaml --explain --set geometry.memory=1e-7
expect_failure 3 'every way exceeds'
# Where Hessians are dense whatever section geometry says, that section refuses nothing: the run would not.
for command in sweep branches grok; do
    run spinodal $command run.yaml --explain --set geometry.memory=1e-7 --set geometry.method=moments
    expect_status 0
    expect_stderr_empty
    expect_stdout '^  dense .*<- chosen'
done
# What the run would refuse is not explained: the same words, the same exit status.
same() {
    run spinodal "$@" -o x.h5
    refusal=$status
    cp "$stderr" refusal
    expect_no_file x.h5
    run spinodal "$@" --explain
    expect_failure "$refusal" '.'
    cp "$stderr" explained
    run cmp explained refusal
    expect_status 0
    rm explained refusal
}
large='--set data.inputs=784 --set data.moments=drawn --set data.correlations=[0.9] --set data.outputs=10 --set model.hidden=[128,128]'
for method in newton lbfgs adam gd sgd; do
    # shellcheck disable=SC2086
    same sweep run.yaml $large --set solver.method=$method
done
# Those that the section forces are refused by what it allows, before anything is trained.
for method in newton newton_cg; do
    same sweep run.yaml --set solver.method=$method --set geometry.method=dense --set geometry.memory=1e-7
done
run spinodal sweep run.yaml -o x.h5 --set geometry.method=dense --set geometry.memory=1e-7
expect_failure 3 'geometry.method: geometry of 14 parameters: the way .dense. takes .*, and geometry.memory allows 1e-07 GB'
# shellcheck disable=SC2086
same branches run.yaml $large
# shellcheck disable=SC2086
same grok run.yaml $large
same sweep run.yaml --set sweep.seeds=2000000
same grok run.yaml --set grok.tolerance=0
# shellcheck disable=SC2086
same sweep run.yaml $large --set solver.method=newton_cg --set geometry.memory=1e-6
# shellcheck disable=SC2086
run spinodal sweep run.yaml $large --set solver.method=newton_cg --explain
expect_status 0
expect_stdout '^  moments .*<- chosen'
# shellcheck disable=SC2086
run spinodal branches run.yaml $large --set branches.method=products --explain
expect_status 0
expect_stdout '^  products .*<- chosen'
printf 'geometry:\n  method: dense\n  memory: 1e-6\n' >>run.yaml
run spinodal geometry run.yaml
expect_status 3
expect_stderr_lines 1
expect_stderr 'run.yaml:[0-9]*:11: geometry.method: geometry of [0-9]* parameters: the way .dense. takes .*, and geometry.memory allows .*: dense: .*; moments: .*; stochastic: .*; chosen: dense'
run spinodal geometry run.yaml --set geometry.probes=3
expect_status 3
expect_stderr 'geometry.probes: estimates need at least 16 products, not 3'
run spinodal geometry run.yaml --set geometry.method=gradient
expect_status 3
expect_stderr 'geometry.method: .*auto'
# A way that nobody hears is told of.
experiment >plain.yaml
for method in moments stochastic none; do
    run spinodal sweep plain.yaml -o x.h5 -f --set sweep.beta.points=2 --set geometry.method=$method
    expect_status 0
    expect_stderr "^warning: geometry.method: $method is not heard: each point of this sweep is measured by its dense Hessian; solver.method: newton_cg,"
    run spinodal sweep plain.yaml -o x.h5 -f --set sweep.beta.points=2 --set geometry.method=$method --set solver.method=newton_cg
    expect_no_text "$stderr" 'not heard'
done
# A network for which no dense matrix can be made is refused before anything is trained, with what goes without them.
experiment >wide.yaml
for method in lbfgs newton adam; do
    run spinodal sweep wide.yaml --set model.hidden=[200,200] --set solver.method=$method --set geometry.method=stochastic
    expect_status 3
    expect_stderr_lines 1
    expect_stderr 'too many for dense matrices.*solver.method: newton_cg, without sweep.epochs, does without them'
done
finish
