#!/bin/sh
# SPDX-License-Identifier: MIT
# Weights of PyTorch and which arrays of a file are meant: with --weights and in model.init.
. "$(dirname "$0")/harness.sh"
files=$REPOSITORY/tests/formats/corpus/torch
cp "$files/plain.pth" "$files/code" "$files/checkpoint" .
cp "$files/views" two.pt

# A linear network 3-2 with the weights 0.5, -1, 2, 0.25, 3, -7 and the biases 1, -2.5: their squares add up to 70.5625.
cat >e.yaml <<'YAML'
data: {kind: gaussian, samples: 20, inputs: 3, outputs: 2}
model: {hidden: [], bias: true}
YAML
norm_is() {
    expect_status 0
    expect_stdout "\"weight_norm\": $1"
}
run spinodal geometry e.yaml --weights plain.pth --json
norm_is 8.400148
run spinodal geometry e.yaml --json --set model.init.weights=plain.pth
norm_is 8.400148
run spinodal geometry e.yaml --weights plain.pth --json --set 'model.init.names=[fc1.weight, fc1.bias]'
norm_is 8.400148
run spinodal geometry e.yaml --weights plain.pth --json --set 'model.init.names=[fc1.weight]'
norm_is 8.400148

# Of a 3 x 2, a 4, a single number and nothing only the first is used, turned: 0 to 7 without 0 and 7, squared, are 91.
run spinodal geometry e.yaml --weights two.pt --set model.bias=false
expect_failure 3 "two.pt: no weight for layer 1 of 1, which needs 2 x 3 \\(out x in\\)"
run spinodal geometry e.yaml --weights two.pt --set model.bias=false --set model.init.layout=in_out
expect_failure 3 "two.pt: no place in the network for 'single' .*; if the network is the same without, set model.init.others: ignore"
run spinodal geometry e.yaml --weights two.pt --json --set model.bias=false --set model.init.layout=in_out --set model.init.others=ignore
expect_stderr "^two.pt: not used: 'column' \\(4\\), 'single' \\(a single number\\), 'empty' \\(0 x 5\\)\$"
norm_is 9.539392
run spinodal geometry e.yaml --weights two.pt --json --set model.bias=false --set model.init.layout=in_out --set 'model.init.names=[transposed]'
norm_is 9.539392

# Nothing is run, and nothing is guessed.
run spinodal geometry e.yaml --weights code
expect_failure 3 'code holds code: posix.system, which is not run; save the state dict alone, in Python: torch.save'
run spinodal geometry e.yaml --weights checkpoint
expect_failure 3 "checkpoint is a checkpoint with dictionaries inside \\('model_state_dict', 'optimizer_state_dict'\\)"
run spinodal geometry e.yaml --weights plain.pth --set 'model.init.names=[fc1.wieght]'
expect_failure 3 "plain.pth holds no array 'fc1.wieght' \\(model.init.names\\); did you mean 'fc1.weight'\\?"
run spinodal geometry e.yaml --weights plain.pth --set 'model.init.names=[a, b, c]'
expect_failure 3 'model.init.names: there are 3, and the network has 1 layers: name the weights'
finish
