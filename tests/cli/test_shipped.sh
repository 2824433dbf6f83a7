#!/bin/sh
# SPDX-License-Identifier: MIT
# Data sets that come with the program: whole, found from any folder, and behind a file of one's own.
. "$(dirname "$0")/harness.sh"

cat >e.yaml <<'YAML'
data: {kind: csv, path: digits.csv, classes: digit}
YAML
mkdir -p deep/folder
cp e.yaml deep/folder/e.yaml

# The sum of all pixels by scikit-learn's load_digits(), a copy of its own; the digits as its description counts them.
run spinodal data deep/folder/e.yaml -o digits-read.csv
expect_status 0
expect_stderr '^digits.csv \(comes with spinodal\): 1797 samples, 64 inputs, 10 targets, 10 classes of digit: 0 178, 1 182, 2 177, 3 183, 4 181, 5 182, 6 181, 7 179, 8 174, 9 180; header: yes'
run awk -F, 'NR > 1 { for (i = 1; i <= 64; i++) { sum += $i; if ($i < 0 || $i > 16) bad++ } }
    END { print NR, NF, sum, bad + 0 }' digits-read.csv
expect_stdout '^1798 74 561718 0$'
run sed -n '1s/,.*digit//p; 1s/.*pixel_7_7,//p' digits-read.csv
expect_stdout '^"0","1","2","3","4","5","6","7","8","9"$'

# Samples for testing may come from there, too.
run spinodal data e.yaml --set data.test_path=digits.csv -o both.csv
expect_status 0
expect_stderr '1797 samples and 1797 for testing'

# A file where the experiment means it goes first, and only plain names are looked for.
printf 'a,digit\n1,0\n2,1\n3,0\n4,1\n' >deep/folder/digits.csv
run spinodal data deep/folder/e.yaml
expect_status 0
expect_stderr '^digits.csv: 4 samples'
run spinodal data e.yaml --set data.path=folder/digits.csv
expect_failure 5 'data.path: cannot open folder/digits.csv: No such file'
run spinodal data e.yaml --set data.path=..
expect_status 5
run spinodal data e.yaml --set data.path=README.txt
expect_failure 5 'data.path: cannot open README.txt: No such file'
finish
