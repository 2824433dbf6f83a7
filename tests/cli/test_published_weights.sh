#!/bin/sh
# SPDX-License-Identifier: MIT
# The published weights of arXiv 2512.11866 (PyTorch's files) on the 10,000 test images of MNIST: cross-entropy, accuracy
# and |theta| as they were measured independently (NumPy, float64). Of a network of 118,282 weights nothing dense is formed;
# asked for it, the program refuses, with the forecast, before it reads weights. Skipped where the files are not: $SPINODAL_DATA, by default ../shared/data beside the clone.
. "$(dirname "$0")/harness.sh"
folder=${SPINODAL_DATA:-$REPOSITORY/../shared/data}
for file in mnist/t10k-images-idx3-ubyte.gz mnist/t10k-labels-idx1-ubyte.gz \
    pathfinder/model-0.pth pathfinder/discontinuity-2.pth; do
    if [ ! -r "$folder/$file" ]; then
        echo "skipped: $folder/$file is not there"
        exit 77
    fi
done
cat >mnist.yaml <<YAML
data: {kind: idx, path: $folder/mnist/t10k-images-idx3-ubyte.gz, normalize: [0.1307, 0.3081]}
model: {hidden: [128, 128], activation: sigmoid, bias: true}
objective: {error: cross_entropy}
YAML

# measured WEIGHTS ERROR ACCURACY NORM: to six digits.
measured() {
    run spinodal geometry mnist.yaml --weights "$folder/pathfinder/$1" --json --surface error --set geometry.method=none
    expect_status 0
    expect_stdout '"method": "none"'
    expect_stdout '"scalar_curvature": null'
    tr -d ' ",' <"$stdout" | awk -F: -v error="$2" -v accuracy="$3" -v norm="$4" '
        $1 == "value" || $1 == "accuracy" || $1 == "weight_norm" { found[$1] = $2 }
        function near(a, b) { return a - b < 8e-6 * b && b - a < 8e-6 * b }
        END { exit !(near(found["value"], error) && near(found["accuracy"], accuracy) && near(found["weight_norm"], norm)) }'
    # shellcheck disable=SC2181
    if [ $? -ne 0 ]; then
        complain "E, accuracy and |theta| are not $2, $3 and $4:" "$stdout"
    fi
}
run spinodal geometry mnist.yaml --weights nowhere.pth --set geometry.method=dense
expect_status 3
expect_stdout_empty
expect_stderr 'geometry.method: geometry of 118282 parameters: dense matrices end at 32700 parameters, whatever is allowed; choose another way, or leave geometry.method out: dense: .* operations, .* h, .* GB; moments: .* min, '
measured model-0.pth 0.107500 0.9770 89.931
measured discontinuity-2.pth 1.195189 0.6620 6.2602
finish
