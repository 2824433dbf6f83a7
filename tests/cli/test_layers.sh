#!/bin/sh
# SPDX-License-Identifier: MIT
# geometry.layers: arrays of layers and classes beside the weights of results, and nothing else changes.
. "$(dirname "$0")/harness.sh"
experiment >run.yaml
run spinodal sweep run.yaml -o plain.h5
run spinodal sweep run.yaml -o layers.h5 --set geometry.layers=true
expect_status 0
for table in points theta; do
    run spinodal export plain.h5 --table $table
    cp "$stdout" plain.csv
    run spinodal export layers.h5 --table $table
    expect_same plain.csv "$stdout"
done
run spinodal export plain.h5 --table layer_norms
expect_status 3
run spinodal export layers.h5 --table layer_norms
expect_status 0
expect_stdout '^layer_norms_1,layer_norms_2,layer_norms_3$'
cp "$stdout" norms.csv
run spinodal export layers.h5 --table singular_values
expect_stdout '^singular_values_1,.*singular_values_6$'
run spinodal export layers.h5 --table layer_traces
expect_status 0
# Without biases their squares add up to |theta|^2.
run spinodal export layers.h5 --table points
checks=$((checks + 1))
awk -F, 'NR == FNR { if (FNR > 1) sum[FNR] = $1 * $1 + $2 * $2 + $3 * $3; next }
    FNR == 1 { for (i = 1; i <= NF; i++) if ($i == "weight_norm") column = i; next }
    { off = sum[FNR] - $column * $column; if (off * off > 1e-24 * (1 + sum[FNR]) ^ 2) bad++ }
    END { exit bad || FNR < 10 }' norms.csv "$stdout" || complain "norms of layers do not make |theta|" "$stdout"
run spinodal spectrum run.yaml -o s.h5 --set geometry.layers=true
run spinodal export s.h5 --table layer_traces
cp "$stdout" traces.csv
run spinodal export s.h5 --table spectra
checks=$((checks + 1))
awk -F, 'NR == FNR { if (FNR == 2) sum = $1 + $2 + $3; next }
    FNR == 1 { for (i = 1; i <= NF; i++) if ($i == "trace") column = i; next }
    $1 == "error" { off = sum - $column; good = off * off < 1e-20 * sum * sum } END { exit !good }' traces.csv "$stdout" ||
    complain "traces of layers do not add up" "$stdout"
run spinodal grok run.yaml -o g.h5 --set geometry.layers=true --set grok.parameters=true --set grok.epochs=30 --set 'grok.starts=[random]'
run spinodal export g.h5 --table layer_traces
expect_status 0
finish
