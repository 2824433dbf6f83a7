#!/bin/sh
# SPDX-License-Identifier: MIT
# `plot` names the file whose results it cannot draw, and leaves no figure behind.
. "$(dirname "$0")/harness.sh"

# Written by spn_results_write(): a table "points" with all columns of a sweep and no rows.
cp "$CLI_TESTS/no_points.h5" empty.h5
run spinodal plot empty.h5 -o figures
expect_status 3
expect_stderr_lines 1
expect_stderr 'empty\.h5: these results hold no points'
checks=$((checks + 1))
[ ! -e figures/empty.gp ] || complain "figures/empty.gp was left behind"

# A signal ends it while gnuplot hangs, and gnuplot with it; also where one request comes as several signals,
# as timeout(1) and batch systems send it: to the process, then to its group.
mkdir bin
printf '#!/bin/sh\n: >"%s"\nexec sleep 300\n' "$PWD/started" >bin/gnuplot
chmod +x bin/gnuplot
experiment >run.yaml
run spinodal sweep run.yaml -o run.h5
expect_status 0
PATH="$PWD/bin:$PATH" "$program" plot run.h5 -o hanging 2>told </dev/null &
plotting=$!
while kill -0 $plotting 2>/dev/null && [ ! -e started ]; do
    sleep 0.05
done
signals=0
while kill -TERM $plotting 2>/dev/null && [ $signals -lt 2000 ]; do
    signals=$((signals + 1))
done
status=0
wait $plotting || status=$?
command_line='plot, ended while gnuplot hangs'
expect_status 130
cp told "$stderr"
expect_stderr_lines 1
expect_stderr 'interrupted'
expect_folder hanging

# Figures of one's own: named after the results, in a folder of that name; other names leave them alone.
figures() { # NAME
    echo "$1.dat $1.gp $1.pdf $1.png $1.svg $1.txt"
}
if command -v gnuplot >/dev/null; then
    run spinodal plot run.h5
    expect_status 0
    # shellcheck disable=SC2046
    expect_folder run $(figures run)
    run spinodal plot run.h5 -o run --name other --columns weight_norm:log,susceptibility --x-scale log \
        --x-range 0.1:0.4 --page two --seeds band --theory off
    expect_status 0
    # shellcheck disable=SC2046
    expect_folder run $(figures other) $(figures run)
    expect_text run/other.gp '^set xrange \[0\.1:0\.4\]$'
    expect_no_text run/other.gp 'spinodal'
    run spinodal plot run.h5
    expect_failure 5 'run/run.gp exists; use --force'
    run spinodal plot run.h5 run.h5 --name twice
    expect_status 0
    expect_file twice/twice.svg
fi
refuse() { # STATUS PATTERN ARGUMENTS...
    expected=$1
    pattern=$2
    shift 2
    run spinodal plot run.h5 "$@" -o refused
    expect_status "$expected"
    expect_stderr_lines 1
    expect_stderr "$pattern"
}
refuse 2 "--columns: expected one of linear, log, symlog, got 'cubic'" --columns error:cubic
refuse 3 "run.h5: has no column 'colour' to draw; there are: seed, .*, error," --columns colour
refuse 2 '--x-range: expected LOW:HIGH' --x-range 3:1
refuse 2 '--x-scale: linear or log' --x-scale symlog
refuse 2 "--page: expected one of own, one, two, got 'three'" --page three
refuse 2 "--seeds: expected one of lines, first, band, got 'all'" --seeds all
refuse 3 'run\.h5: the axis is logarithmic and cannot begin at -1' --x-range=-1:1 --x-scale log
refuse 3 'run\.h5: the axis is logarithmic and cannot begin at 0' --x-range=0:1 --x-scale log
# Near names, what would leave nothing to be seen, names that would have to be altered, and wishes that the figure cannot
# heed: one line, and nothing is written.
refuse 3 "run.h5: has no column 'eror' to draw; did you mean 'error'\? There are: seed, " --columns eror
refuse 3 'run\.h5: has nothing between 3 and 4 to draw: what it holds lies between 0\.05 and 0\.5' --x-range 3:4
refuse 3 "run\.h5: has no number above 0 in the column 'leg', and its axis is logarithmic: 'leg:linear'" --columns leg:log
for name in 'a b' fig.1 a/b ''; do
    refuse 2 "--name: expected 1 to 127 letters, digits, - and _, got '$name'" --name "$name"
done
run spinodal plot run.h5 -o refused.pdf
expect_failure 2 '-o refused\.pdf: -o is the folder of the figure, .*: --name refused'
expect_no_file refused
expect_no_file refused.pdf
run spinodal branches run.yaml -o all.h5 -q --set branches.starts=1
run spinodal plot all.h5 -o refused --seeds band
expect_failure 2 "--seeds: figures of results of 'branches' have no random starts"
run spinodal plot all.h5 -o refused --columns erro
expect_failure 3 "all.h5: has no column 'erro' to draw; did you mean 'error'\? There are: weight_norm, error, loss, "
run spinodal slice run.yaml -o plane.h5 -q --set slice.span=random --set 'slice.through=[initial]' --set slice.axes=2 --set slice.points=5
expect_status 0
run spinodal plot plane.h5 -o refused --theory off
expect_failure 2 "--theory: figures of results of 'slice' have no lines of linear theory"
run spinodal plot plane.h5 -o refused --x-range 0:1
expect_failure 3 'plane\.h5: holds a plane, whose maps have a page and axes of their own'
expect_no_file refused

# Captions tell what is drawn: the panels that there are, of several results which colour is whose.
if command -v gnuplot >/dev/null; then
    cp run.h5 other.h5
    run spinodal plot other.h5 run.h5 -o captions --name both
    expect_status 0
    expect_text captions/both.txt '^A colour for each of: other, run\.$'
    expect_text captions/both.txt '^Branches of other \(first random start\):$'
    run spinodal plot all.h5 -o captions --columns error
    expect_text captions/all.txt 'strength beta: \(a\) error E\.$'
    expect_no_text captions/all.txt '\(b\)|F\(beta\) = min L'
fi
finish
