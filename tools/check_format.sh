#!/bin/sh
# SPDX-License-Identifier: MIT
# Are the C sources as clang-format leaves them? With --fix they are made so. The version is part of
# the format: only clang-format 14 judges; with another one, or none, the check is skipped (77).
# Usage: check_format.sh [--fix]
set -eu
tool=
for candidate in clang-format-14 clang-format; do
    if command -v "$candidate" >/dev/null 2>&1 && "$candidate" --version | grep -q 'version 14\.'; then
        tool=$candidate
        break
    fi
done
if [ -z "$tool" ]; then
    echo "check_format: clang-format 14 is not installed: skipped" >&2
    exit 77
fi
files=$(find src include tests examples bench -name '*.[ch]' 2>/dev/null | sort)
# shellcheck disable=SC2086
if [ "${1:-}" = --fix ]; then
    "$tool" -i $files
else
    "$tool" --dry-run -Werror $files
fi
