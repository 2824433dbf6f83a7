#!/bin/sh
# SPDX-License-Identifier: MIT
# A fault in a table of data is one line that names file, row and column; the exit status is 3 and
# nothing is left behind.
. "$(dirname "$0")/harness.sh"

{
    cat <<'YAML'
data:
  kind: csv
  path: table.csv
  targets: [y]
  standardize: true
model:
YAML
    experiment | sed '1,/^model:/d'
} >table.yaml

good() {
    cat <<'CSV'
a,b,y
1,2,3
2,1,5
3,5,1
4,3,2
0,1,7
5,2,4
CSV
}

good >table.csv
run spinodal check table.yaml
expect_status 0

# refused SED-SCRIPT PATTERN: the table changed by sed is refused so.
refused() {
    good | sed -e "$1" >table.csv
    run spinodal sweep table.yaml -o run.h5
    expect_failure 3 "$2"
    expect_folder . table.csv table.yaml
}
refused 's/^3,5,1/3,five,1/' 'table.csv.*4.*(b|2).*five|five.*table.csv'
refused 's/^3,5,1/3,nan,1/' 'table.csv.*4'
refused 's/^3,5,1/3,1e999,1/' 'table.csv: line 4, column 2 .b.: "1e999" is out of range: numbers end at 1.79'
refused 's/^3,5,1/3,5/' 'table.csv.*4'
refused 's/^3,5,1/3,5,1,9/' 'table.csv.*4'
refused 's/^3,5,1/3,,1/' 'table.csv.*4'
refused 'd' 'table.csv.*empty'
refused '2,$d' 'table.csv'
refused '1s/y/z/' '(^|[^a-z])y([^a-z]|$)'
refused 's/^[0-9],[0-9]/1,2/' 'table.csv: input 2 \(b\) is constant, as all inputs are'
refused 's/[0-9]$/2/' 'table.csv: target 1 \(y\) is constant'

# One input of two may be constant: it becomes 0, and that is said.
good | sed 's/^\([0-9]\),[0-9]/\1,2/' >table.csv
run spinodal data table.yaml
expect_status 0
expect_stderr '^table.csv: 6 samples, 2 inputs \(1 constant, standardized to 0\), 1 target'
expect_stdout '^[-0-9.]+,0,[-0-9.]+$'
run spinodal data table.yaml --json
expect_stdout '"constant_inputs": 1'
run spinodal check table.yaml
expect_status 0

# Inputs standardized and targets centred: each column as that key alone makes it (numbers of order 1: to a few roundings).
good >table.csv
for change in 'standardize=inputs center=false' 'standardize=false center=all' 'standardize=inputs center=all'; do
    run spinodal data table.yaml --set "data.${change% *}" --set "data.${change#* }" -q
    expect_status 0
    cp "$stdout" "${change% *}-${change#* }.txt"
done
cut -d, -f 1,2 standardize=inputs-center=false.txt >inputs
cut -d, -f 3 standardize=false-center=all.txt >targets
paste -d, inputs targets standardize=inputs-center=all.txt >both
checks=$((checks + 1))
awk -F, 'NR > 1 { for (i = 1; i <= 3; i++) bad += ($i - $(i + 3)) ^ 2 > 1e-30 } END { exit !(NR == 7 && bad == 0) }' both ||
    complain 'columns differ:' both
rm -- *.txt inputs targets both
sed 's/standardize: true/standardize: inputs/; s/error: mse/error: cross_entropy/' table.yaml >entropy.yaml
run spinodal check entropy.yaml --set data.center=all
expect_failure 3 'data.center: changes the targets.*; write center: none'

rm table.csv
run spinodal sweep table.yaml -o run.h5
expect_failure 5 'table.csv'
finish
