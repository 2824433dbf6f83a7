#!/bin/sh
# SPDX-License-Identifier: MIT
# What happens where nothing is said: names of results, a range of beta, the beta of a slice, files of --set; and inputs
# whose scales differ.
. "$(dirname "$0")/harness.sh"

# The range of beta from theory: the linear network's transitions are at 0.1875 and 0.41055 (T13), so that 1.25 of the
# last and a twentieth of the first are its ends, of two digits.
experiment | sed 's/tanh/linear/; s/hidden: .*/hidden: [2, 2]/; s/seeds: 2/seeds: 1/; s/beta: .*/beta.points: 12/' >run.yaml
run spinodal sweep run.yaml
expect_status 0
expect_stderr '^sweep\.beta: no range is given; from 0\.0093 to 0\.52, since linear theory sees the first phase end at 0\.187 and the last at 0\.411$'
expect_stdout '^Between beta = 0\.0093 and 0\.52 the network has 3 phases'
expect_file run.sweep.h5
run spinodal branches run.yaml --set branches.starts=0
expect_status 0
expect_stderr '^branches\.beta: no range is given; from 0\.0093 to 0\.52'
expect_file run.branches.h5
# of a range of their own branches need no other, and of one end the other
run spinodal branches run.yaml -o own.h5 --set branches.starts=0 --set branches.beta.from=0.1 --set branches.beta.to=0.3
expect_stderr_empty
expect_stdout '^Between beta = 0\.1 and 0\.3 the network has'
run spinodal branches run.yaml -o own.h5 -f --set branches.starts=0 --set branches.beta.from=0.1
expect_stderr '^branches\.beta\.to: is not given; to 0\.52, since linear theory sees'
run spinodal branches run.yaml -o own.h5 -f --set branches.starts=0 --set branches.beta.to=0.3
expect_stderr '^branches\.beta\.from: is not given; from 0\.0093, since linear theory sees'
for set in sweep.beta.to=0.3 'sweep.beta=[0.1, 0.2]' sweep.beta.from=0.2; do
    run spinodal sweep run.yaml -o other.h5 --force --set "$set"
    expect_no_text "$stderr" 'no range is given'
done
# what was chosen stands in the results, which go on from a journal, too
run spinodal sweep run.yaml --resume
expect_status 0
expect_stderr 'run\.sweep\.h5 is complete: nothing to resume'
# a linear model has no transitions: the default, which is said
run spinodal sweep run.yaml -o ridge.h5 --set 'model.hidden=[]'
expect_status 0
expect_stderr '^sweep\.beta: no range is given and theory knows none here \(a linear model has no transitions\): from 0\.001 to 0\.5$'
# An experiment without a range has the one that a draft of it has, to the digit, by theory and by the bound that stands in
# for it.
awk 'BEGIN { print "area,rooms,price"
    for (i = 0; i < 40; i++) printf "%.4f,%.4f,%.4f\n", sin(1.7 * i), cos(2.3 * i), sin(1.7 * i) + 0.5 * cos(2.3 * i) + 0.1 * sin(11 * i) }' >houses.csv
for activation in tanh relu; do
    run spinodal init houses.csv -f -o drafted.yaml --set model.activation=$activation --set data.targets=[price] --set "model.hidden=[3, 3]"
    expect_status 0
    grep -v 'beta\.' drafted.yaml | sed 's/^sweep:/sweep:\n  beta.points: 2\n  refine: false/' >bare.yaml
    run spinodal sweep bare.yaml -f -o bare.h5
    expect_stderr "^sweep\.beta: no range is given; from $(sed -n 's/^  beta.from: \([^ ]*\).*/\1/p' drafted.yaml) to $(sed -n 's/^  beta.to: \([^ ]*\).*/\1/p' drafted.yaml), since "
done

# Of what is set several times the last counts, and what is overridden is told with what overrides it, once.
line() {
    expect_text "$stderr" "^--set $1 is overridden by --set $2: the last one counts\$"
}
run spinodal geometry run.yaml --json --set data.seed=3 --set model.init.seed=2 --set model.init.seed=4 --seed 7
expect_status 0
expect_stderr_lines 2
line model.init.seed=7 model.init.seed=2
line model.init.seed=2 model.init.seed=4
cp "$stdout" several
run spinodal geometry run.yaml --json --set data.seed=3 --set model.init.seed=4
expect_stderr_empty
cp "$stdout" last
run cmp several last
expect_status 0
run spinodal sweep run.yaml -o order.h5 --set sweep.beta.points=5 --set 'sweep.beta=[0.1, 0.2]' --set sweep.beta.to=0.3 --set sweep.beta.to=0.3
expect_status 0
expect_stderr_lines 2
line sweep.beta.points=5 'sweep.beta=\[0.1, 0.2\]'
line 'sweep.beta=\[0.1, 0.2\]' sweep.beta.to=0.3
for command in 'init near.csv' 'reproduce nothing'; do
    # shellcheck disable=SC2086
    run spinodal $command --set data.targets=[y] --set data.targets=[x]
    line 'data.targets=\[y\]' 'data.targets=\[x\]'
done

# The loss of a slice is that at the beta of its points, where no other is asked for.
run spinodal slice run.yaml -o slice.h5 --set slice.results=run.sweep.h5 --set 'slice.through=[trivial, 1 mode]' \
    --set slice.at=0.2
expect_status 0
run spinodal export slice.h5 --table levels
expect_stdout '^0,0\.2,'
run spinodal slice run.yaml -o slice.h5 --force --set slice.results=run.sweep.h5 \
    --set 'slice.through=[trivial, 1 mode]' --set slice.at=0.2 --set 'slice.beta=[0.1]'
run spinodal export slice.h5 --table levels
expect_stdout '^0,0\.1,'

# A file that --set names is the one that the shell sees; only where there is none it is that beside the experiment.
mkdir there
awk 'BEGIN { print "x,z,y"; for (i = 0; i < 30; i++) { x = (7 * i) % 30 / 30; print x "," 1 - x * x "," 2 * x } }' >near.csv
sed 's/^1-/&/' near.csv >there/far.csv
awk 'NR < 12' near.csv >there/near.csv
printf 'data: {kind: csv, path: near.csv, targets: [y]}\nmodel: {hidden: [2]}\n' >there/own.yaml
for case in 'near.csv 30' 'far.csv 30' 'there/near.csv 10'; do
    run spinodal data there/own.yaml --json --set "data.path=${case% *}"
    expect_status 0
    expect_stdout "\"samples\": ${case#* }"
done
run spinodal data there/own.yaml --json
expect_stdout '"samples": 10'

# Inputs of other scales are named, standardised ones are not.
awk -F, -v OFS=, 'NR > 1 { $2 = 1000 * $2 } { print }' near.csv >wide.csv
set -- there/own.yaml --set data.path=wide.csv --set sweep.beta.points=3 --set sweep.direction=up
run spinodal sweep "$@" -o wide.h5
expect_stderr "^warning: inputs differ in scale by a factor of 1e\+03 \('z' against 'x'\): .*data\.standardize: true"
run spinodal sweep "$@" -o wide.h5 --force --set data.standardize=true
expect_no_text "$stderr" 'differ in scale'
finish
