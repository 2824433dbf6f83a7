#!/bin/sh
# SPDX-License-Identifier: MIT
# `transitions` on runs whose answers are closed forms (T12, T13), on noisy tables with a planted jump, and on
# what it must refuse.
. "$(dirname "$0")/harness.sh"

# linear DEPTH-1 HIDDEN WIDTHS: a linear network on the harness's whitened-by-construction data, whose modes are
# 0.9 and 0.5.
linear() {
    experiment | sed "s/tanh/linear/; s/hidden: .*/hidden: [$1]/; s/points: 8/points: ${2:-30}/"
}

# near NUMBER EXPECTED TOLERANCE (relative)
near() {
    awk -v a="${1:-none}" -v b="$2" -v t="$3" \
        'BEGIN { exit !(a != "none" && a - b <= t * b && b - a <= t * b) }'
}

# rows KIND: one line "beta low high order change active_before active_after seeds" per transition of the kind.
rows() {
    tr -d '\n' <"$stdout" | sed 's/.*"transitions"://; s/"crossings":.*//' | tr '{' '\n' | grep "\"kind\": *\"$1\"" |
        sed 's/.*"order": *\([^,]*\),.*"beta": *\([^,]*\),.*"beta_low": *\([^,]*\),.*"beta_high": *\([^,]*\),.*"seeds": *\([^,]*\),.*"change": *"\([a-z]*\)".*/\2 \3 \4 \1 \6 \5/'
}

expect_row() { # KIND LINE BETA ORDER
    checks=$((checks + 1))
    set -- "$@" "$(rows "$1" | sed -n "$2p")"
    read -r beta low high order change seeds <<END
$5
END
    near "${beta:-}" "$3" 3e-6 || complain "$1 number $2 is '$5' instead of $3:" "$stdout"
    [ "${order:-}" = "$4" ] || complain "$1 number $2 has order '${order:-}' instead of $4" "$stdout"
    [ "${change:-}" = accuracy ] || complain "$1 number $2 changes '${change:-}'" "$stdout"
    [ "${seeds:-}" = 2 ] || complain "$1 number $2 was seen by '${seeds:-}' seeds instead of 2" "$stdout"
    awk -v a="${low:-1}" -v b="$3" -v c="${high:-0}" 'BEGIN { exit !(a <= b + 1e-12 && b <= c + 1e-12) }' ||
        complain "$1 number $2: $3 is outside of ${low:-} .. ${high:-}" "$stdout"
}

expect_count() { # KIND COUNT
    checks=$((checks + 1))
    [ "$(rows "$1" | wc -l)" -eq "$2" ] || complain "not $2 rows of kind $1:" "$stdout"
}

run spinodal help reference
grep -q 'sweep\.refine' "$stdout" || exit 77 # sweeps of this version have no refined jumps

# Two hidden layers: two spinodals and two Maxwell points; nothing comes back on the way down (T14).
linear '2, 2' >deep.yaml
run spinodal sweep deep.yaml -o deep.h5 -q
expect_status 0
run spinodal transitions deep.h5 --json
expect_status 0
expect_stderr_empty
expect_count spinodal_up 2
expect_count maxwell 2
expect_count spinodal_down 0
expect_count continuous 0
expect_row spinodal_up 1 0.1875 1
expect_row spinodal_up 2 0.41054863470120451 1
expect_row maxwell 1 0.15749013123685915 1
expect_row maxwell 2 0.34483924457709891 1
run spinodal transitions deep.h5
expect_status 0
expect_stdout '^spinodal up +1st +accuracy +0\.1875'
expect_stdout '^Maxwell +1st +accuracy +0\.15749'
expect_stdout '^hysteresis'
expect_stdout '^verdict: of what is learned 2 of first order, 0 of second; of hidden units 0 of first order, 0 of second; between'
expect_stderr_empty

# One hidden layer: two continuous transitions, the same on the way up and down.
linear '2' | sed 's/to: 0.5/to: 1.1/' >shallow.yaml
run spinodal sweep shallow.yaml -o shallow.h5 -q
expect_status 0
run spinodal transitions shallow.h5 --json
expect_status 0
expect_count continuous 2
expect_count maxwell 0
expect_count spinodal_up 0
expect_row continuous 1 0.5 2
expect_row continuous 2 0.9 2

# A range without a transition: an empty list, and a sentence.
linear '2, 2' | sed 's/to: 0.5/to: 0.1/' >none.yaml
run spinodal sweep none.yaml -o none.h5 -q
run spinodal transitions none.h5 --json
expect_status 0
expect_stdout '"transitions": *\[\]'
run spinodal transitions none.h5
expect_status 0
expect_stdout '^random starts'
expect_stdout '^verdict: none; no transition between beta = 0\.05 and 0\.1$'

# Several files are several data draws.
cp deep.h5 draw.h5
run spinodal transitions deep.h5 draw.h5
expect_status 0
expect_stdout '^over seeds and files'
expect_stdout ' 4/4 +2/2 +4/0 +2 modes -> 1 mode'

# Without refined jumps the grid is all there is, and it is said.
sed 's/seeds: 2/seeds: 2\n  refine: false/; s/points: 30/points: 300/' deep.yaml >coarse.yaml
run spinodal sweep coarse.yaml -o coarse.h5 -q
expect_status 0
run spinodal transitions coarse.h5
expect_status 0
expect_stdout '^spinodal up +1st +accuracy +0\.18'
expect_stdout '^note: 1 file without refined jumps'

# Noisy samples: a jump at 0.4 in two of the columns, a curve without one in the third. The noise is a
# fixed sequence of a linear congruence, spread over [-0.02, 0.02].
awk 'BEGIN {
    print "beta,error,weight_norm,scalar_curvature"
    state = 7
    for (i = 0; i < 120; i++) {
        beta = (i + 0.5) / 120
        for (k = 0; k < 3; k++) {
            state = (16807 * state) % 2147483647
            noise[k] = 0.04 * (state / 2147483647 - 0.5)
        }
        print beta "," (beta < 0.4 ? 1 : 1.5) + 0.2 * beta + noise[0] "," \
              (beta < 0.4 ? 2 : 1.2) - beta + noise[1] "," exp(-beta) + noise[2]
    }
}' >noisy.csv
run spinodal transitions --noisy noisy.csv
expect_status 0
expect_stdout '^error +0\.4 .*jump'
expect_stdout '^\|theta\|\^2 +0\.4 .*jump'
expect_no_text "$stdout" '^asinh'
expect_stdout '^ +2 +0\.4 +0\.4 +- +0$'
run spinodal transitions --noisy noisy.csv --json
expect_status 0
expect_stdout '"column": *"error"'
expect_stdout '"order": *1'
# the points of a sweep are samples as well, chain by chain, and those that are exported say the same
sed 's/points: 300/points: 60/' coarse.yaml >few.yaml
run spinodal sweep few.yaml -o few.h5 -q
expect_status 0
run spinodal transitions --noisy few.h5
expect_status 0
expect_stdout 'few.h5, seed 0, up: 60 samples'
grep -E '^(error|\|theta)' "$stdout" | sort >from_sweep
run spinodal export few.h5 -o few.csv
expect_status 0
run spinodal transitions --noisy few.csv
expect_status 0
expect_stdout 'few.csv, seed 0, up: 60 samples'
expect_stdout 'few.csv, seed 1, up: 60 samples'
grep -E '^(error|\|theta)' "$stdout" | sort >from_table
expect_same from_sweep from_table
# empty cells are left out and counted; where too few are left the question is not answered
awk -F, -v OFS=, 'NR > 1 && NR % 12 == 0 { $3 = "" } NR > 12 { $4 = "" } { print }' noisy.csv >gaps.csv
run spinodal transitions --noisy gaps.csv
expect_status 1
expect_stdout '^error +0\.4 .*jump'
expect_stdout '^\|theta\|\^2: 10 of 120 cells are empty and were left out'
expect_stdout '^asinh\(curvature\): not searched, 11 samples are too few \(at least 12\)'

# Refused with one line.
refuse() { # STATUS PATTERN ARGUMENTS...
    expected=$1
    pattern=$2
    shift 2
    run spinodal transitions "$@"
    expect_status "$expected"
    expect_stdout_empty
    expect_stderr_lines 1
    expect_stderr "$pattern"
}
refuse 2 'missing argument'
refuse 5 'nowhere.h5' nowhere.h5
refuse 3 'noisy.csv' noisy.csv
refuse 3 'points' "$CLI_TESTS/no_points.h5"
echo 'a,b
1,2
3,4' >other.csv
refuse 3 'other.csv: needs a column beta and one of error' --noisy other.csv
echo 'beta,error
0.1,1
0.2,high
0.3,1' >word.csv
refuse 3 'word.csv: line 3, column .error.: .high. is not a number' --noisy word.csv
echo 'beta,error
0.1,
0.2,' >empty.csv
refuse 3 'empty.csv: needs a column beta and one of .* with numbers in it' --noisy empty.csv
printf 'beta,error\n0.1,1\n0.2,2\n' >short.csv
refuse 3 'short.csv, error: 2 samples are too few' --noisy short.csv
run spinodal transitions --noisy short.csv --json
expect_status 1
expect_stdout '"too_few_samples"'
expect_stderr_empty
# What tells curves apart is numbers or words; of two columns of one name nobody knows which is meant.
awk -F, -v OFS=, '{ print $0, NR == 1 ? "phase" : NR % 2 ? NR % 3 : "trivial" }' noisy.csv >mixed.csv
refuse 3 'mixed.csv: column .phase. tells curves apart and holds words and numbers' --noisy mixed.csv
awk -F, -v OFS=, '{ print $0, NR == 1 ? "error" : 1 }' noisy.csv >twins.csv
refuse 3 'twins.csv: columns [0-9]+ and [0-9]+ are both called .error.' --noisy twins.csv
refuse 2 'choose located transitions; --noisy finds change points' --noisy noisy.csv --min-jump 0.5
# A file that is named twice counts once, whatever it is called; a copy is another file.
experiment >twice.yaml
run spinodal sweep twice.yaml -o twice.h5 -q
ln -s twice.h5 link.h5
cp twice.h5 copy.h5
run spinodal transitions twice.h5 ./twice.h5 link.h5 --json
expect_stderr_lines 2
expect_stderr '^warning: link\.h5 is the same file as twice\.h5: it counts once$'
awk '/"files"/ { on = 1 } on { print } /\]/ { exit }' "$stdout" >files
run grep -c 'h5' files
expect_stdout '^1$'
run spinodal transitions twice.h5 copy.h5 --json
expect_stderr_empty
awk '/"files"/ { on = 1 } on { print } /\]/ { exit }' "$stdout" >files
run grep -c 'h5' files
expect_stdout '^2$'

# A grid so fine that not each loss of a mode is a jump: both modes of one hidden layer are lost where labels change (T12), and there R changes.
cat >fine.yaml <<'EOF'
data: {samples: 60, inputs: 3, outputs: 2, correlations: [0.9, 0.5], moments: exact}
model: {hidden: [2], activation: linear}
sweep: {direction: up, refine: false, beta: {from: 0.05, to: 1.2, points: 3000}}
EOF
run spinodal sweep fine.yaml -o fine.h5 -q
run spinodal export fine.h5 -o fine.csv
run awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } 
    $at["jump"] != 0 { n++ } END { exit n >= 2 }' fine.csv
expect_status 0
run spinodal transitions fine.h5
expect_stdout 'R changes at 2 of the 2 transitions that change what is learned, at most 0\.[0-9]+ steps of the grid from where they are\.$'
finish
