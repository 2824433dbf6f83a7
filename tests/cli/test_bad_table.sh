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
refused 's/^3,5,1/3,1e999,1/' 'table.csv.*4'
refused 's/^3,5,1/3,5/' 'table.csv.*4'
refused 's/^3,5,1/3,5,1,9/' 'table.csv.*4'
refused 's/^3,5,1/3,,1/' 'table.csv.*4'
refused 'd' 'table.csv.*empty'
refused '2,$d' 'table.csv'
refused '1s/y/z/' '(^|[^a-z])y([^a-z]|$)'
refused 's/^\([0-9]\),[0-9]/\1,2/' 'constant|b'

rm table.csv
run spinodal sweep table.yaml -o run.h5
expect_failure 5 'table.csv'
finish
