#!/bin/sh
# SPDX-License-Identifier: MIT
# Slices from an experiment to tables and figures; what is wrong is one clear line.
. "$(dirname "$0")/harness.sh"
experiment | sed 's/activation: tanh/activation: linear/' >run.yaml
cat >>run.yaml <<'YAML'
slice:
  results: sweep.h5
  through: [trivial, 1 mode]
  at: 0.3
  points: 15
YAML
run spinodal sweep run.yaml -o sweep.h5 -q
expect_status 0

run spinodal slice run.yaml -o line.h5
expect_status 0
expect_no_text "$stderr" 'taken at beta'
expect_stdout 'line.h5: line, 1[567] x 1 points, taken at beta = 0.3'
expect_stdout '^trivial +0 +0 +0.3 +2 +2$'
expect_stdout '^1 mode +[0-9.]+ +0 '
expect_stdout '^beta = 0.3: L is smallest at '
run spinodal slice run.yaml -o plane.h5 --json -q --threads 2 \
    --set 'slice.through=[trivial, 1 mode@0.1, 2 modes@0.1]' --set 'slice.beta=[0.1, 0.2]'
expect_status 0
expect_stderr_empty
for key in slices anchors levels name u v error norm_squared stored_error stored_loss loss; do
    expect_stdout "\"$key\": "
done
expect_no_text "$stdout" '[nN]a[nN]'
for table in slices points anchors levels layout theory; do
    run spinodal export plane.h5 --table "$table" -o "$table.csv"
    expect_status 0
    expect_file "$table.csv"
done
run head -n 1 anchors.csv
expect_stdout '^name,slice,anchor,u,v,'

# Without -o, into the experiment's name; over nothing without --force.
run spinodal slice run.yaml -q
expect_status 0
expect_same run.slice.h5 line.h5
run spinodal slice run.yaml -o line.h5
expect_failure 5 'line.h5.*--force'
run spinodal slice run.yaml -o sweep.h5 --force
expect_failure 5 'sweep.h5 is a file that the experiment reads'

# Weights of a point go through a file as well.
run spinodal export sweep.h5 --point 3 -o weights.npz
expect_status 0
run spinodal slice run.yaml -o file.h5 --set 'slice.through=[weights.npz, initial]'
expect_status 0
expect_stdout '^weights.npz '
run spinodal slice run.yaml -o weights.npz --force --set 'slice.through=[weights.npz, initial]'
expect_failure 5 'weights.npz is a file that the experiment reads'

# Phases of a file of branches go by their names.
run spinodal branches run.yaml -o branches.h5 -q --set branches.starts=1 --set branches.levels=1
expect_status 0
spinodal export branches.h5 -o branches.csv
row=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) { if ($i == "weight_norm") { c = i } } }
               NR > 1 && $c > 0.5 { print NR - 2; exit }' branches.csv)
run spinodal slice run.yaml -o named.h5 --set slice.results=branches.h5 --set "slice.through=[trivial, 1 mode, row $row]"
expect_status 0
expect_stdout '^1 mode +[0-9.]+ +0 '
expect_stdout "^row $row +[-0-9.]+ +[0-9.]+ "
run spinodal slice run.yaml -o x.h5 --set slice.results=branches.h5 --set 'slice.through=[trivial, one mode]'
expect_failure 3 "branches.h5: has no phase 'one mode'; its phases are: .*1 mode"

if command -v gnuplot >/dev/null; then
    for name in line plane; do
        run spinodal plot "$name.h5" -o "$name"
        expect_status 0
        expect_folder "$name" "$name.dat" "$name.gp" "$name.pdf" "$name.png" "$name.svg" "$name.txt"
    done
    grep -q 'with pm3d' plane/plane.gp || complain 'no surface in plane/plane.gp'
fi

# What is wrong.
run spinodal slice run.yaml -o x.h5 --set 'slice.through=[trivial, 5 modes]'
expect_failure 3 "slice.through: sweep.h5: has no phase '5 modes'; its phases are: .*1 mode"
run spinodal slice run.yaml -o x.h5 --set 'slice.through=[1 mode, 1 mode]'
expect_failure 3 'slice.through: points 1 and 2 are the same'
run spinodal slice run.yaml -o x.h5 --set 'slice.through=[trivial, 1 mode@0.3, 1 mode@0.35]'
expect_failure 3 'slice.through: the three points lie on one line'
run spinodal slice run.yaml -o x.h5 --set 'slice.through=[trivial]'
expect_failure 3 'slice.through: names 1 point; two span a line, three a plane'
run spinodal slice run.yaml -o x.h5 --set slice.results=nowhere.h5
expect_failure 5 'nowhere.h5'
run spinodal slice run.yaml -o x.h5 --set slice.results=plane.h5
expect_failure 3 'plane.h5: holds no points of a sweep or of branches'
run spinodal slice run.yaml -o x.h5 --set 'model.hidden=[3, 2]'
expect_failure 3 'slice.results: sweep.h5: holds weights of a network with 14 parameters; that of the experiment has 19'
run spinodal slice run.yaml -o x.h5 --set 'model.hidden=[3, 2]' --set 'slice.through=[trivial, weights.npz]' \
    --set slice.results=weights.npz
expect_failure 3 'weights.npz'
run spinodal slice run.yaml -o x.h5 --set slice.points=0
expect_failure 3 'slice.points: expected an integer from 1 to 1000000000'
run spinodal slice run.yaml -o x.h5 --set slice.points=9999 \
    --set 'slice.through=[trivial, 1 mode@0.1, 2 modes@0.1]'
expect_failure 3 'slice.points: 9999 along each of 2 axes are too many: at most 1e\+07 points in all'
run spinodal slice run.yaml -o x.h5 --set slice.pionts=3
expect_failure 3 "did you mean 'points'"
run spinodal sweep run.yaml -o bare.h5 -q --set sweep.parameters=false
expect_status 0
run spinodal slice run.yaml -o x.h5 --set slice.results=bare.h5
expect_failure 3 'bare.h5: holds no weights .*parameters: false'
run spinodal slice
expect_failure 2 'missing argument'
expect_no_file x.h5
{
    experiment
    printf 'slice: {through: [trivial, 1 mode]}\n'
} >none.yaml
run spinodal slice none.yaml -o x.h5
expect_failure 3 "none.yaml:[0-9]+:[0-9]+: slice.through: '1 mode' is not trivial, .* needs slice.results"
experiment | sed 's/hidden: .*/hidden: [3, 2]/' >other.yaml
run spinodal slice other.yaml -o x.h5 --set 'slice.through=[trivial, weights.npz]'
expect_failure 3 'slice.through: weights.npz'
expect_no_file x.h5

# Results of other data: done, but the numbers differ.
run spinodal slice run.yaml -o other.h5 --set 'data.correlations=[0.8, 0.5]'
expect_status 1
expect_stderr "warning: '1 mode' has E = .* on the slice, but .* are they of other data"
# Keys of another span are heard by nobody, which is said.
run spinodal slice run.yaml -o heard.h5 --set slice.axes=2 --set slice.reach=3
expect_stderr '^warning: slice.axes: is not heard with slice.span: points$'
expect_stderr '^warning: slice.reach: is not heard with slice.span: points$'
run spinodal slice run.yaml -o heard.h5 -f --set slice.span=random --set 'slice.through=[initial]' --set slice.axes=2 --set slice.points=3 --set slice.reach=3
expect_no_text "$stderr" 'is not heard'
finish
