#!/bin/sh
# SPDX-License-Identifier: MIT
# A name means one thing: files of src have names of their own, but for those of tools/names.txt, and a
# private type (spni_...) stands in one file. Usage: check_names.sh [ROOT [NAMES]]
set -eu
root=${1:-.}
names=${2:-$root/tools/names.txt}
cd "$root"
files=$(find src -name '*.[ch]' | sort)
[ -n "$files" ] || { echo "check_names: no sources under $root" >&2; exit 1; }

# shellcheck disable=SC2086
awk -v names="$names" '
function complain(text) {
    print text
    bad++
}
function type_of_line(line, words) {
    if (line ~ /^typedef (struct|enum|union) spni_/) {
        split(line, words, /[ ;{]+/)
        return words[3]
    }
    return match(line, /spni_[a-z0-9_]+\(/) ? substr(line, RSTART, RLENGTH - 1) : ""
}
BEGIN {
    while ((getline line < names) > 0)
        if (line !~ /^#/ && split(line, f, " ") > 1)
            shared[f[1]] = 1
}
FNR == 1 {
    name = FILENAME
    sub(/.*\//, "", name)
    if (name in first) {
        repeated[name] = 1
        if (!(name in shared))
            complain(FILENAME ": " first[name] " has this name: say what is in this file, or, if it means the " \
                     "same in both, put it into " names)
    } else
        first[name] = FILENAME
    files++
}
/^typedef / {
    type = type_of_line($0)
    if (type != "" && type in home && home[type] != FILENAME)
        complain(FILENAME ":" FNR ": " type " is in " home[type] ", too: a private type has a name of its own")
    else if (type != "")
        home[type] = FILENAME
}
END {
    for (name in first) {
        count++
        if (name in shared && !(name in repeated))
            complain(names ": " name " stands once, in " first[name] ": it needs no line")
    }
    printf "%d names of %d files, %d faults\n", count, files, bad
    exit bad > 0
}' $files
