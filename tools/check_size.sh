#!/bin/sh
# SPDX-License-Identifier: MIT
# Files and functions stay short enough to be read at once: more than 600 lines a file or 100 a
# function fails; functions over 60 are listed. A function runs from a line "{" to a line "}".
# Usage: check_size.sh [ROOT]
set -eu
cd "${1:-.}"
files=$(find src include tests examples bench -name '*.[ch]' 2>/dev/null | sort)
scripts=$(find tools tests -name '*.sh' 2>/dev/null | sort)
# shellcheck disable=SC2086
awk '
function end_of_file() {
    if (lines > 600) {
        printf "%s: %d lines, the limit is 600\n", file, lines
        bad++
    }
}
FNR == 1 { end_of_file(); file = FILENAME; name = ""; start = 0 }
{ lines = FNR }
file !~ /\.sh$/ && FNR == 1 && !/SPDX-License-Identifier: MIT/ {
    printf "%s: the first line does not name the licence\n", file
    bad++
}
file ~ /\.sh$/ && FNR <= 2 && /SPDX-License-Identifier: MIT/ { licensed[file] = 1 }
file ~ /\.sh$/ { shell[file] = 1; next }
/^[A-Za-z_].*\(/ { if (match($0, /[A-Za-z_0-9]+\(/)) name = substr($0, RSTART, RLENGTH - 1) }
/^{$/ { start = FNR }
/^}$/ && start {
    functions++
    size = FNR - start + 1
    if (size > 60)
        printf "%s:%d: %s has %d lines%s\n", file, start, name, size,
            (size > 100 ? ", the limit is 100" : " (aim for 60)")
    if (size > 100)
        bad++
    start = 0
}
END {
    end_of_file()
    for (file in shell)
        if (!(file in licensed)) {
            printf "%s: neither of the first two lines names the licence\n", file
            bad++
        }
    printf "%d functions looked at, %d faults\n", functions, bad
    exit bad > 0
}' $files $scripts
