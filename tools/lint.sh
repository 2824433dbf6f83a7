#!/bin/sh
# SPDX-License-Identifier: MIT
# clang-tidy over all sources of the rooms. Usage: lint.sh BUILD (a configured build folder)
set -eu
build=${1:?"usage: $0 BUILD"}
files=$(find src examples -name '*.c' | sort)
# shellcheck disable=SC2086
clang-tidy --quiet --warnings-as-errors='*' -p "$build" $files
