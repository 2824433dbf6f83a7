#!/bin/sh
# SPDX-License-Identifier: MIT
# sweep.beta.tolerance: chains choose their own steps. The same bytes on any number of threads, by shares, and after kill -9; what is said of how
# many points there will be; one line where it makes no sense. SPN_KILLS sets the number of kills (default 2).
. "$(dirname "$0")/harness.sh"
experiment | sed 's/points: 8/tolerance: 0.01/' >run.yaml

run spinodal sweep run.yaml -o one.h5 --threads 1 -q
expect_status 0
run spinodal sweep run.yaml -o two.h5 --threads 2 -q
expect_same one.h5 two.h5
said() {
    strings "$1" | sed -n '/^sweep:/,/^[a-z]*:/p' >said
}
said one.h5
expect_text said '^    tolerance: 0\.01$'
expect_no_text said 'points:'

# The answer is that of a fine grid, which has more points.
run spinodal sweep run.yaml -o grid.h5 --set sweep.beta.points=257 -q
expect_status 0
for file in one grid; do
    run spinodal transitions $file.h5
    expect_status 0
    grep -E '^(Raising|Lowering|The network)' "$stdout" | sed 's/\([0-9]\.[0-9]\{4\}\)[0-9]*/\1/g' >$file.said
    spinodal export $file.h5 | wc -l >$file.points
done
expect_file one.said
expect_same one.said grid.said
checks=$((checks + 1))
[ $(($(cat one.points) * 3)) -lt "$(cat grid.points)" ] || complain "$(cat one.points) lines of points beside $(cat grid.points)"

# Shares, merged; and gone on with.
five='--set sweep.seeds=5 --threads 1 -q'
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o five.h5 $five
for round in '' --resume; do
    for share in 2/3 3/3 1/3; do
        # shellcheck disable=SC2086
        run spinodal sweep run.yaml -o shared.h5 $five --chain $share $round
        expect_status 0
    done
done
run spinodal merge shared.h5.part.1 shared.h5.part.2 shared.h5.part.3 -o merged.h5 -q
expect_status 0
expect_same five.h5 merged.h5
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o shared.h5 $five --resume
expect_same five.h5 shared.h5
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o left.h5 $five --chain 1/2
run spinodal merge left.h5.part.1 -o none.h5
expect_failure 3 '2 of 5 chains up of seeds are missing or not at their end: 1, 3; '

# Killed, gone on with, and killed again.
long='--set sweep.beta.tolerance=0.0001 --threads 2 -q'
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o long.h5 $long
expect_status 0
while more_kills 2; do
    reached=$(wc -c 2>/dev/null <killed.h5.part || echo 0)
    rm -f killed.h5
    # shellcheck disable=SC2086
    killed_at $((reached + 20000)) killed.h5.part sweep run.yaml -o killed.h5 $long --resume
done
expect_kills
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o killed.h5 $long --resume
expect_status 0
expect_same long.h5 killed.h5

# What there is to do, as far as anybody knows, and how far it is.
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o no.h5 $five --chain 2/3 --explain
expect_status 0
expect_stdout '^share 2 of 3: 2 of 5 chains up of 19 or more points$'
expect_no_file no.h5
run spinodal sweep run.yaml -o told.h5 --progress json
expect_status 0
expect_no_text "$stderr" '"of": "points"'

# Chosen steps see the transitions that a grid sees: a bracket that ends in front of a branch point, where the solver stalls a part of the
# tolerance away, is none of its own. (Figure 2 has one at 0.00494672 going down.)
figure=$REPOSITORY/examples/figure2.yaml
seen() {
    run spinodal transitions "$1"
    grep -E '^[^ ].* -> .*  (1st|2nd|\?) ' "$stdout" | sed 's/  .*//' | sort >"$2"
}
run spinodal sweep "$figure" -o figure-grid.h5 -q
expect_status 0
run spinodal sweep "$figure" -o figure-steps.h5 -q --set sweep.beta.tolerance=0.01
expect_status 0
seen figure-grid.h5 figure-grid
seen figure-steps.h5 figure-steps
checks=$((checks + 1))
[ "$(wc -l <figure-grid)" -eq 10 ] || complain "transitions of the grid:" figure-grid
run diff figure-grid figure-steps
expect_status 0

# One way to say it; the command line wins over the file.
run spinodal sweep run.yaml -o set.h5 -q --set sweep.beta.points=9
expect_status 0
said set.h5
expect_text said '^    points: 9$'
expect_no_text said 'tolerance: 0\.01'
# A tolerance of 0 is none: a grid, on which change points are looked for.
sed 's/tolerance: 0\.01/tolerance: 0/' run.yaml >zero.yaml
run spinodal sweep zero.yaml -o zero.h5 --set sweep.direction=up
expect_status 0
expect_stdout '^Is the change point of the curvature R the transition?'
run spinodal sweep run.yaml -o paced.h5 --set sweep.direction=up
expect_status 0
expect_no_text "$stdout" 'change point of the curvature R'
experiment | sed 's/points: 8/points: 8, tolerance: 0.01/' >both.yaml
run spinodal sweep both.yaml -o no.h5
expect_failure 3 "both\.yaml:17.*points.*excluded by 'beta\.tolerance'; give only one of them"
experiment | sed 's/points: 8/largest: 0.1/' >largest.yaml
run spinodal sweep largest.yaml -o no.h5
expect_failure 3 'beta\.largest.*has a meaning only with sweep\.beta\.tolerance'
run spinodal sweep run.yaml -o no.h5 --set sweep.direction=quench
expect_failure 3 'sweep\.beta\.tolerance.*a quench follows no branch, by which steps are chosen; give sweep\.beta\.points instead'
run spinodal sweep run.yaml -o no.h5 --set sweep.beta.tolerance=1e-9
expect_failure 3 'must be at least 0\.0001, is 1e-09'
run spinodal sweep run.yaml -o no.h5 --set solver.method=sgd_adam
expect_failure 3 'training by mini-batches has no tangents'
expect_no_file no.h5
finish
