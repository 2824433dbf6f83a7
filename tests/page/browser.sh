#!/bin/sh
# SPDX-License-Identifier: MIT
# The page in a headless Chromium, where there is one: browser_test.py says what is looked at. Usage: browser.sh PROGRAM
set -eu
for program in python3 chromedriver; do
    if ! command -v "$program" >/dev/null 2>&1; then
        echo "skipped: no $program (tools/setup.sh test installs it on Debian)"
        exit 77
    fi
done
folder=$(cd "$(dirname "$0")" && pwd)
exec python3 -B "$folder/browser_test.py" "$1"
