#!/bin/sh
# SPDX-License-Identifier: MIT
# solver.method: newton_cg in a sweep: the same phases and jumps as newton's, which sees the dense Hessian.
. "$(dirname "$0")/harness.sh"

# The phase behind the last jump has one direction of 3e-9 of the outputs, which only exact points tell from none.
cat >steps.yaml <<'EOF'
data: {kind: teacher, samples: 80, inputs: 4, outputs: 3}
model: {hidden: [4, 3], activation: softplus, bias: true, init: {seed: 15}}
sweep: {beta: {from: 0.002, to: 0.6, points: 14, spacing: log}, direction: up}
EOF
for method in newton newton_cg; do
    run spinodal sweep steps.yaml -o "$method.h5" --set "solver.method=$method"
    expect_status 0
    run spinodal export "$method.h5" -o "$method.points.csv"
    run spinodal export "$method.h5" --table jumps -o "$method.jumps.csv"
done

# compare FILE COLUMN SHARE: the column is the same in both, to this share.
compare() {
    checks=$((checks + 1))
    paste -d, "newton.$1.csv" "newton_cg.$1.csv" | awk -F, -v column="$2" -v share="$3" '
        NR == 1 { for (i = 1; i <= NF; i++) if ($i == column) at[++found] = i; next }
        { d = $at[1] - $at[2]; size = $at[1] < 0 ? -$at[1] : $at[1]; if (d > share * size || -d > share * size) bad = 1 }
        END { exit !(found == 2 && NR > 1 && !bad) }' || complain "$1: $2 differs"
}
# Both stop where the next step would change theta by some 1e-9 of its length.
for column in error weight_norm; do
    compare points "$column" 1e-8
done
for column in active_modes dead_units merged_units stationary negative_eigenvalues_loss; do
    compare points "$column" 0
done
for column in active_before active_after survives settled; do
    compare jumps "$column" 0
done
# Brackets lie within the tolerance of the refinement.
compare jumps beta 1e-6

# The same once more without any dense Hessian of the whole: tangents by conjugate gradients, the index by certificates.
run spinodal sweep steps.yaml -o products.h5 --set solver.method=newton_cg --set geometry.method=moments
expect_status 0
expect_stdout 'points are certified minima'
run spinodal export products.h5 -o newton_cg.points.csv --force
run spinodal export products.h5 --table jumps -o newton_cg.jumps.csv --force
for column in error weight_norm scalar_curvature_error scalar_curvature_loss eigenvalue_min_loss; do
    compare points "$column" 1e-8
done
# Both stop within 1e-9 of |theta|, with eigenvalues down to 1e-3: chi is as far off as they are.
compare points susceptibility 1e-5
for column in active_modes dead_units merged_units stationary negative_eigenvalues_loss jump; do
    compare points "$column" 0
done
for column in active_before active_after survives settled resolved; do
    compare jumps "$column" 0
done
compare jumps beta 1e-6

# A start with copies of units stays one: 2 and 2 different units of 4 and 3 after a few steps, wherever they have led.
run spinodal sweep steps.yaml -o copies.h5 --set model.init.distinct=[2,2] --set sweep.beta=[0.002] --set solver.method=lbfgs \
    --set solver.max_iterations=3
expect_status 1
run spinodal export copies.h5
expect_stdout '^0,up,[^,]*,0,0,0.002,[^,]*,[^,]*,[^,]*,[^,]*,[0-9]*,0,3,'
run spinodal sweep steps.yaml -o bad.h5 --set model.init.distinct=[2]
expect_failure 3 'model.init.distinct: 1 numbers, and model.hidden has 2: one for each hidden layer'
run spinodal sweep steps.yaml -o bad.h5 --set model.init.distinct=[0,1]
expect_failure 3 'model.init.distinct'

# The bracket of a fold keeps so far from it that the tangent at its inner end is known, and with it the order.
run spinodal sweep "$REPOSITORY/examples/teacher.yaml" -o fold.h5 --set solver.method=newton_cg --set geometry.method=none --set sweep.beta.points=61
expect_stdout '^1 mode -> trivial +1st +0\.539103'
finish
