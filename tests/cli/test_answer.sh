#!/bin/sh
# SPDX-License-Identifier: MIT
# What a person reads first: how many phases, where one jumps, of which order, and what that means for a choice of
# beta, on networks whose answer is known (T12, T13).
. "$(dirname "$0")/harness.sh"

linear() {
    experiment | sed "s/tanh/linear/; s/hidden: .*/hidden: [$1]/; s/points: 8/points: 30/; s/seeds: 2/seeds: 1/"
}

# Two hidden layers: three phases; up at 0.1875 and 0.41055, equal L at 0.15749 and 0.34484, never back (T13, T14).
linear '2, 2' >deep.yaml
run spinodal sweep deep.yaml -o deep.h5
expect_status 0
cp "$stdout" sweep.txt
expect_no_text "$stderr" 'Between beta|For your choice'
run spinodal transitions deep.h5
expect_status 0
for text in sweep.txt "$stdout"; do
    expect_text "$text" '^Between beta = 0\.05 and 0\.5 the network has 3 phases, which differ in what it has learned\.$'
    expect_text "$text" '^Raising beta, the network jumps from "2 modes" to "1 mode" at 0\.1875; .* First order: an abrupt jump\.$'
    expect_text "$text" '^Raising beta, the network jumps from "1 mode" to "trivial" at 0\.410549; on the way down it was not seen to jump back\. Both have the same loss at 0\.34483[0-9]'
    expect_text "$text" '^How sure: the order of 2 of these 2 '
    expect_text "$text" '^For your choice of beta: "2 modes" is the best below beta = 0\.1574[0-9]* and is lost above 0\.1875;'
    expect_text "$text" 'nn\.MSELoss\(\) weight_decay = 2 beta / K .* beta = (0\.1574[0-9]*) is weight_decay = \1\.$'
    expect_text "$text" '^trivial +<0\.05 +\.\. +>0\.5 '
    expect_text "$text" '^2 modes -> 1 mode +1st +0\.1875[0-9]* +0\.1574[0-9]* +- '
    expect_text "$text" '^1 mode -> trivial +1st +0\.41054[0-9]* +0\.34483[0-9]* +- '
    expect_text "$text" '^Is the change point of the curvature R the transition\? .* R changes at [0-9] of the 2 transitions'
done
# one table: the same lines in both, from the first sentence on
sed -n '/^Between/,/^Is the change/p' sweep.txt >one
sed -n '/^Between/,/^Is the change/p' "$stdout" >other
expect_same one other

# One hidden layer: at 0.5 and 0.9, the same up and down, and nothing jumps (T12).
linear '2' | sed 's/to: 0.5/to: 1.07/' >shallow.yaml
run spinodal sweep shallow.yaml -o shallow.h5
expect_status 0
expect_stdout '^"2 modes" goes over into "1 mode" at 0\.5, at the same place up and down\. Second order'
expect_stdout '^"1 mode" goes over into "trivial" at 0\.9, '
expect_stdout '^2 modes -> 1 mode +2nd +0\.(5|50000|49999)[0-9]* +- +0\.(5|50000|49999)[0-9]* +0 '

# A range in which nothing happens.
linear '2, 2' | sed 's/to: 0.5/to: 0.1/; s/direction: .*/direction: up/' >none.yaml
run spinodal sweep none.yaml -o none.h5
expect_status 0
expect_stdout '^Between beta = 0\.05 and 0\.1 there is one phase, "2 modes": what the network computes changes nowhere abruptly\.$'
expect_stdout 'no value in this range changes abruptly what is learned'

# Three kinds of flowers that overlap, four random starts: the starts end in several minima of one phase, and where hidden
# units merge single samples change their class. No transition leads from a phase into itself, and each is known to its own
# interval: none spans a thousandth of beta.
cat >flowers.awk <<'AWK'
function uniform() { s = s * 16807 % 2147483647; return s / 2147483647 }
function normal(  i, sum) { sum = -6; for (i = 0; i < 12; i++) sum += uniform(); return sum }
BEGIN {
    s = 5
    print "sl,sw,pl,pw,species"
    split("setosa versicolor virginica", name)
    split("5.0 3.4 1.5 0.25 5.9 2.8 4.3 1.3 6.6 3.0 5.5 2.0", mean)
    split("0.5 0.35 0.4 0.2", deviation)
    for (k = 0; k < 3; k++) for (i = 0; i < 50; i++) {
        for (j = 1; j <= 4; j++) printf "%.2f,", mean[4 * k + j] + deviation[j] * normal()
        print name[k + 1]
    }
}
AWK
awk -f flowers.awk >flowers.csv
run spinodal init flowers.csv
run spinodal sweep flowers.yaml -o flowers.h5 -q --set sweep.seeds=4 --set sweep.beta.points=16 --set sweep.beta.from=0.02 --set sweep.beta.to=0.1
expect_status 0
run spinodal transitions flowers.h5 --kind accuracy
expect_status 0
sed -n '/^transitions that change/,/^$/p' "$stdout" >table
expect_text table '^2 modes.* -> .*1 mode +1st '
expect_no_text table '^(.+) -> \1 +(1st|2nd|[?]) '
run spinodal transitions flowers.h5 --json
awk -F'[:,]' '/"(spinodal_up|maxwell|spinodal_down)_low"/ && $2 + 0 > 0 { low = $2 }
    /"(spinodal_up|maxwell|spinodal_down)_high"/ && $2 + 0 > 0 && $2 - low > 1e-3 * low { print low, $2 }' "$stdout" >wide
expect_no_text wide .

# What one beta, a quench and points that are not stationary cannot say is said.
linear '2, 2' | sed 's/beta: {.*}/beta: {from: 0.1, to: 0.1, points: 1}/; s/seeds: 1/seeds: 3/' >one.yaml
run spinodal sweep one.yaml -o one.h5
expect_status 0
expect_stdout '^At beta = 0\.1, the only one, .* One beta does not say where phases change'
expect_stdout '^For your choice of beta: at this one "2 modes" .*: beta = 0\.1 is weight_decay = 0\.1\.$'
expect_no_text "$stdout" 'nowhere$|no transition was found'
run spinodal transitions one.h5
expect_status 1
expect_stdout '^verdict: no transition was seen between beta = 0\.1 and 0\.1, but one beta cannot tell$'
run spinodal sweep deep.yaml -o quench.h5 -q --set sweep.direction=quench
run spinodal transitions quench.h5
expect_status 1
expect_stdout 'the network was trained afresh at each point \(a quench\).* which phases there are, and where they change, is not known\.$'
expect_stdout '^For your choice of beta: which phase is the best, and where, this run does not say\. In PyTorch'
run spinodal sweep deep.yaml -o rough.h5 -q --set solver.method=gd --set solver.max_iterations=3 --set sweep.refine=false
run spinodal transitions rough.h5
expect_status 1
expect_stdout '^Between beta = 0\.05 and 0\.5 no point is stationary: which phases there are is not known\.$'
expect_no_text "$stdout" 'choice of beta: In PyTorch|that was not seen'
# Nor do states behind jumps that are not stationary make phases.
run spinodal sweep deep.yaml -o rough.h5 -q --force --set solver.method=gd --set solver.max_iterations=3
run spinodal transitions rough.h5
expect_status 1
expect_stdout '^Between beta = 0\.05 and 0\.5 no point is stationary: which phases there are is not known\.$'

# Losses of PyTorch: a mean over the outputs as ours is, classes.
run spinodal sweep deep.yaml -o mean.h5 --set objective.error=mse_mean --set sweep.beta.from=0.025 --set sweep.beta.to=0.25
expect_status 0
expect_stdout 'is the best below beta = 0\.07874[0-9]* .* nn\.MSELoss\(\) weight_decay = 2 beta: beta = 0\.07874[0-9]* is weight_decay = 0\.1574[0-9]*\.$'

# The same for programs: places, phases, sentences; and of what the options choose.
run spinodal transitions deep.h5 --json
expect_status 0
tr -d '\n' <"$stdout" >flat
expect_text flat '"answers": *\[.*"sentences": *\[ *"Between beta = 0\.05 .*"phases": *\[.*"name": *"2 modes".*"entries": *\[.*"spinodal_up": *0\.1875.*"maxwell": *0\.1574.*"spinodal_down": *null.*"claim": *\{'
run spinodal sweep deep.yaml -o deep.h5 --force --json -q
tr -d '\n' <"$stdout" >flat
expect_text flat '"answer": *\{.*"sentences": .*"entries": .*"claim": *\{'

experiment | sed 's/points: 8/points: 40/; s/seeds: 2/seeds: 1/' >tanh.yaml
run spinodal sweep tanh.yaml -o tanh.h5 -q
count() { # how many transitions the options leave of all, and that the rest is counted
    run spinodal transitions tanh.h5 "$@"
    expect_status 0
    left=$(grep -c '^.* -> .* \(1st\|2nd\) \+[0-9]\+\.' "$stdout")
}
count
all=$left
count --kind accuracy
accuracy=$left
expect_no_text "$stdout" '^transitions of hidden units'
count --kind symmetry
checks=$((checks + 3))
[ "$accuracy" -eq 2 ] || complain "$accuracy transitions of accuracy instead of 2:" "$stdout"
[ $((accuracy + left)) -eq "$all" ] || complain "$accuracy and $left are not $all" "$stdout"
expect_no_text "$stdout" '^transitions that change what is learned'
count --min-jump 0.1
[ "$left" -eq 2 ] || complain "$left transitions jump by a tenth instead of 2:" "$stdout"
# One selection for all: sentences, claim, places, loops, verdict and JSON hold what is asked for and nothing else.
run spinodal transitions tanh.h5 --kind accuracy
expect_no_text "$stdout" 'hidden units|symmetry|  other '
expect_stdout '^verdict: of what is learned 2 of first order, 0 of second; between [^;]*(; [1-9][0-9]* left out.*)?$'
loops() { awk '/"hysteresis": \[/ { on = 1 } on && /"change"/ { print $2 } /^  \]/ { on = 0 }' "$stdout"; }
run spinodal transitions tanh.h5 --kind accuracy --json
loops >changes
expect_text changes accuracy
expect_no_text changes 'symmetry|other'
expect_no_text "$stdout" '"change": "(symmetry|other)"'
expect_stdout "\"left_out\": $((all - accuracy))"
expect_no_text "$stdout" 'hidden units merge'
run spinodal transitions tanh.h5 --kind symmetry --json
expect_no_text "$stdout" '"change": "accuracy"'
expect_no_text "$stdout" 'Raising beta'
run spinodal transitions tanh.h5 --kind symmetry
expect_no_text "$stdout" 'Raising beta|accuracy +[0-9]|of what is learned'
run spinodal sweep tanh.yaml -o tanh.h5 --force --kind accuracy
expect_no_text "$stdout" 'Inside the phases'
# What is read stands beside the beta at which it is.
run spinodal transitions tanh.h5 --json
tr -d '\n' <"$stdout" >flat
expect_text flat '"read_at": "(maxwell|spinodal_up|spinodal_down)", *"beta_below": [0-9.]+, *"beta_above": [0-9.]+'
count --min-jump 0.1 --sort jump
grep ' -> .* 1st ' "$stdout" | head -1 | grep -q 'mode -> trivial' ||
    complain 'the largest jump does not come first:' "$stdout"
for word in '--kind nothing' '--sort size' '--min-jump 2'; do
    # shellcheck disable=SC2086
    run spinodal transitions tanh.h5 $word
    expect_status 2
    expect_stderr_lines 1
done

# Hidden units merge between two points of the way up: in that gap the phase is still the best one, no other takes
# its place. The ranges of the three phases join at the Maxwell points.
awk 'BEGIN {
    print "area,rooms,age,distance,price,rent"
    for (i = 1; i <= 60; i++) {
        a = sin(1.3 * i); r = cos(2.9 * i); g = sin(4.7 * i + 1); d = cos(0.7 * i + 2)
        printf "%.0f,%.1f,%.0f,%.2f,%.0f,%.0f\n", 100 + 40 * a, 4 + 1.5 * r, 30 + 20 * g, 8 + 5 * d,
            300 + 90 * a + 15 * r - 20 * g + 12 * sin(7.1 * i), 1200 - 130 * d + 40 * r + 60 * cos(9.3 * i)
    }
}' >houses.csv
run spinodal init houses.csv --set 'data.targets=[price, rent]'
run spinodal sweep houses.yaml -o houses.h5
expect_no_text "$stdout" 'and elsewhere'
expect_stdout '^2 modes +<0\.02 .. +0\.3507.* +<0\.02 .. 0\.287'
expect_stdout '^1 mode +<0\.02 .. +0\.4327.* +0\.287[0-9]* .. 0\.3687'
expect_stdout '^trivial +<0\.02 .. >0\.59 +0\.3687[0-9]* .. >0\.59'
finish
