#!/bin/sh
# SPDX-License-Identifier: MIT
# Training watched from several starts: from an experiment to tables and a figure; the same bits for any number of
# threads and after kill -9 and --resume; what is wrong is one clear line. SPN_KILLS sets the number of kills.
. "$(dirname "$0")/harness.sh"
experiment | sed 's/activation: tanh/activation: linear/; s/^solver:/&\n  learning_rate: 0.05/' >run.yaml
cat >>run.yaml <<'YAML'
grok:
  beta: 0.001
  results: sweep.h5
  starts: [random, trivial+0.1, 1 mode+0.1]
  epochs: 3000
  levels: [1.6, 1.2]
YAML
run spinodal sweep run.yaml -o sweep.h5 -q
expect_status 0

run spinodal grok run.yaml -o one.h5 --threads 1
expect_status 0
expect_no_text "$stderr" 'runs at beta'
expect_stdout 'one.h5: 3 runs at beta = 0.001'
expect_stdout '^For your choice of beta: these runs are at one .*\. In PyTorch .*: beta = 0\.001 is weight_decay = '
expect_stdout "^run  start .* phase +minimum's E +lambda_min +epoch below a level of E$"
expect_stdout 'measured +predicted \(epochs\)$'
expect_stdout '^ +0  random +- +all epochs +3000 +2 modes +0\.9'
expect_stdout '^ +1  trivial\+0\.1 +0\.1 +all epochs .* 1\.6: [0-9]+, 1\.2: [0-9]+$'
expect_stdout '^ +2  1 mode\+0\.1 +0\.1 .* 1\.6: 0, '
expect_stdout '^ +1 +[0-9.]+ +2 +0 +degenerate +0 +[0-9]+ +[0-9.]+ \([0-9.e+]+ to [0-9.e+]+\)$'
run spinodal grok run.yaml -o two.h5 --threads 2 --json -q
expect_status 0
expect_stderr_empty
expect_same one.h5 two.h5
for key in starts runs crossings plateaus points name phase kind branch_error measured predicted stability_max \
    final_error final_eigenvalue level epoch residue loss stability; do
    expect_stdout "\"$key\": "
done
expect_no_text "$stdout" '[nN]a[nN]'
for table in starts runs points crossings plateaus layout theory modes last_theta final_theta plateau_theta; do
    run spinodal export one.h5 --table "$table" -o "$table.csv"
    expect_status 0
    expect_file "$table.csv"
done
run head -n 1 starts.csv
expect_stdout '^name,start,residue,'
run head -n 1 runs.csv
expect_stdout '^phase,run,start,seed,'
run spinodal export one.h5 --table theta
expect_failure 3 "one.h5: has no table 'theta'; its tables are starts, runs, points, crossings, plateaus, "

# Without -o, into the experiment's name; over nothing without --force; nothing that it reads.
run spinodal grok run.yaml -q
expect_status 0
expect_same run.grok.h5 one.h5
run spinodal grok run.yaml -o one.h5
expect_failure 5 'one.h5.*--force'
run spinodal grok run.yaml -o sweep.h5 --force
expect_failure 5 'sweep.h5 is a file that the experiment reads'
run spinodal grok run.yaml -o one.h5 --resume --set slice.points=7 --set sweep.seeds=5
expect_status 0
expect_stderr 'one.h5 is complete: nothing to resume'

# Weights as a start; their file is not written over.
run spinodal grok run.yaml -o theta.h5 -q --set grok.parameters=true --set grok.epochs=100
expect_status 0
run spinodal export theta.h5 --point 3 -o weights.npz
expect_status 0
expect_stderr 'weights.npz: weights of row 3'
expect_stderr 'weights.npz: weights of row 3, run 0, epoch 3$'
run spinodal export theta.h5 --beta 0.001 -o x.npz
expect_failure 3 'theta.h5: table points has no column "direction"; --point ROW takes any of its rows'
run spinodal grok run.yaml -o file.h5 --set 'grok.starts=[weights.npz, weights.npz+0.01, random*0.5]' --seed 7
expect_status 0
expect_stdout '^ +0  weights.npz +0 '
expect_stdout '^ +1  weights.npz\+0\.01 +0\.01 '
expect_stdout '^ +2  random\*0\.5 +- '
run spinodal grok run.yaml -o weights.npz --force --set 'grok.starts=[weights.npz+0.01]'
expect_failure 5 'weights.npz is a file that the experiment reads'

# Phases of a file of branches go by their names.
run spinodal branches run.yaml -o branches.h5 -q --set branches.starts=1 --set branches.levels=1
expect_status 0
run spinodal grok run.yaml -o named.h5 -q --set grok.results=branches.h5 --set 'grok.starts=[1 mode@0.1, row 0]'
expect_status 0

# Each method; too large a rate is said, and the run kept.
for method in flow momentum adam sgd; do
    run spinodal grok run.yaml -o "$method.h5" --set "grok.method=$method" --set grok.epochs=400
    expect_status 0
done
run spinodal grok run.yaml -o diverged.h5 --set solver.learning_rate=5 --set 'grok.starts=[random]'
expect_status 1
expect_stderr 'run 0 diverged at epoch [0-9]+: the last finite state was kept \(E = '
expect_stderr 'learning rate times lambda_max reached [0-9.e+]+; gradient descent is unstable above 2'
expect_file diverged.h5

# Other commands say what they cannot do with such a file.
run spinodal transitions one.h5
expect_failure 3 'one.h5: '
run spinodal slice run.yaml -o x.h5 --set slice.results=one.h5 --set 'slice.through=[trivial, 1 mode]'
expect_failure 3 'one.h5: holds no points of a sweep or of branches'
run spinodal grok run.yaml -o x.h5 --set grok.results=one.h5
expect_failure 3 'one.h5: holds no points of a sweep or of branches'
run spinodal export one.h5 --beta 0.1 -o x.npz
expect_failure 3 'one.h5: holds no weights'

if command -v gnuplot >/dev/null; then
    run spinodal plot one.h5 -o figure
    expect_status 0
    expect_folder figure one.dat one.gp one.pdf one.png one.svg one.txt
fi

# What is wrong.
bad() {
    pattern=$1
    shift
    run spinodal grok run.yaml -o x.h5 "$@"
    expect_failure 3 "$pattern"
}
bad "grok.starts: sweep.h5: has no phase '5 modes'; its phases are: .*1 mode" --set 'grok.starts=[5 modes+0.1]'
bad "'trivial\+0': the trivial phase is stationary: .* never leaves" --set 'grok.starts=[trivial+0]'
bad "'random\*0' is stationary: without a residue it never leaves; give it one" --set 'grok.starts=[random*0]'
bad "grok.starts: 'initial' names no start; initial weights are called random" --set 'grok.starts=[initial]'
bad "grok.starts: '' names no start" --set 'grok.starts=[""]'
bad "grok.seeds: 1000001 seeds from each of 1 starts are too many" --set 'grok.starts=[random]' --set grok.seeds=1000001
bad "grok.tolerance: must be at least 1e-15" --set grok.method=flow --set grok.tolerance=1e-300
bad "grok.records: expected an integer from 1 to 10000" --set grok.records=9223372036854775807
bad "'1 mode\+x': a number >= 0 must stand behind the \+" --set 'grok.starts=[1 mode+x]'
bad "'random\*x': a number >= 0 must stand behind the \*" --set 'grok.starts=[random*x]'
bad "grok.starts: the list is empty" --set 'grok.starts=[]'
bad "'row 9999': sweep.h5 has rows 0 to" --set 'grok.starts=[row 9999]'
bad "grok.epochs: expected a number > 0" --set grok.epochs=0
bad "grok.levels.*got 'inf'" --set 'grok.levels=[1, inf]'
bad "grok.at: epochs must be .* ascending" --set 'grok.at=[5, 2]'
bad "did you mean 'starts'" --set 'grok.start=[random]'
bad "grok.results: sweep.h5: holds weights of a network with 14 parameters; that of the experiment has 19" \
    --set 'model.hidden=[3, 2]'
bad "unknown section 'grook'; did you mean 'grok'" --set grook.epochs=5
run spinodal grok run.yaml -o x.h5 --set grok.results=nowhere.h5
expect_failure 5 'nowhere.h5'
run spinodal grok
expect_failure 2 'missing argument'
run spinodal sweep run.yaml -o bare.h5 -q --set sweep.parameters=false
expect_status 0
bad 'bare.h5: holds no weights .*parameters: false' --set grok.results=bare.h5
sed 's/levels: .*/records: 5\n  at: [1, 2]/' run.yaml >both.yaml
run spinodal grok both.yaml -o x.h5
expect_failure 3 "both.yaml:[0-9]+:[0-9]+: grok.records: excluded by 'at'"
sed "s/starts: .*/starts: [random, 'no mode']/" run.yaml >phase.yaml
run spinodal grok phase.yaml -o x.h5
expect_failure 3 "phase.yaml:[0-9]+:[0-9]+: grok.starts: sweep.h5: has no phase 'no mode'"
{
    experiment
    printf 'grok: {starts: [1 mode]}\n'
} >none.yaml
run spinodal grok none.yaml -o x.h5
expect_failure 3 "none.yaml:[0-9]+:[0-9]+: grok.starts: '1 mode' is not random, trivial or a weights file .* needs grok.results"
expect_no_file x.h5
expect_no_file x.h5.part

# Where there is one minimum, all starts end there: branches say how many there are.
cat >one.yaml <<'YAML'
data: {samples: 100}
model: {hidden: [5]}
sweep: {beta: {from: 0.15, to: 0.25, points: 5}}
grok:
  beta: 0.2
  starts: [random, trivial+0.01, trivial+0.3, random*3]
  epochs: 1000
  seeds: 2
  geometry: false
solver: {learning_rate: 0.1}
YAML
run spinodal branches one.yaml -o phases.h5 -q
expect_status 0
run spinodal export phases.h5 --table phases -o phases.csv
run spinodal grok one.yaml -o minimum.h5 -q
expect_status 0
run spinodal export minimum.h5 --table runs -o minimum.csv
# Names come first and may hold commas.
run awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i - NF; next }
    $(NF + column["beta_low"]) < 0.2 && $(NF + column["beta_high"]) > 0.2 { found++ }
    END { print found }' phases.csv
expect_stdout '^1$'
run awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
    { e = $column["final_error"] + 0; low = NR == 2 || e < low ? e : low; high = NR == 2 || e > high ? e : high
      if ($column["final_negative_eigenvalues"] != 0 || $column["final_stationary"] != 1) print "no minimum" }
    END { print NR - 1, (high - low <= 1e-6 ? "agree" : "differ") }' minimum.csv
expect_stdout '^8 agree$'

# A minimum that is too far for the steps that there are: said, and no success.
run spinodal grok run.yaml -o far.h5 --set 'grok.starts=[random]' --set grok.epochs=2 --set solver.max_iterations=3
expect_status 1
expect_stderr "^warning: run 0: not stationary after 3 steps of Newton's method from its last state"

run spinodal grok run.yaml -o far2.h5 --json --set 'grok.starts=[random]' --set grok.epochs=2 --set solver.max_iterations=3
expect_status 1
expect_stderr "^warning: run 0: not stationary after 3 steps of Newton's method from its last state"

# Without geometry nothing dense is formed of a large network: no minimum is sought, and none is missed.
run spinodal grok one.yaml -o large.h5 --set 'model.hidden=[40, 40]' --set grok.epochs=5 --set 'grok.starts=[random]'
expect_status 0
expect_stdout '^ +0  random +- +all epochs +5 '
run spinodal export large.h5 --table runs
expect_stdout ',-1,-1,-1,-1,-1$'

# Killed when the journal, which grows to 2 MB, has reached sizes spread over the run, then resumed.
for method in gd sgd; do
    train="--set grok.method=$method --set grok.seeds=4 --set grok.epochs=9000"
    # shellcheck disable=SC2086
    run spinodal grok run.yaml -o whole.h5 --force -q $train
    expect_status 0
    kills=0
    met=0
    while more_kills 4; do
        rm -f killed.h5 killed.h5.part
        # shellcheck disable=SC2086
        if killed_at $((400000 * (kills % 4) + 100000)) killed.h5.part grok run.yaml -o killed.h5 --threads 2 -q $train; then
            # shellcheck disable=SC2086
            run spinodal grok run.yaml -o killed.h5 --resume --threads 1 $train
            expect_status 0
        fi
        expect_same whole.h5 killed.h5
        expect_no_file killed.h5.part
    done
    expect_kills
done
finish
