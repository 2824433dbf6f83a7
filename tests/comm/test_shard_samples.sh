#!/bin/sh
# SPDX-License-Identifier: MIT
# Ranks of MPI share the samples of a sweep (--shard-samples): the bytes of one process on any number of ranks and threads, whatever the
# solver and the error, also when a rank is killed or told to stop and others go on; one line where something is wrong; rank 0
# alone writes.
. "$(dirname "$0")/ranks.sh"

# Ranks meet some hundred times at each point, and where there are more processes than processors each meeting waits until all were
# given one: few points, much patience.
SPN_RANKS_SECONDS=1500
# Enough samples for some sections, of which each rank has some.
large='--set data.samples=3000 --set sweep.beta.points=3 --set sweep.seeds=1'
experiment >run.yaml

# same EXPERIMENT NUMBERS OUTPUT ARGUMENTS...: one process and so many ranks.
same() {
    file=$1
    numbers=$2
    output=$3
    shift 3
    run spinodal sweep "$file" -o "$output.h5" -q "$@" --threads 1
    expect_status 0
    for number in $numbers; do
        run ranks "$number" sweep "$file" -o ranks.h5 -f -q --shard-samples "$@" --threads $((number % 2 + 1))
        expect_status 0
        expect_same "$output.h5" ranks.h5
    done
}

# shellcheck disable=SC2086
same run.yaml '1 2 3 5' products $large --set solver.method=newton_cg
# Classes, biases, a wide layer whose sections have several blocks, samples kept for testing, curvature by products.
cat >classes.yaml <<'YAML'
data: {kind: modular, modulus: 31, test_share: 0.2}
model: {hidden: [6], activation: tanh, bias: true}
objective: {error: cross_entropy}
sweep: {beta: {from: 1e-3, to: 2e-3, points: 2}, seeds: 1, direction: up, refine: false}
solver: {method: newton_cg}
geometry: {method: stochastic}
YAML
same classes.yaml 3 classes
# The dense Hessian, and free biases that begin at the means of the targets.
# shellcheck disable=SC2086
same run.yaml 2 dense $large --set model.bias=true --set objective.regularise=weights --set sweep.direction=up
# shellcheck disable=SC2086
same run.yaml 2 descent $large --set solver.method=lbfgs --set sweep.direction=up --set sweep.refine=false
# Images in files, which each rank reads in pieces: 1200 of 4 x 4 pixels, of three classes; compressed or not.
awk 'BEGIN { for (n = 0; n < 19200; n++) printf "%c", 33 + (n * 7919 + int(n / 16) * int(n / 16) * 31) % 90 }' >pixels
{ printf '\000\000\010\003\000\000\004\260\000\000\000\004\000\000\000\004' && cat pixels; } >images-idx3
awk 'BEGIN { for (n = 0; n < 1200; n++) printf "%c", 97 + n * n % 7 % 3 }' | tr 'abc' '\000\001\002' >numbers
{ printf '\000\000\010\001\000\000\004\260' && cat numbers; } | gzip >labels-idx1.gz
rm pixels numbers
cat >images.yaml <<'YAML'
data: {kind: idx, path: images-idx3, standardize: inputs, test_share: 0.1}
model: {hidden: [5], bias: true}
objective: {error: cross_entropy}
sweep: {seeds: 1, direction: up, refine: false, beta.points: 2}
solver: {method: newton_cg}
YAML
same images.yaml '2 3' images
gzip images-idx3
same images.yaml 2 packed --set data.path=images-idx3.gz
expect_folder . classes.h5 classes.yaml dense.h5 descent.h5 images-idx3.gz images.h5 images.yaml labels-idx1.gz packed.h5 products.h5 ranks.h5 run.yaml

# What each rank takes.
# shellcheck disable=SC2086
run ranks 2 sweep run.yaml --explain --shard-samples -q $large
expect_status 0
expect_stdout '^each of 2 ranks$'
expect_stdout '^ +[0-9.e-]+ GB of samples, and [0-9.e-]+ GB for each point at work; [0-9.e-]+ GB while the data are read and the network is made$'
expect_stdout '^2 ranks together: 1 chains up of 3 points, one after the other$'

# What is wrong is said once.
run spinodal sweep run.yaml --shard-samples
expect_one_line 2 '--shard-samples is for ranks'
run ranks 2 grok run.yaml --shard-samples
expect_one_line 2 'shard-samples'
run ranks 2 sweep run.yaml -o no.h5 -q --shard-samples --set geometry.layers=true
expect_one_line 3 'geometry\.layers'
run ranks 2 sweep run.yaml -o no.h5 -q --shard-samples --set solver.method=sgd --set solver.batch=7
expect_one_line 3 'solver\.batch'
run ranks 2 sweep run.yaml -o no.h5 -q --shard-samples --set solver.method=sgd_adam --set solver.batch=7
expect_one_line 3 'solver\.batch'
run ranks 5 sweep run.yaml -o no.h5 -q --shard-samples --set data.samples=4 --set data.moments=drawn
expect_one_line 3 '4 samples are too few for 5 ranks'
run ranks 2 sweep missing.yaml --shard-samples
expect_one_line 5 'cannot open missing\.yaml'
run ranks 2 sweep run.yaml -o products.h5 --shard-samples
expect_one_line 5 'products\.h5 exists'

# A rank is killed; others, of another number, go on from the one journal; so does one process.
long='--set data.samples=3000 --set sweep.beta.points=200 --set sweep.seeds=1 --set sweep.direction=up --set sweep.refine=false --set solver.method=newton_cg'
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o long.h5 -q $long
expect_status 0
resume=
interrupted=0
for victim in 2 1; do
    # shellcheck disable=SC2086
    start 3 sweep run.yaml -o killed.h5 -q --shard-samples $long $resume
    until_larger killed.h5.part $((40000 * (3 - victim) - 20000)) # some points are beyond its head
    signal 9 $victim
    wait $running 2>/dev/null
    signal 9
    if [ -e killed.h5 ]; then # a machine that was elsewhere when it should have looked
        rm -f killed.h5
        resume=
    else
        interrupted=$((interrupted + 1))
        resume=--resume
        checks=$((checks + 1))
        [ -s killed.h5.part ] && [ ! -e killed.h5.part.1 ] || complain 'rank 0 alone should have a journal'
    fi
done
# Kills that came too late show nothing.
[ "$interrupted" -gt 0 ] || complain 'no kill met a run at work'
# shellcheck disable=SC2086
run ranks 2 sweep run.yaml -o killed.h5 -q --shard-samples $long $resume
expect_status 0
expect_same long.h5 killed.h5

# One rank alone is told to stop: all do, and say so once.
# shellcheck disable=SC2086
start 2 sweep run.yaml -o ended.h5 -q --shard-samples $long --set sweep.beta.points=20000
until_larger ended.h5.part 20000
signal USR1 2
status=0
wait $running || status=$?
command_line='ranks, of which one was told to stop'
cp told "$stderr"
expect_one_line 130 'interrupted; all finished points are in ended\.h5\.part, go on'
finish
