#!/bin/sh
# SPDX-License-Identifier: MIT
# Branches from an experiment to tables, weights and figures; what is wrong is one clear line.
. "$(dirname "$0")/harness.sh"
# A linear network, whose phases are known: 2 modes, 1 mode, none (T15).
{
    experiment | sed 's/activation: tanh/activation: linear/'
    printf 'branches:\n  starts: 1\n  levels: 1\n'
} >run.yaml

run spinodal branches run.yaml -o run.h5
expect_status 0
expect_no_text "$stderr" '^phase '
expect_stdout '^phase +beta +lower end +upper end +E +\|theta\| +R$'
expect_stdout '2 modes.* 0.05 \.\. 0.1875 .*fold'
expect_stdout '1 mode.* 0.05 \.\. 0.41054863 .*fold'
expect_stdout '^globally stable:$'
expect_stdout '^0.1574901312 .*2 modes.* -> 1 mode'
expect_stdout '^0.3448392446 +1 mode +-> trivial +1.3925 -> 2 +1.3273 -> 0$'
expect_stdout '^0.4105486347 +fold +accuracy +0 -> 1 +1 +1.6456 +1.0535 +first order +2$'
expect_folder . run.h5 run.yaml
run spinodal branches run.yaml -o quiet.h5 -q
expect_status 0
expect_stdout_empty
expect_stderr_empty
expect_same run.h5 quiet.h5
run spinodal branches run.yaml -o json.h5 --json -q
expect_status 0
expect_stderr_empty
for key in phases maxwell specials global name beta_low beta_high end_low end_high special_high \
    phase_a is_global kernel index_before coefficient; do
    expect_stdout "\"$key\": "
done
expect_stdout '"end_high": "fold"'
expect_no_text "$stdout" '[nN]a[nN]'

# Tables; phases carry their names.
for table in points specials approach phases maxwell barriers modes theta special_theta layout theory; do
    run spinodal export run.h5 --table "$table" -o "$table.csv"
    expect_status 0
    expect_file "$table.csv"
done
run head -n 1 phases.csv
expect_stdout '^name,phase,branch,'
for pair in 'points modes' 'points theta' 'specials special_theta'; do
    run sh -c "wc -l <${pair% *}.csv; wc -l <${pair#* }.csv"
    [ "$(sort -u "$stdout" | wc -l)" -eq 1 ] || complain "$pair differ in length" "$stdout"
done
run spinodal export run.h5 --table nonsense
expect_failure 3 "run.h5: has no table 'nonsense'; its tables are points, specials, .*barriers.*special_theta"

# Weights of a point: geometry measures there what the branch recorded.
value() {
    awk -F, -v name="$1" -v row="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i }
        NR == row + 2 { print $at }' points.csv
}
run spinodal export run.h5 --point 2 -o weights.npz
expect_status 0
run spinodal geometry run.yaml --weights weights.npz --beta "$(value beta 2)" --json
expect_status 0
expect_stdout '"stationary": true'
expect_stdout "\"scalar_curvature\": $(value scalar_curvature_error 2),"
expect_stdout "\"weight_norm\": $(value weight_norm 2),"

# By beta: the globally stable phase, or the one that is named.
run spinodal export run.h5 --beta 0.3 -o global.npz
expect_status 0
expect_stderr 'beta = 0\.[23].*, phase 1 mode'
run spinodal export run.h5 --beta 0.45 -o trivial.npz
expect_stderr ', phase trivial$'
run spinodal export run.h5 --beta 0.1 --phase trivial -o named.npz
expect_status 0
expect_stderr 'beta = 0.*, phase trivial$'
run spinodal export run.h5 --beta 0.1 --phase 'three modes' -o x.npz
expect_failure 3 "run.h5: has no phase 'three modes'; its phases are: .*trivial"
run spinodal export run.h5 --beta 0.1 --direction up -o x.npz
expect_failure 3 'run.h5 holds branches: --direction is for sweeps'
run spinodal export run.h5 --phase trivial
expect_failure 2 '--phase: goes with --beta'
run spinodal export run.h5 --point 100000 -o x.npz
expect_failure 3 'rows'

# Without weights.
run spinodal branches run.yaml -o bare.h5 -q --set branches.parameters=false
expect_status 0
run spinodal export bare.h5 --point 1 -o x.npz
expect_failure 3 'bare.h5: holds no weights .*parameters: false'
run spinodal export bare.h5 --table phases -o bare.csv
expect_same phases.csv bare.csv

# The figure.
if command -v gnuplot >/dev/null; then
    run spinodal plot run.h5 -o figures
    expect_status 0
    expect_folder figures run.dat run.gp run.pdf run.png run.svg run.txt
    run spinodal plot run.h5 -o figures
    expect_failure 5 'figures/run.*--force'
fi

# What is wrong.
run spinodal branches run.yaml -o run.h5
expect_failure 5 'run.h5.*--force'
run spinodal branches run.yaml -o run.h5 --resume
expect_status 0
expect_stderr 'run.h5 is complete: nothing to resume'
expect_stdout '2 modes'
run spinodal branches run.yaml -o x.h5 --set branches.beta.from=0.4 --set branches.beta.to=0.3
expect_failure 3 'branches.beta.to: the range of beta is empty: .* from 0.4 to 0.3'
run spinodal branches run.yaml -o x.h5 --set branches.beta.from=0.5
expect_failure 3 'branches.beta.from: the range of beta is empty'
run spinodal branches run.yaml -o x.h5 --set branches.beta.from=-1
expect_failure 3 'branches.beta.from: expected a number from 0 to 1e150'
run spinodal branches run.yaml -o x.h5 --set branches.stpe=1
expect_failure 3 "did you mean 'step'"
run spinodal branches run.yaml -o nowhere/x.h5
expect_failure 5 'nowhere'
run spinodal branches run.yaml -o run.yaml --force
expect_failure 5 'run.yaml'
run spinodal branches
expect_failure 2 'missing argument'
head -c 5000 run.h5 >cut.h5
for command in 'plot cut.h5' 'export cut.h5'; do
    # shellcheck disable=SC2086
    run spinodal $command
    expect_failure 3 'cut.h5'
done
run spinodal branches run.yaml -o cut.h5 --resume
expect_failure 5 'cut.h5 exists and was not made by this run'
expect_no_file x.h5
expect_no_file x.h5.part

# A sweep of the same experiment knows nothing of phases.
run spinodal sweep run.yaml -o sweep.h5 -q
expect_status 0
run spinodal export sweep.h5 --beta 0.1 --phase trivial -o x.npz
expect_failure 3 'sweep.h5 is a sweep: --phase is for files of branches'
run spinodal branches run.yaml -o sweep.h5 --resume
expect_failure 5 'sweep.h5'

# The disk fills up at any point: sizes of files are limited, in units of 512 bytes or 1 KiB.
for limit in 1 4 16 64; do
    run sh -c 'ulimit -f "$1"; "$2" branches run.yaml -o full.h5' - "$limit" "$program"
    if [ "$status" -ne 0 ]; then
        expect_status 5
        expect_stderr 'full.h5'
        expect_no_file full.h5
    fi
    rm -f full.h5 full.h5.part
done

# Inputs and targets of a millionth of the size: E and beta of 1e-12 of theirs, with the same digits.
run spinodal data run.yaml -o plain.csv -q
awk -F, -v OFS=, 'NR > 1 { for (i = 1; i <= NF; i++) $i = sprintf("%.17g", $i * 1e-6) } { print }' plain.csv >tiny.csv
cat >tiny.yaml <<'YAML'
data: {kind: csv, path: tiny.csv, targets: [y1, y2]}
model: {hidden: [2, 2], activation: linear, init: {scale: 0.7, seed: 1}}
branches: {beta: {from: 0.05e-12, to: 0.5e-12}, starts: 1, levels: 1}
YAML
run spinodal branches tiny.yaml -o tiny.h5
expect_status 0
expect_stdout '^2 modes +5e-14 +\.\. 1\.875e-13 +range +fold \+1 +9\.4715e-13 +\.\. 1\.1258e-12 +2\.0989 +\.\. 1\.757 '
expect_stdout '^trivial .* 2e-12 +\.\. 2e-12 +0 +\.\. 0 '
expect_stdout '^3\.448392446e-13 +1 mode +-> trivial +1\.3925e-12 +-> 2e-12 '
expect_stdout '^4\.105486347e-13 +fold +accuracy +0 -> 1 +1 +1\.6456e-12 +1\.0535 +first order +2e-12$'

# A limit that was too small is said.
run spinodal branches run.yaml -o short.h5 --set branches.points=3
expect_status 1
expect_stdout 'unfinished'
expect_stderr 'warning: not everything was followed; a larger'
expect_stdout '^smallest L of the phases found so far'
expect_stdout 'no phase is known here'
# so many each way, and the one where the branch begins
run spinodal export short.h5 -o short.csv
run awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) { b = $i == "branch" ? i : b; p = $i == "point" ? i : p } next }
    { count[$b]++; far = $p < -3 || $p > 3 ? 1 : far }
    END { for (b in count) { one += count[b] == 4; both += count[b] == 7; more += count[b] > 7 }
        exit !far && one > 0 && both > 0 && !more ? 0 : 1 }' short.csv
expect_status 0
run spinodal help branches
expect_stdout 'each way from where it begins'
run spinodal branches run.yaml -o few.h5 --set branches.branches=1
expect_status 1
expect_stderr '^warning: [0-9]+ starts? w.* on no known branch: there are more than branches.branches = 1$'
expect_stdout '^smallest L of the phases found so far'
expect_stdout '^[0-9]+ starts? w.* left that no branch explains'

# What an upward sweep from the same weights falls out of is among the ends of phases that branches list. The minimum in
# which this sweep starts is another than the one the weights reach when they are taken up from smaller beta.
cat >modular.yaml <<'END'
data: {kind: modular, modulus: 5}
model: {hidden: [5], activation: tanh, bias: true}
sweep: {beta: {from: 0.005, to: 1, points: 20, spacing: log}, direction: up}
END
run spinodal sweep modular.yaml -o swept.h5
expect_status 0
run spinodal branches modular.yaml -o modular.h5 --set branches.starts=0
expect_status 0
run spinodal export swept.h5 --table jumps -o jumps.csv
expect_status 0
run spinodal export modular.h5 --table specials -o ends.csv
expect_status 0
checks=$((checks + 1))
awk -F, 'FNR == 1 { for (i = 1; i <= NF; i++) if ($i == "beta") column = i; next }
    FILENAME == "ends.csv" { beta[FNR] = $column; next }
    { jumps++; is_there = 0
      for (i in beta) { d = beta[i] / $column - 1; if (d * d < 1e-14) is_there = 1 }
      bad += !is_there }
    END { exit !(jumps >= 2 && bad == 0) }' ends.csv jumps.csv || complain 'jumps that branches lack:' jumps.csv
finish
