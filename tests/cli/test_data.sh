#!/bin/sh
# SPDX-License-Identifier: MIT
# `data` writes the data set that an experiment uses: with exact moments its means are 0 and its
# covariances (1/N) are the requested ones; here awk says so.
. "$(dirname "$0")/harness.sh"
experiment >run.yaml

run spinodal data run.yaml -o data.csv
expect_status 0
expect_stdout_empty
expect_folder . data.csv run.yaml
expect_text data.csv '^[^,]*[A-Za-z][^,]*(,[^,]+){4}$'

# Sums of 60 products of size 1 are right to about 1e-15 each; the tolerance leaves room for rounding
# in the transform that makes the moments exact.
run awk -F, '
    function off(found, wanted) { return found - wanted > 1e-12 || wanted - found > 1e-12 }
    NR == 1 { next }
    NF != 5 { print "line " NR " has " NF " fields"; exit 1 }
    {
        rows++
        for (i = 1; i <= 5; i++) {
            mean[i] += $i
            for (j = 1; j <= 5; j++)
                covariance[i, j] += $i * $j
        }
    }
    END {
        wanted[1, 4] = wanted[4, 1] = 0.9
        wanted[2, 5] = wanted[5, 2] = 0.5
        for (i = 1; i <= 5; i++) {
            wanted[i, i] = 1
            if (off(mean[i] / rows, 0))
                print "mean " i " is " mean[i] / rows
            for (j = 1; j <= 5; j++)
                if (off(covariance[i, j] / rows, wanted[i, j] + 0))
                    print "covariance " i " " j " is " covariance[i, j] / rows
        }
        if (rows != 60)
            print rows " rows"
    }' data.csv
expect_status 0
expect_stdout_empty

# The same on standard output; another seed gives other numbers; the table is read back as data.
run spinodal data run.yaml
expect_status 0
expect_same "$stdout" data.csv
run spinodal data run.yaml --set data.seed=2 -o other.csv
expect_status 0
checks=$((checks + 1))
if cmp -s data.csv other.csv; then
    complain "another seed gave the same data"
fi
sed -e '/^  kind:/,/^  seed:/d' -e 's/^data:/data:\n  kind: csv\n  path: data.csv\n  targets: [4, 5]/' \
    run.yaml >table.yaml
run spinodal data table.yaml -o again.csv
expect_status 0
expect_same data.csv again.csv
# What may not be written is refused before anything is read, in one line.
printf 'old\n' >there.csv
run spinodal data run.yaml -o there.csv --set data.kind=csv --set data.path=missing.csv
expect_failure 5 'there.csv exists'

# Words become inputs in each file by itself: the same ones, or the samples for testing are others. Without a header nothing else says so.
printf '%s\n' '1,blue,2' '2,green,3' '3,red,1' '4,blue,2' '5,green,3' '6,red,1' >train.csv
sed 's/blue/violet/' train.csv >test.csv
words='--set data.kind=csv --set data.path=train.csv --set data.targets=[3] --set data.test_path=test.csv'
sed '/^data:/,/^model:/{/^data:/b;/^model:/!d}; s/^data:/data: {header: no}/' run.yaml >words.yaml
# shellcheck disable=SC2086
run spinodal data words.yaml $words
expect_failure 3 "test.csv: input 2 is of the word 'green' where the training samples have the word 'blue': both files must have"
cp train.csv test.csv
# shellcheck disable=SC2086
run spinodal data words.yaml $words
expect_status 0
expect_stdout_lines 13
sed 's/blue/0/; s/green/1/; s/red/2/' train.csv | awk -F, -v OFS=, '{ print $1, $2, $2, $2, $3 }' >test.csv
# shellcheck disable=SC2086
run spinodal data words.yaml $words --set 'data.targets=[-1]'
expect_status 3
finish
