#!/bin/sh
# SPDX-License-Identifier: MIT
# The figures of docs/figures.md and README.md that take minutes: targets of `reproduce`, and all phases of Figure 2's
# network. Usage: make_figures.sh PROGRAM OUT
set -eu
program=$(realpath "$1")
mkdir -p "$2"
out=$(realpath "$2")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for target in paper order complexity delay orders omnigrok; do
    "$program" reproduce "$target" -o "$scratch/gallery"
done
"$program" branches examples/figure2.yaml -o "$scratch/branches.h5"
"$program" plot "$scratch/branches.h5" -o "$scratch/branches"
for name in fig1 fig1-plane fig2 fig3 delay; do
    cp "$scratch/gallery/$name.png" "$out/$name.png"
done
for name in order complexity delay-beta orders omnigrok; do
    cp "$scratch/gallery/$name.png" "$out/gallery-$name.png"
done
cp "$scratch"/branches/*.png "$out/branches.png"
