#!/bin/sh
# SPDX-License-Identifier: MIT
# `check` compares derivatives; what it could not compare it does not call good.
. "$(dirname "$0")/harness.sh"

experiment >small.yaml
run spinodal check small.yaml
expect_status 0
expect_stderr_empty
expect_stdout '^products +against columns +[0-9.e-]+ \(relative\)$'
expect_stdout '^passed$'
expect_no_text "$stdout" 'nan|not done'
run spinodal check small.yaml --json
expect_status 0
expect_stdout '"passed": *true'
expect_stdout '"verdict": *"passed"'
expect_no_text "$stdout" 'null'

# 3 x 900 + 900 x 2 = 4500 weights: no dense Hessian is formed.
run spinodal check small.yaml --set 'model.hidden=[900]'
expect_status 0
expect_stdout '^products +against columns +not done: P is too large for a dense Hessian$'
expect_stdout '^passed \(one comparison was not done\)$'
expect_no_text "$stdout" 'nan'
run spinodal check small.yaml --set 'model.hidden=[900]' --json
expect_status 0
expect_stdout '"passed": *true'
expect_stdout '"column_error": *null'
expect_no_text "$stdout" 'nan'

# Kinks, many layers, inputs in raw units: right derivatives pass.
for seed in 1 2 3 4 5; do
    run spinodal check small.yaml --seed $seed --set model.activation=relu
    expect_status 0
    expect_stdout '^passed$'
done
run spinodal check small.yaml --set model.bias=true --set model.init.scale=1.2 \
    --set 'model.hidden=[4,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4]'
expect_status 0
expect_stdout '^passed$'
finish
