#!/bin/sh
# SPDX-License-Identifier: MIT
# A column of labels becomes classes, and each way to get them wrong is one line with its cure.
. "$(dirname "$0")/harness.sh"

# table FILE CLASS...: eight samples of each class, near each other.
table() {
    awk -v classes="$2" 'BEGIN {
        print "a,b,kind"
        n = split(classes, name, " ")
        for (i = 0; i < 8 * n; i++) {
            k = i % n + 1
            printf "%.3f,%.3f,%s\n", k + sin(i), cos(3 * i) - k, name[k]
        }
    }' >"$1"
}
table words.csv "owl ant bee"
table numbers.csv "10 2 1"
table two.csv "yes no"
table other.csv "owl ant cat"
table single.csv "owl"

cat >e.yaml <<'YAML'
data: {kind: csv, path: words.csv, classes: kind, standardize: inputs}
model: {hidden: [2], bias: true}
objective: {error: cross_entropy}
sweep: {beta: {from: 0.01, to: 0.3, points: 3}, refine: false}
YAML
changed() { run spinodal data e.yaml --set "$1"; }

run spinodal data e.yaml
expect_status 0
expect_stdout '^a,b,ant,bee,owl$'
expect_stderr '3 classes of kind: ant 8, bee 8, owl 8'
run spinodal data e.yaml --set data.path=numbers.csv --set data.classes=3
expect_stdout '^a,b,"1","2","10"$'
run spinodal data e.yaml --set data.path=two.csv --set data.class_targets=binary
expect_stdout '^a,b,yes$'
expect_stderr '1 target, 2 classes of kind: no 8, yes 8'
changed data.test_path=words.csv
expect_stderr '24 samples and 24 for testing.*ant 8 \+ 8, bee 8 \+ 8, owl 8 \+ 8'

# The same for programs: names, samples of each class, and how the table was read; no line is lost to a missing cell.
printf 'a,b,kind\n1,,ant\n2,3,bee\n1,4,ant\n5,6,bee\n7,8,ant\n' >gap.csv
run spinodal data e.yaml --json --set data.path=gap.csv --set data.missing=drop
expect_status 0
tr -d ' \n' <"$stdout" >flat
cat >expected <<'JSON'
{"path":"gap.csv","samples":4,"test_samples":0,"inputs":2,"targets":2,"constant_inputs":0,"input_names":["a","b"],"target_names":["ant","bee"],
"class_column":"kind","classes":[{"name":"ant","samples":2,"test_samples":0},{"name":"bee","samples":2,"test_samples":0}],
"table":{"header":true,"separator":"comma","decimal_commas":false,"encoding":"UTF-8","row_index_left_out":false,
"rows_dropped":1,"cells_filled":0}}
JSON
run test "$(tr -d '\n' <expected)" = "$(cat flat)"
expect_status 0
run spinodal data e.yaml --json --set data.test_path=words.csv -o copy.csv
expect_status 0
expect_stdout '"test_samples": 24'
expect_file copy.csv

run spinodal sweep e.yaml -o run.h5
expect_file run.h5
run grep -a -c 'ant' run.h5 # the attribute `classes`
expect_status 0
run spinodal check e.yaml --set data.path=two.csv --set data.class_targets=binary
expect_status 0

changed data.class_targets=binary
expect_failure 3 'data.class_targets: .*binary is for two classes, and there are 3'
changed data.test_path=other.csv
expect_failure 3 "data.test_path: other.csv: column 3 .kind.: class 'cat' is none of those of the training samples: ant, bee, owl"
changed data.path=single.csv
expect_failure 3 "data.classes: single.csv: .*all samples are of one class, 'owl'"
changed data.classes=a
expect_failure 3 'data.classes: words.csv: .*is no class; classes are words or integers'
changed data.classes=kin
expect_failure 3 "data.classes: words.csv: no column 'kin'; did you mean 'kind'"
sed 's/^\(data: {.*\)path: words.csv, classes: kind/\1path: words.csv, classes: 9/' e.yaml >nine.yaml
run spinodal data nine.yaml
expect_failure 3 '^spinodal: nine.yaml:1:45: data.classes: words.csv: '
changed data.path=absent.csv
expect_failure 5 'data.path: cannot open absent.csv'
changed data.standardize=true
expect_failure 3 'changes the targets.*write standardize: inputs'

# Labels as numbers are no targets of cross-entropy.
sed 's/classes: kind/targets: [kind]/' e.yaml >labels.yaml
run spinodal check labels.yaml --set data.path=numbers.csv
expect_status 3
expect_stderr 'with one output it is the probability of the second of two classes.*data.classes'
sed 's/classes: kind/targets: [a, b], columns: [kind]/' e.yaml >sums.yaml
run spinodal check sums.yaml --set data.path=numbers.csv
expect_status 3
expect_stderr 'cross_entropy: target'
finish
