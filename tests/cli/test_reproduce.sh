#!/bin/sh
# SPDX-License-Identifier: MIT
# `reproduce` leaves figures in three formats, with their scripts and data.
. "$(dirname "$0")/harness.sh"
command -v gnuplot >/dev/null 2>&1 || {
    echo "gnuplot is not installed: skipped"
    exit 77
}

# expect_kind SUFFIX START: some file of the figure has this suffix and begins so.
expect_kind() {
    checks=$((checks + 1))
    file=$(find figures -name "fig2*.$1" | head -n 1)
    if [ -z "$file" ] || ! head -c 400 "$file" | LC_ALL=C grep -aq -e "$2"; then
        complain "no file fig2*.$1 that begins with $2"
    fi
}

# A disk that is full: the cause is named, not the page that could not be written either, and how to go on.
for limit in 1 4; do
    run sh -c 'ulimit -f "$1"; "$2" reproduce fig2 -o tight' - "$limit" "$program"
    expect_status 5
    tail -n 1 "$stderr" >last-line
    expect_text last-line '^spinodal: .*tight/fig2\.h5.*what is complete stays in tight: make room and go on with --resume$'
    expect_no_text last-line 'index\.md'
    rm -r tight
done

run spinodal reproduce fig2 -o figures
expect_status 0
expect_kind svg '<svg'
expect_kind pdf '%PDF-'
expect_kind png 'PNG'
expect_kind gp 'gnuplot\|set \|reset\|#'

# Not over what is there, unless asked to.
run spinodal reproduce fig2 -o figures
expect_stderr '--force'
checks=$((checks + 1))
[ "$status" -ne 0 ] || complain "an existing figure was replaced"
run spinodal reproduce fig2 -o figures --force --set sweep.refine=false
expect_status 0

# One rule for every file: what this run did not make stays.
cp -r figures other
echo '# my own notes' >other/index.md
cp other/index.md notes.md
run spinodal reproduce fig2 -o other --resume --set sweep.refine=false
expect_failure 5 'other/index.md exists; use --force'
expect_same other/index.md notes.md
cp figures/index.md other/index.md
run spinodal reproduce fig2 -o other --resume --set sweep.refine=false
expect_status 0
expect_same other/fig2.svg figures/fig2.svg
for file in fig2.svg fig2.gp fig2-transitions.csv; do
    cp -r figures "kept-$file"
    echo 'mine' >"kept-$file/$file"
    cp "kept-$file/$file" mine
    run spinodal reproduce fig2 -o "kept-$file" --resume --set sweep.refine=false
    expect_status 5
    expect_stderr "$file exists and is not what this run makes; use --force"
    expect_same "kept-$file/$file" mine
done
mkdir fresh
echo 'mine' >fresh/fig2.gp
run spinodal reproduce fig2 -o fresh --set sweep.refine=false
expect_failure 5 'fresh/fig2.gp exists; use --force'
expect_folder fresh fig2.gp
cat figures/index.md mine >other/index.md
run spinodal reproduce fig2 -o other --resume --set sweep.refine=false
expect_failure 5 'other/index.md exists; use --force'

# Figure 1 rests on the same sweep.
run spinodal reproduce fig1 -o figures --resume --set sweep.refine=false
expect_status 0
expect_stderr 'figures/fig2.h5 is complete: nothing to resume'
expect_file figures/fig1-plane.pdf
run spinodal reproduce fig1 -o one --set slice.points=31 --set sweep.refine=false
expect_status 0
expect_stderr 'fig1.h5: plane, '
expect_stderr 'one/fig1.svg, fig1.pdf and fig1.png are drawn'
for name in fig1 fig1-plane; do
    for suffix in svg pdf png gp dat txt; do
        expect_file "one/$name.$suffix"
    done
done
run grep -c 'Maxwell point, where both have equal loss' one/fig1.txt
expect_stdout '^1$'
run spinodal reproduce fig1 -o one --set slice.points=31 --set sweep.refine=false
expect_failure 5 'one/fig1.h5 exists'
run spinodal reproduce fig9
expect_failure 2 "unknown target 'fig9'.*; there are: fig1, fig2, .*paper, all"
run spinodal reproduce fig1 -q -o biased --set model.bias=true --set data.moments=drawn \
    --set sweep.beta.points=30
expect_failure 3 'set model.bias: false'
finish
