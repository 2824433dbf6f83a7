#!/bin/sh
# SPDX-License-Identifier: MIT
# A room includes only what tools/layers.txt allows. Usage: check_layers.sh [ROOT [LAYERS]]
set -eu
root=${1:-.}
layers=${2:-$root/tools/layers.txt}
cd "$root"
files=$(find src include -name '*.[ch]' | sort)
[ -n "$files" ] || { echo "check_layers: no sources under $root" >&2; exit 1; }

# shellcheck disable=SC2086
awk -v layers="$layers" '
function complain(text) {
    printf "%s:%d: %s\n", FILENAME, FNR, text
    bad++
}
# src/ROOM/x.c, include/spinodal/ROOM.h and include/spinodal/ROOM/x.h belong to ROOM.
function room_of_path(path, part) {
    sub(/^include\/spinodal\//, "", path)
    sub(/^src\//, "", path)
    split(path, part, "/")
    sub(/\.h$/, "", part[1])
    return part[1]
}
function may_see(from, to, n, names, i) {
    if (from == to)
        return 1
    if (library[from] == "core" && library[to] != "core")
        return 0
    if (floor[to] < floor[from])
        return 1
    n = split(sees[from], names, ",")
    for (i = 1; i <= n; i++)
        if (names[i] == to)
            return 1
    return 0
}
function is_standard(header) {
    return header in standard
}
function may_use(room, header, n, names, i) {
    n = split(outside[room], names, ",")
    for (i = 1; i <= n; i++)
        if (index(header, names[i]) == 1)
            return 1
    return 0
}
BEGIN {
    while ((getline line < layers) > 0) {
        if (line ~ /^#/ || line ~ /^ *$/)
            continue
        split(line, f, " ")
        library[f[1]] = f[2]; floor[f[1]] = f[3] + 0; sees[f[1]] = f[4]; outside[f[1]] = f[5]
        n = split(f[5], names, ",")
        for (i = 1; i <= n; i++)
            if (names[i] !~ /^(pthread|sched|unistd)\.h$/)
                owned[names[i]] = owned[names[i]] " " f[1]
        rooms++
    }
    if (rooms == 0) {
        print "check_layers: no rooms in " layers
        exit 1
    }
    # C11, without what would end, print or draw; POSIX only where files are.
    n = split("assert ctype errno float inttypes limits locale math setjmp signal stdalign stdarg " \
              "stdatomic stdbool stddef stdint stdio stdlib string time", names, " ")
    for (i = 1; i <= n; i++)
        standard[names[i] ".h"] = 1
}
FNR == 1 {
    room = room_of_path(FILENAME)
    if (room != "spinodal" && !(room in floor))
        complain("the room \"" room "\" is not in " layers)
}
/^[ \t]*#[ \t]*include/ {
    if (!match($0, /[<"][^>"]+[>"]/)) {
        complain("an include of something computed")
        next
    }
    open = substr($0, RSTART, 1)
    header = substr($0, RSTART + 1, RLENGTH - 2)
    if (header ~ /^spinodal\//) {
        if (open == "\"")
            complain("public headers are included as <" header ">")
        target = room_of_path("include/" header)
        if (room != "spinodal" && target == "spinodal") {
            if (room != "cli")
                complain("a room names the headers it needs, not <spinodal.h>")
        } else if (room != "spinodal" && !may_see(room, target))
            complain(room " must not include " target " (<" header ">)")
    } else if (open == "\"") {
        if (FILENAME ~ /^include\//)
            complain("a public header includes the private \"" header "\"")
        target = header ~ /\// ? room_of_path("src/" header) : room
        if (target != room && room == "cli")
            complain("cli sees public headers only, not \"" header "\"")
        else if (!may_see(room, target) || library[target] != library[room])
            complain(room " must not include the private \"" header "\"")
    } else if (!is_standard(header)) {
        if (library[room] == "core" && !may_use(room, header))
            complain(room " must not use <" header ">")
        else if (library[room] != "core" && !may_use(room, header) && header in owned)
            complain(room " must not use <" header ">, which belongs to" owned[header])
    }
    includes++
}
END {
    if (rooms > 0)
        printf "%d includes in %d rooms, %d against the layers\n", includes, rooms, bad
    exit bad > 0 || rooms == 0 || includes == 0
}' $files
