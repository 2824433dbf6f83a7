#!/bin/sh
# SPDX-License-Identifier: MIT
# A first experiment for a table: what it guesses of each kind of table, that it runs as it is, and each way to fail in one line.
. "$(dirname "$0")/harness.sh"

# Correlated columns on very different scales, the last one to be predicted.
awk 'BEGIN { print "area,rooms,price"
    for (i = 0; i < 40; i++) printf "%.1f,%.4f,%.3f\n", 900 + 700 * sin(1.7 * i), 3 + cos(2.3 * i), sin(1.7 * i) + 0.5 * cos(2.3 * i) + 0.1 * sin(11 * i) }' >houses.csv
run spinodal init houses.csv
expect_status 0
expect_stdout_empty
expect_stderr 'price is predicted, the last column'
expect_stderr 'houses.yaml is written'
expect_text houses.yaml '^  targets: \[price\]  # the last column'
expect_text houses.yaml '^  standardize: all  # deviations of the inputs: 0.7[0-9]* to 4[0-9]*'
expect_text houses.yaml '^  hidden: \[5, 5\]'
expect_text houses.yaml '^  error: mse '
expect_no_text houses.yaml 'test_share|columns|missing'
# The range holds the transitions of linear theory: from a twentieth of the first to 1.25 of the last, rounded away from them
# to two digits, by at most a tenth.
run spinodal theory houses.yaml --json
expect_status 0
tr -d ' \n' <"$stdout" | sed 's/.*"transitions":\[\([^]]*\)\].*/\1/' | tr '{' '\n' |
    sed -n 's/.*"spinodal_beta":\([0-9.e-]*\).*/\1/p' >spinodals
run awk 'NR == FNR { if (FNR == 1) first = $1; last = $1; n++; next }
    /beta.from:/ { from = $2 } /beta.to:/ { to = $2 }
    END { low = first / 20; high = 1.25 * last; e = 1e-6
        exit !(n > 0 && low >= from * (1 - e) && low < from * 1.1 + e && to >= high * (1 - e) && to < high * 1.1 + e) }' spinodals houses.yaml
expect_status 0
# As it is it runs; fewer points, so that it ends soon.
run spinodal check houses.yaml
expect_status 0
run spinodal sweep houses.yaml -o run.h5 --set sweep.beta.points=6 --set sweep.refine=false --set sweep.direction=up
expect_file run.h5
run spinodal init houses.csv
expect_failure 5 'houses.yaml.*exists.*--force'
run spinodal init houses.csv --force -q
expect_status 0
expect_stderr_empty
cp houses.yaml first.yaml
run spinodal init houses.csv -o -
expect_status 0
cp "$stdout" printed.yaml
expect_same first.yaml printed.yaml

# What is said replaces the guess, and stands in the file.
run spinodal init houses.csv -o - --set 'data.targets=[rooms, price]' --set model.hidden=[3] --set sweep.beta=[0.1,0.2] --set data.standardize=false
expect_status 0
expect_stdout '^  targets: \[rooms, price\]'
expect_stdout '^  hidden: \[3\]'
expect_stdout '^  beta: \[0.1, 0.2\]'
expect_no_text "$stdout" 'beta.from|standardize: all'

# Into another folder: the table is found from there. Elsewhere the program's own tables are, too.
mkdir deep
run spinodal init houses.csv -o deep/h.yaml
expect_status 0
run spinodal data deep/h.yaml -o deep/used.csv
expect_status 0
run spinodal init digits.csv -o digits.yaml
expect_status 0
expect_text digits.yaml '^  classes: digit  # labels .the last column.; of a quantity write targets: .digit.'
expect_text digits.yaml '^  standardize: inputs'
expect_text digits.yaml '^  test_share: 0.2'
expect_text digits.yaml '^  error: cross_entropy'
expect_text digits.yaml '^  hidden: \[16, 16\]'
expect_text digits.yaml '^  direction: up  # .*1482 parameters'
run spinodal theory digits.yaml
expect_status 0

# Words, a row index, names, a counter, missing cells, a target by its name.
awk 'BEGIN { print "id,who,colour,length,class,width"
    for (i = 0; i < 60; i++) printf "%d,name %d,%s,%s,%s,%.3f\n", i + 7, i, (i % 3 ? "red" : "blue"), (i % 30 == 4 ? "" : sin(i)), (i % 2 ? "owl" : "ant"), cos(3 * i) }' >birds.csv
run spinodal init birds.csv
expect_status 0
expect_stderr 'class is predicted; another'
expect_stderr 'left out: id \(counts the rows\), who \(too many different words\)'
expect_text birds.yaml '^  columns: \[colour, length, width\]'
expect_text birds.yaml '^  classes: class  # labels; of'
expect_text birds.yaml '^  missing: drop  # 2 of 60 rows'
run spinodal data birds.yaml -o used.csv
expect_status 0
expect_stderr '58 samples, 4 inputs'
run spinodal check birds.yaml
expect_status 0

# No header, semicolons, decimal commas; many gaps; names that are numbers.
awk 'BEGIN { for (i = 0; i < 30; i++) printf "%s;%s;%s\n", i % 4 ? sin(i) : "", cos(i), sin(i) + cos(2 * i) }' | tr . , >plain.csv
run spinodal init plain.csv
expect_status 0
expect_text plain.yaml '^  targets: \["?3"?\]'
expect_text plain.yaml '^  missing: mean'
run spinodal check plain.yaml
expect_status 0
awk 'BEGIN { print "3,1,2"; for (i = 0; i < 30; i++) print sin(i) "," cos(i) "," sin(i) * cos(i) + sin(2.5 * i) }' >numbers.csv
run spinodal init numbers.csv -o numbers.yaml --set data.header=yes
expect_status 0
expect_text numbers.yaml 'targets: \["?name=2"?\]'
run spinodal data numbers.yaml -o numbers-used.csv
expect_status 0

# An activation with a kink has no linear theory: the bound stands in.
run spinodal init houses.csv -o - --set model.activation=relu
expect_stdout 'beta.to: .*# above .* nothing that is linear'

# Names cannot break out of a comment.
printf '"a\n#b: [",y\n' >odd.csv
awk 'BEGIN { for (i = 0; i < 20; i++) printf "%d,%.3f\n", i + 1, sin(i) + i }' >>odd.csv
run spinodal init odd.csv --set 'data.columns=[1]'
expect_status 0
run spinodal data odd.yaml -o odd-used.csv
expect_status 0

printf 'a\n1\n2\n' >one.csv
run spinodal init one.csv
expect_failure 3 'one.csv: has one column'
run spinodal init absent.csv
expect_failure 5 'absent.csv'
printf 'a,b\n1,5\n2,5\n3,5\n' >constant.csv
run spinodal init constant.csv
expect_status 3
expect_stdout_empty
expect_no_file constant.yaml
printf 'a,b\n1,2\n3\n' >torn.csv
run spinodal init torn.csv
expect_failure 3 'torn.csv: line 3 has 1 cells'
run spinodal init houses.csv -o x.yaml --set data.targets=[prize]
expect_failure 3 "data.targets: .*no column 'prize'.*price"
run spinodal init houses.csv -o x.yaml --set data.kind=npz
expect_failure 3 'an experiment is made for tables'
run spinodal init
expect_failure 2 'missing argument'
expect_no_file x.yaml

# Numbers as a spreadsheet shows them are no words: what, where, and what to do. As the target they are refused.
printf 'a,b,c,price\n"1,234.5",12 %%,5,3\n"2,000.5",15 %%,6,4\n"3,100.25",11 %%,9,5\n4.5,2%%,1,9\n' >sheet.csv
run spinodal init sheet.csv -o 'my sheet.yaml'
expect_status 0
expect_stderr 'warning: sheet\.csv: line 2, column a: "1,234\.5" is not a number \(leave out what divides thousands, and use a decimal point\); as it is the column is left out'
expect_stderr 'warning: sheet\.csv: line 2, column b: "12 %" is not a number \(leave the percent sign out in the whole column\); as'
expect_text 'my sheet.yaml' '^  columns: \[c\]'
# The line that says how to go on can be given to a shell.
expect_stderr "next: spinodal theory 'my sheet\.yaml', then spinodal sweep 'my sheet\.yaml'$"
printf 'a,price\n1,"1,5"\n2,"2,5"\n3,"3,25"\n4,"9,25"\n' >comma.csv
run spinodal init comma.csv
expect_status 3
expect_stderr 'comma\.csv: line 2, column price, which is to be predicted: "1,5" is not a number \(use a decimal point\)'
run spinodal init comma.csv --set data.targets=[price]
expect_status 3
expect_stderr 'comma\.csv: line 2, column 2 \(price\): "1,5" is not a number \(use a decimal point\)$'
expect_no_file comma.yaml
run spinodal init comma.csv --set data.classes=price
expect_status 0

# The table itself is not replaced, whatever is said.
cp houses.csv kept.csv
run spinodal init kept.csv -f -o kept.csv
expect_status 5
expect_same houses.csv kept.csv

# Written elsewhere, it reads the very files that it was made from.
mkdir elsewhere
head -n 5 houses.csv >few.csv
run spinodal init houses.csv -o elsewhere/houses.yaml --set data.test_path=few.csv
expect_status 0
run spinodal data elsewhere/houses.yaml -o elsewhere/used.csv
expect_status 0
expect_text elsewhere/houses.yaml "test_path: ['\"]?/.*/few\.csv"
run spinodal init houses.csv -o here.yaml --set data.test_path=few.csv
expect_text here.yaml "test_path: ['\"]?few\.csv"
finish
