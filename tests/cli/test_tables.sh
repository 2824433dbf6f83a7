#!/bin/sh
# SPDX-License-Identifier: MIT
# Tables as people have them: one line on stderr says what was read, and a refusal says what to do.
. "$(dirname "$0")/harness.sh"

cat >e.yaml <<'YAML'
data: {kind: csv, path: t.csv, targets: [y]}
model: {hidden: [2]}
YAML

# said LINE: the data are read, and the one line on stderr matches; -q keeps it back.
said() {
    run spinodal data e.yaml -o -
    expect_status 0
    expect_stderr_lines 1
    expect_stderr "$1"
    run spinodal data e.yaml -o - -q
    expect_status 0
    expect_stderr_empty
}

printf 'a,s,y\n1,red,2\n2,blue,3\n3,red,5\n' >t.csv
said '^t.csv: 3 samples, 3 inputs, 1 target; header: yes; separator: comma$'
expect_stdout '^a,s=blue,s=red,y$'
printf ',a,y\n0,1,2\n1,3,4\n' >t.csv
said '^t.csv: 2 samples, 1 input, 1 target; header: yes; separator: comma; row index left out$'
printf 'a;y\n0,5;2\n1;4\n' >t.csv
said 'separator: semicolon, decimal commas$'
printf '\377\376a\0,\0y\0\n\0\061\0,\0\062\0\n\0' >t.csv
said 'separator: comma; UTF-16LE$'

# Missing cells: refused with the place, dropped, filled in with the mean of the training samples.
printf 'a,b,y\n1,?,2\n3,4,5\n5,6,7\n7,8,9\n' >t.csv
run spinodal data e.yaml -o -
expect_failure 3 't.csv: missing cells: line 2, column 2 \(b\) \(1 in 1 of 4 rows\): set data.missing: drop'
run spinodal data e.yaml --set data.missing=drop -o -
expect_stderr '3 samples, .*; rows dropped: 1$'
run spinodal data e.yaml --set data.missing=mean -o -
expect_stderr '4 samples, .*; cells filled with means: 1$'
expect_stdout '^1,6,2$'
# With a quarter held out the mean is that of the other two known values.
run spinodal data e.yaml --set data.missing=mean --set data.test_share=0.25 -o -
expect_status 0
cp "$stdout" filled.csv
run awk -F, 'NR > 1 && $1 != 1 && $4 == "training" { sum += $2; n++ } $1 == 1 { filled = $2 }
    END { exit !(n > 0 && filled == sum / n) }' filled.csv
expect_status 0

# A number that names one column and counts to another.
printf '6,4,setosa,y\n5.1,3.5,1.4,0\n4.9,3.0,1.4,1\n' >t.csv
run spinodal data e.yaml --set 'data.columns=[4]' -o -
expect_failure 3 "'4' is the name of column 2 and the position of column 4 \('y'\): write 'name=4' or 'position=4'"
run spinodal data e.yaml --set 'data.columns=[name=4]' -o -
expect_status 0
expect_stdout '^3.5,0$'

# What never ends, ends.
run spinodal data e.yaml --set data.path=/dev/zero -o -
expect_failure 5 '/dev/zero: more than 256 MiB came'
finish
