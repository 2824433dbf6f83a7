#!/bin/sh
# SPDX-License-Identifier: MIT
# Command spectrum: results of a kind of their own, the same from a weights file, drawn, exported, refused where they do not fit.
. "$(dirname "$0")/harness.sh"
experiment >run.yaml
run spinodal spectrum run.yaml --beta 0.1 -o a.h5
expect_status 0
expect_no_text "$stderr" 'spectra of'
expect_stdout 'a.h5: spectra of 14 weights at beta = 0.1'
expect_stdout "plus 0.2"
expect_stdout 'Gauss-Newton part'
run spinodal export a.h5 --table density
expect_status 0
checks=$((checks + 1))
awk -F, 'NR > 1 { sum[$1] += $4; rows[$1]++ } END { exit !(sum["error"] > 1 - 1e-12 && sum["error"] < 1 + 1e-12 && rows["error"] == 14 && rows["gauss_newton"] == 14) }' \
    "$stdout" || complain "the weights do not add up to 1, or eigenvalues are missing" "$stdout"
run spinodal export a.h5 --table eigenvalues
expect_status 0
expect_stdout '^error,smallest,0,'
expect_stdout '^gauss_newton,largest,0,'
run spinodal export a.h5 --point 0 -o weights.npz
expect_status 0
run spinodal spectrum run.yaml --weights weights.npz --beta 0.1 --json -o b.h5
expect_status 0
expect_stdout '"eigenvalues": '
run spinodal export a.h5 --table spectra
cp "$stdout" a.csv
run spinodal export b.h5 --table spectra
expect_same a.csv "$stdout"
run spinodal spectrum run.yaml --beta 0.1 -o a.h5
expect_status 5
expect_stderr 'a.h5 exists'
run spinodal spectrum run.yaml --beta 0.1 -o c.h5 --set geometry.method=stochastic --set geometry.probes=40 --set geometry.smallest=2 --threads 2
expect_status 0
expect_stdout 'by Lanczos quadrature'
cp c.h5 d.h5
run spinodal spectrum run.yaml --beta 0.1 -o c.h5 --set geometry.method=stochastic --set geometry.probes=40 --set geometry.smallest=2 --threads 1 --force
expect_status 0
expect_same c.h5 d.h5
run spinodal spectrum run.yaml -o e.h5 --set geometry.memory=1e-7
expect_status 3
expect_no_file e.h5
expect_stderr_lines 1
expect_stderr 'geometry.method: .*: every way exceeds .*dense: '
run spinodal spectrum run.yaml -o e.h5 --set geometry.method=stochastic --set geometry.products=3 --set geometry.tolerance=1e-14 --set geometry.largest=3
expect_status 1
expect_stderr 'warning: .*geometry.products'
if command -v gnuplot >/dev/null; then
    run spinodal plot c.h5
    expect_status 0
    expect_file c/c.svg
    expect_text c/c.txt 'quadrature, width'
fi

# Nor are the weights that it reads.
run spinodal sweep run.yaml -o weights.h5 -q --set sweep.beta.points=2 --set sweep.direction=up
run spinodal export weights.h5 --point 0 -o weights.npz
cp weights.npz before.npz
run spinodal spectrum run.yaml --beta 0.1 -w weights.npz -o weights.npz -f
expect_failure 5 'weights\.npz'
expect_same before.npz weights.npz
finish
