#!/bin/sh
# SPDX-License-Identifier: MIT
# Ranks of MPI read tables and arrays by parts: the bytes of one process on any number of ranks, and its words where something is wrong
# with a file; --explain says where each rank has all samples after all.
. "$(dirname "$0")/ranks.sh"

SPN_RANKS_SECONDS=1500

# same EXPERIMENT OUTPUT ARGUMENTS...: one process, and 1, 2 and 3 ranks.
same() {
    file=$1
    output=$2
    shift 2
    run spinodal sweep "$file" -o "$output.h5" -f -q "$@" --threads 1
    expect_status 0
    for number in 1 2 3; do
        run ranks $number sweep "$file" -o ranks.h5 -f -q --shard-samples "$@"
        expect_status 0
        expect_same "$output.h5" ranks.h5
    done
}

# same_line ARGUMENTS...: ranks say what one process says, once.
same_line() {
    run spinodal sweep "$@" -o no.h5 -q
    wanted=$(grep '^spinodal' "$stderr")
    code=$status
    run ranks 2 sweep "$@" -o no.h5 -q --shard-samples
    expect_status "$code"
    checks=$((checks + 1))
    [ -n "$wanted" ] && [ "$(grep '^spinodal\|^rank ' "$stderr")" = "$wanted" ] || complain "instead of '$wanted':" "$stderr"
}

# 900 samples of three classes: a table as spreadsheets write them, with an index, words, missing cells and decimal commas.
awk 'BEGIN {
    print ";tone;a;b;\"c;c\";kind"
    for (n = 0; n < 900; n++) {
        k = n * n % 7 % 3
        text = sprintf("%d;%s;%.3f;%s;%.6f;%s", 2 * n, n % 5 ? "\"high \"\"tone\"\"\"" : "low", n * 37 % 101 / 50 - (k == 0),
            n % 29 ? sprintf("%.2f", n * 53 % 97 / 48 - (k == 1)) : "NA", n * 71 % 89 / 44 - (k == 2), substr("xyz", k + 1, 1))
        gsub(/\./, ",", text)
        printf "%s\r\n", text
    }
}' >table.csv
cat >table.yaml <<'YAML'
data: {kind: csv, path: table.csv, classes: kind, missing: drop, standardize: inputs, test_share: 0.1}
model: {hidden: [5], bias: true}
objective: {error: cross_entropy}
sweep: {seeds: 1, direction: up, refine: false, beta.points: 2}
solver: {method: newton_cg}
YAML
same table.yaml table
same table.yaml filled --set data.missing=mean
{ head -n 1 table.csv && tail -n 90 table.csv; } >more.csv
same table.yaml tested --set data.missing=mean --set data.test_share=0 --set data.test_path=more.csv
if command -v iconv >/dev/null; then
    { printf '\377\376' && iconv -f UTF-8 -t UTF-16LE more.csv; } >wide.csv
    same table.yaml wide --set data.missing=mean --set data.test_share=0 --set data.test_path=wide.csv
fi
same table.yaml whitened --set data.whiten=true

# little NUMBER BYTES
little() {
    rest=$1
    for _ in $(seq "$2"); do
        # shellcheck disable=SC2059
        printf "\\$(printf %03o $((rest % 256)))"
        rest=$((rest / 256))
    done
}

# npy TYPE ORDER SHAPE: what stands before the numbers.
npy() {
    text="{'descr': '$1', 'fortran_order': $2, 'shape': $3, }"
    printf '\223NUMPY\001\000'
    little $((${#text} + 1)) 2
    printf '%s\n' "$text"
}

# fields FILE METHOD: of a member, as the archive and its directory have them. gzip knows the checksum and packs as zip does.
fields() {
    gzip -nc "$1" >packed
    tail -c +11 packed | head -c -8 >body
    [ "$2" = 8 ] || cp "$1" body
    printf '\024\000\000\000'
    little "$2" 2
    printf '\000\000\041\000'
    tail -c 8 packed | head -c 4
    little "$(wc -c <body)" 4
    little "$(wc -c <"$1")" 4
    little ${#1} 2
}

# zip METHOD FILE FILE: an archive of two files.
zip() {
    { printf 'PK\003\004' && fields "$2" "$1" && little 0 2 && printf '%s' "$2" && cat body; } >first
    { printf 'PK\003\004' && fields "$3" "$1" && little 0 2 && printf '%s' "$3" && cat body; } >second
    { printf 'PK\001\002\024\000' && fields "$2" "$1" && little 0 16 && printf '%s' "$2"; } >directory
    { printf 'PK\001\002\024\000' && fields "$3" "$1" && little 0 12 && little "$(wc -c <first)" 4 && printf '%s' "$3"; } >>directory
    cat first second directory
    printf 'PK\005\006\000\000\000\000\002\000\002\000'
    little "$(wc -c <directory)" 4
    little $(($(wc -c <first) + $(wc -c <second))) 4
    little 0 2
    rm -f first second directory packed body
}

awk 'BEGIN { for (n = 0; n < 9600; n++) printf "%c", 33 + (n * 7919 + int(n / 8) * int(n / 8) * 31) % 90 }' >pixels
awk 'BEGIN { for (n = 0; n < 1200; n++) printf "%c", 97 + n * n % 7 % 3 }' >labels
{ npy '|u1' False '(1200, 8)' && cat pixels; } >x.npy
{ npy '|i1' False '(1200,)' && cat labels; } >y.npy
zip 0 x.npy y.npy >stored.npz
zip 8 x.npy y.npy >packed.npz
{ npy '|u1' True '(1200, 8)' && cat pixels; } >x.npy
zip 8 x.npy y.npy >turned.npz
cat >arrays.yaml <<'YAML'
data: {kind: npz, path: stored.npz, classes: y, standardize: inputs, test_share: 0.1}
model: {hidden: [5], bias: true}
objective: {error: cross_entropy}
sweep: {seeds: 1, direction: up, refine: false, beta.points: 2}
solver: {method: newton_cg}
YAML
same arrays.yaml stored
same arrays.yaml packed --set data.path=packed.npz
same arrays.yaml turned --set data.path=turned.npz --set data.test_share=0 --set data.test_path=packed.npz

# explained FRAGMENT ARGUMENTS...: what --explain says of all samples; '': nothing.
explained() {
    fragment=$1
    shift
    run ranks 2 sweep "$@" --explain --shard-samples -q
    expect_status 0
    if [ -n "$fragment" ]; then
        expect_stdout "^  each has all samples while they are read: $fragment\$"
    else
        expect_no_text "$stdout" 'each has all samples'
    fi
}
explained '' table.yaml
explained 'data\.whiten mixes all inputs of a sample' table.yaml --set data.whiten=true
explained '' arrays.yaml --set data.path=packed.npz
explained 'their array is in Fortran order' arrays.yaml --set data.path=turned.npz

# What is wrong with a file.
same_line table.yaml --set data.missing=refuse
same_line table.yaml --set data.classes=knid
same_line table.yaml --set data.classes=a
same_line table.yaml --set data.separator=comma
same_line table.yaml --set data.test_share=0.0001
same_line table.yaml --set data.path=no.csv
same_line table.yaml --set data.class_targets=binary
sed '700s/;[^;]*;/;/' table.csv >ragged.csv
same_line table.yaml --set data.path=ragged.csv
sed '700s/;[^;]*;/;"/' table.csv >open.csv
same_line table.yaml --set data.path=open.csv
sed '700s/;[^;]*$/;x;/;701s/^[^;]*;[^;]*;[^;]*/7;low;1.500/' table.csv >points.csv
same_line table.yaml --set data.path=points.csv
sed '800s/^[^;]*;[^;]*;[^;]*/7;low;12 %/' table.csv >percent.csv
same_line table.yaml --set data.path=percent.csv
sed '800s/^/\n/' table.csv >blank.csv
same_line table.yaml --set data.path=blank.csv
tr 'x' '\000' <table.csv >nul.csv
same_line table.yaml --set data.path=nul.csv
same_line arrays.yaml --set data.classes=z
same_line arrays.yaml --set data.classes=x
head -c 9000 stored.npz >cut.npz
same_line arrays.yaml --set data.path=cut.npz
sed 's/(1200, 8)/(1200, 9)/' stored.npz >torn.npz
same_line arrays.yaml --set data.path=torn.npz
expect_no_file no.h5
finish
