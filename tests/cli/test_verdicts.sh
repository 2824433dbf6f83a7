#!/bin/sh
# SPDX-License-Identifier: MIT
# What `sweep` and `transitions` say, and with which exit status, where the answer is known, where something is left
# open, and where the question was never asked.
. "$(dirname "$0")/harness.sh"
experiment | sed 's/direction: both/direction: up/; s/seeds: 2/seeds: 1/' >base.yaml

# verdict WORD NOT_STATIONARY: those two keys of the JSON on stdout; "some" stands for any number but 0.
verdict() {
    expect_stdout "\"verdict\": \"$1\""
    case $2 in
    some) expect_stdout '"not_stationary": [1-9]' ;;
    *) expect_stdout "\"not_stationary\": $2," ;;
    esac
}

# One transition of a linear network with one hidden layer, at beta = sigma = 0.5: all is resolved.
set -- base.yaml --set model.activation=linear --set 'model.hidden=[2]' --set sweep.beta.from=0.3 \
    --set sweep.beta.to=0.7
run spinodal sweep "$@" -o found.h5
expect_status 0
expect_stdout '^2 modes -> 1 mode +2nd +0\.(5|50000|49999)[0-9]* .* continuous$'
expect_no_text "$stdout" 'cannot tell|could not be resolved'
expect_no_text "$stderr" 'warning'
run spinodal sweep "$@" -o found.h5 --force --json -q
expect_status 0
verdict transitions 0
expect_stdout '"unresolved": \[\]'
run spinodal transitions found.h5
expect_status 0
expect_stdout '^verdict: of what is learned 0 of first order, 1 of second; '
run spinodal transitions found.h5 --json
expect_status 0
expect_stdout '"unresolved": \[\]'

# Starts of all scales: the same transition, or that points are not stationary. Far out, where the products of weights
# fit and only the ridge falls, nothing is a minimum.
for scale in 1e-6 1e-3 1e3; do
    run spinodal sweep "$@" -o scale.h5 --force --json -q --set model.init.scale=$scale
    expect_status 0
    verdict transitions 0
    expect_stdout '"beta": 0\.(5|50000|49999)[0-9]*'
done
for scale in 1e6 1e7 1e8 1e9; do
    run spinodal sweep "$@" -o scale.h5 --force --json -q --set model.init.scale=$scale \
        --set solver.max_iterations=30
    expect_status 1
    verdict 'cannot tell' 8
done

# Both ways: rows of chains down say which phase they come from (T12: transitions at 0.9 and 0.5).
run spinodal sweep base.yaml -o ways.h5 --set model.activation=linear --set 'model.hidden=[2]' --set sweep.seeds=1 \
    --set sweep.direction=both --set sweep.beta.to=1.07 --set sweep.refine=false
expect_status 0
expect_stdout '^ +0 +up +2 -> 1 '
expect_stdout '^ +0 +down from 1 +1 -> 2 '
expect_stdout '^ +0 +down from 0 +0 -> 1 '
expect_stdout '^ +0 +down from 0 +1 -> 2 '

# Below its first transition (0.1875) a network with two hidden layers changes smoothly.
set -- base.yaml --set model.activation=linear --set sweep.beta.to=0.1
run spinodal sweep "$@" -o none.h5
expect_status 0
expect_stdout '^no transition was found$'
expect_no_text "$stdout" 'cannot tell'
expect_no_text "$stderr" 'warning'
run spinodal sweep "$@" -o none.h5 --force --json -q
expect_status 0
verdict none 0
expect_stdout '"jumps": \[\]'
expect_stdout '"unresolved": \[\]'

# relu: minima lie in kinks, where the gradient does not vanish. That is no absence of transitions: exit 1, and the
# intervals in which something happens are printed. Which ones depends on rounding; of four starts some have them.
set -- base.yaml --set model.activation=relu --set 'model.hidden=[4]' --set sweep.beta.from=0.01 \
    --set sweep.seeds=4
run spinodal sweep "$@" -o relu.h5
expect_status 1
expect_stdout '^(no transition was located, but|and) between these points something happens that could not be resolved'
expect_stdout '^seed +way +from beta +to +error +\|theta\| +points$'
expect_stderr '^warning: [0-9]+ of 32 points did not pass the stationarity gate'
expect_no_text "$stdout" 'no transition was found'
# each interval lies within the grid, and E grows along it (T10)
checks=$((checks + 1))
awk '$2 == "up" && $6 == "->" && $4 != "->" { rows++; bad += !(0.01 <= $3 && $3 < $4 && $4 <= 0.5 && $5 + 0 < $7 + 0) }
    END { exit !(rows > 0 && bad == 0) }' "$stdout" || complain 'intervals that cannot be:' "$stdout"
run spinodal sweep "$@" -o relu.h5 --force --json -q
expect_status 1
verdict 'cannot tell' some
checks=$((checks + 1))
sed -n '/"unresolved"/,$p' "$stdout" | grep -q '"beta_before"' ||
    complain 'nothing is unresolved:' "$stdout"
run spinodal transitions relu.h5
expect_status 1
expect_stdout '^undecided +\? '
expect_stdout '^verdict: .*undecided.*; where points are not stationary it cannot tell$'
run spinodal transitions relu.h5 --json
expect_status 1
expect_stdout '"order": null'
expect_stdout '"unsettled": [1-9]'
tr -d ' \n' <"$stdout" >flat
expect_text flat '"unresolved":\[[0-9]'
# beta stands for all of the interval
checks=$((checks + 1))
sed 's/"crossings":.*//' flat | tr '{' '\n' | sed -n 's/.*"order":null,"beta":\([^,]*\),"beta_low":\([^,]*\),"beta_high":\([^,]*\),.*/\1 \2 \3/p' |
    awk '{ rows++; bad += !($2 < $3 && ($1 - ($2 + $3) / 2) ^ 2 < 1e-20) } END { exit !(rows > 0 && bad == 0) }' ||
    complain 'beta of undecided rows is not the middle of the interval:' "$stdout"

# A quench is complete, but was never asked where anything happens.
set -- base.yaml --set model.activation=linear --set sweep.direction=quench
run spinodal sweep "$@" -o quench.h5
expect_status 0
expect_stdout '^a quench starts afresh at each beta and cannot tell a jump from a smooth change'
expect_no_text "$stdout" 'no transition'
run spinodal sweep "$@" -o quench.h5 --force --json -q
expect_status 0
verdict 'cannot tell' 0
run spinodal transitions quench.h5
expect_status 1
expect_stdout '^verdict: no transition was seen .*but a quench starts afresh at each beta and cannot tell$'

# Nor is anything stationary at a finite rate.
run spinodal sweep base.yaml -o rate.h5 --set sweep.epochs=20 --set solver.method=gd --set solver.learning_rate=0.01
expect_status 0
expect_stdout 'points of a finite rate are not stationary: no transition was looked for'
run spinodal sweep base.yaml -o rate.h5 --force --json -q --set sweep.epochs=20 --set solver.method=gd \
    --set solver.learning_rate=0.01
expect_status 0
verdict 'cannot tell' 0

# A grid without refined jumps: its steps are intervals, and one of them is too wide to be judged.
set -- base.yaml --set model.activation=linear --set sweep.refine=false
run spinodal sweep "$@" -o coarse.h5
expect_status 0
expect_stdout ' 2 -> 1 +0\.178571 +0\.242857 .*jump or bifurcation$'
run spinodal sweep "$@" -o coarse.h5 --force --json -q
expect_status 0
verdict 'cannot tell' 0
run spinodal transitions coarse.h5
expect_status 1
expect_stdout '^undecided .* 0\.211 \+- 0\.033 .* 2 modes -> 1 mode$'
expect_stdout 'undecided: the interval in beta is too wide to tell a jump from a steep change'
expect_stdout '^verdict: of what is learned 1 of first order, 0 of second, 1 undecided; '
run spinodal transitions coarse.h5 --json
expect_status 1
tr -d ' \n' <"$stdout" >flat
expect_text flat '"unresolved":\[0\]'
expect_text flat '"order":null,"beta":0.2107'

# The trivial phase ends where a branch leaves it (T12: beta = sigma). Where that is followed both have chi = 0 there, of
# no sign; where it is not, nobody knows what comes behind, and no width of an interval is to blame.
set -- base.yaml --set model.activation=linear --set 'model.hidden=[1]' --set 'data.correlations=[0.9,0.5]' \
    --set sweep.beta.to=1.2
run spinodal branches "$@" -o onset.h5
expect_status 0
run spinodal transitions onset.h5
expect_stdout 'beta = 0\.9: \|theta\|\^2 is continuous.*; chi 0 -> 0$'
run spinodal branches "$@" --set branches.branches=1 -o open.h5
expect_status 1
run spinodal transitions open.h5
expect_status 1
expect_stdout 'beta = 0\.9: undecided: no phase was found that it goes over into; \|theta\| is 0 and E 2 there'
expect_no_text "$stdout" 'too wide|nan'

# Few steps: a point that a refined step ends at without having settled does not say that it has.
run spinodal sweep "$REPOSITORY/examples/figure2.yaml" -o short.h5 -q --set data.samples=60 --set sweep.beta.from=0.05 --set sweep.beta.to=0.4 \
    --set sweep.beta.points=150 --set sweep.direction=up --set solver.max_iterations=5
run spinodal export short.h5 -o short.csv
run awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    $at["stop"] == "converged" && $at["stationary"] != 1 { print "beta " $at["beta"] " converged and is not stationary" }
    $at["stop"] != "converged" { n++ } END { if (!n) print "all converged" }' short.csv
expect_stdout_empty
# Phases of one point each, with nothing known between them: each is the best that is known there.
run spinodal sweep "$REPOSITORY/examples/figure2.yaml" -o lone.h5 -q --set data.samples=60 --set sweep.refine=false --set sweep.direction=up \
    --set sweep.beta.from=0.05 --set sweep.beta.to=0.4 --set sweep.beta.points=3
run spinodal transitions lone.h5
expect_stdout '^2 modes +<0\.05 +\.\. +0\.05 +<0\.05 \.\. 0\.1375\? '
expect_stdout '^1 mode +<0\.225 +\.\. +0\.225 +0\.1375\? \.\. 0\.3125\? '
expect_stdout '^trivial +<0\.4 +\.\. +>0\.4 +0\.3125\? \.\. >0\.4 '
finish
