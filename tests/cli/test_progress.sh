#!/bin/sh
# SPDX-License-Identifier: MIT
# What a running command says of where it is: a line per point with -v, JSON for programs, a bar on terminals of any width,
# nothing that moves a cursor where there is none.
. "$(dirname "$0")/harness.sh"
experiment >small.yaml
escape=$(printf '\033')

# A line a point, with what it is.
run spinodal sweep small.yaml -o run.h5 -v
expect_status 0
grep -cE '^seed [01], (up|down): beta 0\.[0-9]+, [0-9]+ modes?, E [0-9.e-]+, \|theta\| [0-9.e-]+, R [0-9.e+-]+$' "$stderr" >lines
spinodal export run.h5 | sed 1d | wc -l >points
run cmp lines points
expect_status 0

# JSON: every line an object, with the numbers of the point.
run spinodal sweep small.yaml -o run.h5 --force -v --progress json
expect_status 0
grep -c '^{"point": "seed [01], \(up\|down\)", "beta": .*"weight_norm": .*}$' "$stderr" >lines
run cmp lines points
expect_status 0
# ... every line of that stream: messages, warnings and what the run went through as well, and an error at the end.
printf 'a,b,c\n' >few.csv
awk 'BEGIN { for (i = 0; i < 30; i++) printf "%.3f,%.3f,%.3f\n", sin(i), cos(2 * i), sin(3 * i) + cos(i) }' >>few.csv
run spinodal init few.csv
run spinodal sweep few.yaml -o few.h5 -v --progress json --set sweep.beta.points=3 --set sweep.direction=up
expect_stderr '^{"message": "few\.csv: 30 samples, '
expect_stderr '^{"experiment": "data:\\u000a'
run spinodal sweep few.yaml -o few.h5 --force --progress json --set data.path='no "file.csv'
expect_status 5
expect_stderr '^\{"error": ".*no \\"file\.csv'
expect_no_text "$stderr" '^[^{]|[^}]$'
run spinodal sweep small.yaml -o run.h5 --force -v --progress json --set solver.method=gd --set solver.max_iterations=3
expect_status 1
expect_stderr '^\{"warning": "'
expect_no_text "$stderr" '^[^{]|[^}]$'
run spinodal sweep small.yaml -o run.h5 --force --progress json -q
expect_stderr_empty
run spinodal sweep small.yaml -o run.h5 --force --progress xml
expect_failure 2 "'json' is the only form, got 'xml'"

# In a terminal, where there is a program that makes one.
in_terminal() {
    columns=$1
    kind=$2
    TERM=$kind script -qec "stty cols $columns; '$program' sweep small.yaml -o run.h5 --force --set sweep.seeds=6" /dev/null \
        </dev/null >typed 2>&1
}
if command -v script >/dev/null 2>&1 && TERM=xterm script -qec true /dev/null </dev/null >/dev/null 2>&1; then
    for columns in 20 40 200; do
        run in_terminal $columns xterm
        expect_status 0
        # Between carriage returns stands at most a line of the terminal.
        tr '\r' '\n' <typed | sed -n "s/$escape\\[K\$//p" | grep / >bars
        run awk -v most="$columns" 'length($0) >= most { print; bad = 1 } END { exit bad || NR == 0 }' bars
        expect_status 0
    done
    run grep -q '^\[#*\.*\] [0-9]*/[0-9]*' bars
    expect_status 0
    run in_terminal 80 dumb
    expect_status 0
    run grep -c "$escape" typed
    expect_stdout '^0$'
fi
finish
