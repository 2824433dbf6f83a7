#!/bin/sh
# SPDX-License-Identifier: MIT
# A point of a sweep goes out as weights and comes back: geometry measures there what the sweep recorded.
. "$(dirname "$0")/harness.sh"
experiment >run.yaml

run spinodal sweep run.yaml -o run.h5 --json
expect_status 0
expect_stdout '"mode_changes"'
run spinodal sweep run.yaml -o quiet.h5 -q
expect_status 0
expect_stdout_empty
expect_stderr_lines 0

# Tables: a header and one line a point; modes and theta have a line for each of them.
for table in points modes theta; do
    run spinodal export run.h5 --table "$table" -o "$table.csv"
    expect_status 0
done
run sh -c 'wc -l <points.csv; wc -l <modes.csv; wc -l <theta.csv'
expect_stdout '^ *[0-9]+$'
[ "$(sort -u "$stdout" | wc -l)" -eq 1 ] || complain 'points, modes and theta differ in length' "$stdout"
run spinodal export run.h5 --table layout
expect_stdout '^name,layer,is_bias,offset,rows,columns$'
expect_stdout '^layers.0.weight,0,0,0,2,3$'
run spinodal export run.h5 --table theory
expect_stdout '^singular_value,order,'
run spinodal export run.h5 --table nonsense
expect_failure 3 'nonsense.*points'

# Refined transitions: in the summary, as JSON, as tables, and none of it where they are not asked for.
run spinodal export run.h5 --table jumps -o jumps.csv
expect_status 0
run sh -c 'head -1 jumps.csv; wc -l <jumps.csv'
expect_stdout '^chain,seed,direction,phase,leg,point,beta,beta_before,beta_after,'
run spinodal export run.h5 --table approach
expect_stdout '^jump,beta,distance,eigenvalue,overlap,norm_squared,susceptibility,error,loss$'
first=$(awk -F, 'NR == 2 { print $7 }' jumps.csv)
run spinodal sweep run.yaml -o run.h5 --json --force
expect_stdout '"jumps": \['
expect_stdout "\"beta\": $first,"
expect_stdout '"survives": 1'
run spinodal sweep run.yaml -o run.h5 --force
expect_stdout '^2 modes -> 1 mode +1st +0\.[0-9]+ .* fold$'
run spinodal sweep run.yaml -o grid.h5 --set sweep.refine=false
expect_status 0
expect_stdout 'up +2 -> 1 +0\.[0-9.]+ +0\.[0-9]{6}'
run spinodal export grid.h5 --table jumps
expect_failure 3 'jumps'
run spinodal sweep run.yaml -o grid.h5 --force --set sweep.refine_tolerance=0.1
expect_failure 3 'refine_tolerance'

# Row 2 of the table: beta and the scalar curvature of the error surface by their column names.
value() {
    awk -F, -v name="$1" -v row="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i }
        NR == row + 2 { print $at }' points.csv
}
beta=$(value beta 2)
for ending in safetensors npz; do
    run spinodal export run.h5 --point 2 -o "weights.$ending"
    expect_status 0
    run spinodal geometry run.yaml --weights "weights.$ending" --beta "$beta" --json
    expect_status 0
    expect_stdout '"stationary": true'
    expect_stdout "\"scalar_curvature\": $(value scalar_curvature_error 2),"
    expect_stdout "\"scalar_curvature\": $(value scalar_curvature_loss 2),"
    expect_stdout "\"susceptibility\": $(value susceptibility 2),"
    expect_stdout "\"fisher_trace\": $(value fisher_trace 2),"
done
run spinodal export run.h5 --beta "$beta" --direction up -o nearest.npz
expect_status 0
expect_same nearest.npz weights.npz
run spinodal export run.h5 --beta "$beta" --direction sideways -o x.npz
expect_failure 2 'direction'
run spinodal export run.h5 --point 100000 -o x.npz
expect_failure 3 'rows'
run spinodal export run.h5 --point 1 -o x.csv
expect_failure 3 'x.csv'
run spinodal export run.h5 --point 1
expect_failure 2 '-o'

# All keys that readers compare are there, for both surfaces or one.
run spinodal geometry run.yaml --beta 0.1 --json
for key in surface beta parameters samples value gradient_norm weight_norm trace frobenius_squared \
    scalar_curvature scalar_curvature_stderr mean_curvature gauss_kronecker_sign gauss_kronecker_log \
    eigenvalue_min eigenvalue_max negative_eigenvalues principal_curvature_min \
    principal_curvature_max fisher_trace susceptibility residual_share stationary zero_eigenvalues \
    method; do
    expect_stdout "\"$key\": "
done
run spinodal geometry run.yaml --beta 0.1 --json --surface loss
expect_stdout '"surface": "loss"'
grep -q '"surface": "error"' "$stdout" && complain 'the error surface was not asked for' "$stdout"
run spinodal geometry run.yaml --surface none
expect_failure 2 'surface'
run spinodal check run.yaml
expect_status 0
expect_stdout '^passed$'

# A command never overwrites what it reads, not even with --force.
cp run.yaml same.yaml
for command in sweep data; do
    run spinodal "$command" same.yaml --force -o same.yaml
    expect_failure 5 'same.yaml'
    expect_same same.yaml run.yaml
done
cp run.h5 kept.h5
run spinodal export run.h5 --force -o run.h5
expect_failure 5 'run.h5'
expect_same run.h5 kept.h5

# A sweep that is refused leaves no journal behind, and one that does not converge says so.
run spinodal sweep run.yaml -o refused.h5 --set 'model.init.scale=1e308'
[ "$status" -eq 3 ] || expect_status 4
expect_no_file refused.h5.part
run spinodal sweep run.yaml -o slow.h5 --set solver.method=gd --set solver.max_iterations=2
expect_status 1
expect_stderr 'did not pass the stationarity gate'

# Names that need quotes survive `data`.
printf '"a,1",b,y\n1,2,3\n2,1,4\n3,5,6\n' >quoted.csv
printf 'data: {kind: csv, path: quoted.csv, targets: [y]}\n' >quoted.yaml
run spinodal data quoted.yaml -o again.csv
expect_status 0
run cat again.csv
expect_stdout '^"a,1",b,y$'

# Weights read at the start belong to the run: others are not gone on with.
run spinodal sweep run.yaml -o first.h5 --set model.init.weights=weights.npz
expect_status 0
run spinodal sweep run.yaml -o first.h5 --set model.init.weights=weights.npz --resume
expect_status 0
expect_stderr 'complete'
run spinodal export run.h5 --point 1 -o weights.npz --force
expect_status 0
run spinodal sweep run.yaml -o first.h5 --set model.init.weights=weights.npz --resume
expect_failure 5 'first.h5'
finish
