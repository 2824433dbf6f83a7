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

# One sample of 40 that changes its class where hidden units merge is no change of what is learned: 0.025 of a range of 0.6. Special
# points say `accuracy` where directions, E or accuracy change by 5 % of their range, which the table's own numbers tell.
tr ' ' '\n' >samples.csv <<'END'
a,b,class
3.8409,-2.5557,r 2.2181,-0.5678,r 1.3474,-0.2156,r -0.2200,-0.2319,r 0.9348,3.3230,r 2.0258,-0.3526,r
1.5187,-0.6680,r 0.7448,-0.3908,r 2.2819,-0.2386,r 2.7578,-0.1998,r 1.8243,1.5458,r 2.3451,-0.5052,r 1.6172,0.5405,r
3.7351,-0.2696,r -1.1436,2.5323,g -1.7865,1.2383,g -0.0175,2.1104,g -0.8085,2.2001,g -3.7282,2.5513,g
-1.8596,-0.1386,g -0.6236,2.2305,g -1.3448,0.4536,g -0.8739,1.4773,g 0.5056,2.2774,g -0.7062,2.6416,g
-1.1055,0.6041,g -0.3159,2.1125,g -1.1148,-2.3128,b -0.6708,-4.0239,b -0.2099,-1.0386,b -2.5389,-1.4686,b
-1.8641,-0.7728,b -2.9342,-2.4445,b -0.1904,-0.3736,b -3.0580,-2.0280,b -0.5720,-2.1392,b 0.6906,-2.7212,b
-0.5455,-2.5784,b 0.5060,-1.5517,b -1.2723,-3.2482,b
END
cat >samples.yaml <<'END'
data: {kind: csv, path: samples.csv, classes: class}
model: {hidden: [4, 4], bias: true}
objective: {error: cross_entropy}
sweep: {beta: {from: 0.002, to: 0.3, points: 20, spacing: log}, direction: up}
branches: {starts: 2, levels: 1}
END
run spinodal branches samples.yaml -o samples.h5 -q
spinodal export samples.h5 --table specials >specials.csv
checks=$((checks + 1))
awk -F, '
    NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
    $c["is_continuous"] == -1 || $c["accuracy_after"] == "" { next }
    { flip = $c["accuracy_after"] - $c["accuracy"]; flips += flip * flip > 0.0004 && flip * flip < 0.0009
      large = flip > 0.03 || flip < -0.03 || $c["active_modes"] != $c["active_after"]
      if (flip * flip > 0 && !large && $c["change"] == "accuracy") { print; bad++ }
      kept += large && $c["change"] == "accuracy" }
    END { print flips + 0 " flips, " kept + 0 " changes"; exit bad > 0 || flips < 1 || kept < 1 }' specials.csv >judged.txt ||
    complain 'single samples are changes of accuracy, or there are none:' judged.txt
finish
