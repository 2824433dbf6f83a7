#!/bin/sh
# SPDX-License-Identifier: MIT
# A schedule of several legs: its columns, its figure, its refusals.
. "$(dirname "$0")/harness.sh"
experiment | sed 's/direction: .*/direction: legs/; s/seeds: .*/seeds: 1/' >run.yaml
printf '  legs: [0.3, 0.1, 0.4]\n' >legs
sed -i '/direction: legs/r legs' run.yaml

run spinodal sweep run.yaml -o run.h5
expect_status 0
expect_stdout '^2 modes -> 1 mode +1st +0\.'
run spinodal export run.h5 -o points.csv
expect_status 0
column() {
    awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i }
        NR > 1 { print $at }' points.csv
}
[ "$(column leg | uniq | tr '\n' ' ')" = '0 1 2 ' ] || complain 'legs are not 0, 1, 2' points.csv
[ "$(column direction | uniq | tr '\n' ' ')" = 'up down up ' ] ||
    complain 'directions are not up, down, up' points.csv
[ "$(column beta | tail -1)" = 0.4 ] || complain 'the last turning point is missed' points.csv
run spinodal plot run.h5 -o figure
expect_status 0
expect_file figure/run.svg
run grep -c 'up, leg 3' figure/run.svg
expect_status 0

# The same bits for any number of threads.
run spinodal sweep run.yaml -o again.h5 --threads 2
expect_status 0
run cmp run.h5 again.h5
expect_status 0

run spinodal sweep run.yaml -o x.h5 --set sweep.direction=up
expect_failure 3 'run.yaml:[0-9]+.*legs: has a meaning only with sweep.direction: legs'
run spinodal sweep run.yaml -o x.h5 --set 'sweep.legs=[0.2, 0.2]'
expect_failure 3 'sweep.legs.*leg 2 goes from 0.2 to 0.2'
grep -v 'legs: \[' run.yaml >none.yaml
run spinodal sweep none.yaml -o x.h5
expect_failure 3 'none.yaml:[0-9]+.*needs turning points'
expect_no_file x.h5
# The first step behind a turning point is a step like others: here the only one with a transition, at beta = sigma (T12).
cat >turn.yaml <<'EOF'
data: {samples: 60, inputs: 3, outputs: 2, correlations: [0.55], moments: exact}
model: {hidden: [2], activation: linear}
sweep: {direction: legs, beta: {from: 0.6, to: 1.0, points: 3, spacing: linear}, legs: [0.7, 0.2]}
EOF
run spinodal sweep turn.yaml -o turn.h5 -q
expect_status 0
run spinodal transitions turn.h5
expect_status 0
expect_stdout '^continuous +2nd +accuracy +0\.(5499999|5500000)[0-9]* .* 1 mode -> trivial$'
expect_stdout '^verdict: of what is learned 0 of first order, 1 of second;'
finish
