#!/bin/sh
# SPDX-License-Identifier: MIT
# The command `report`: which file it writes, and what it refuses. What a browser shows is in tests/page.
. "$(dirname "$0")/harness.sh"

experiment >small.yaml
run spinodal sweep small.yaml -o run.h5 -q
expect_status 0

# The name of the first file, in this folder, with .html.
mkdir elsewhere
mv run.h5 elsewhere/
run spinodal report elsewhere/run.h5
expect_status 0
expect_stdout_empty
expect_stderr 'run\.html: written'
run grep -c '<!doctype html>' run.html
expect_stdout '^1$'

# All in the page: no script, style, image or link from elsewhere.
run grep -E '<(script|link|img|iframe)[^>]*(src|href)=' run.html
expect_status 1

# The standard output, and several files.
run spinodal report elsewhere/run.h5 elsewhere/run.h5 -o -
expect_status 0
expect_stdout '"kind": "sweep"'

# Nothing is overwritten without --force, and what is read never.
run spinodal report elsewhere/run.h5
expect_status 5
expect_stderr 'run\.html exists'
run spinodal report elsewhere/run.h5 --force -q
expect_status 0
expect_stderr_empty
cp elsewhere/run.h5 before.h5
run spinodal report before.h5 elsewhere/run.h5 -o elsewhere/run.h5 --force
expect_status 5
expect_stderr 'is the file that is read'
run cmp before.h5 elsewhere/run.h5
expect_status 0

# What is no results file leaves nothing behind.
head -c 3000 before.h5 >cut.h5
echo hello >text.h5
for bad in cut.h5 text.h5 none.h5; do
    run spinodal report "$bad" -o bad.html
    expect_stderr_lines 1
    expect_stderr "$bad"
    run test -e bad.html
    expect_status 1
done
run spinodal report cut.h5 -o bad.html
expect_status 3
run spinodal report
expect_status 2
run spinodal report before.h5 -o no/such/folder.html
expect_status 5

# The axis of beta is at first as the experiment spaces its points; slices and spectra begin with what they show.
run spinodal sweep small.yaml -o spaced.h5 -q --set sweep.beta.spacing=log
run spinodal report spaced.h5
expect_text spaced.html '"log": true'
run spinodal sweep small.yaml -o even.h5 -q
run spinodal report even.h5
expect_text even.html '"log": false'
# What a terminal spells, |theta|^2, its sentences write.
run spinodal sweep small.yaml -o merged.h5 --set 'model.hidden=[5, 5]' --set sweep.beta.points=15 --set sweep.seeds=1
expect_stdout '^Inside the phases .* % of \|theta\|\^2\)'
run spinodal report merged.h5
expect_text merged.html '^<p>Inside the phases .* % of \|θ\|²\)'
expect_no_text merged.html '^<(h1|h2|p)>.*\|theta\|'
run spinodal slice small.yaml -o line.h5 -q --set 'slice.through=[trivial, initial]' --set 'slice.beta=[0.1, 0.3]'
run spinodal report line.h5
expect_text line.html '<h1>At beta = 0\.1 the loss has .* valleys? on this line'
expect_text line.html '<p>At beta = 0\.3 the loss has '
run spinodal spectrum small.yaml -o spectrum.h5 -q --beta 0.1
run spinodal report spectrum.h5
expect_text spectrum.html '<h1>The error curves downwards along [0-9.]+ % of all directions; the loss at beta = 0\.1 '
run spinodal report before.h5 -o a.b/page.pdf
expect_failure 2 '-o a\.b/page\.pdf: a page is HTML: -o a\.b/page\.html'
run spinodal watch before.h5 --report -o page.txt
expect_failure 2 '-o page\.txt: a page is HTML: -o page\.html'
expect_no_file page.txt
run spinodal report before.h5 -o page
expect_status 0
finish
