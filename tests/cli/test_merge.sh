#!/bin/sh
# SPDX-License-Identifier: MIT
# spinodal merge: journals of shares, wherever they lie, become the results of one process, byte for byte; otherwise one line
# that says what is wrong, and nothing is written.
. "$(dirname "$0")/harness.sh"

# Sections that the sweep does not depend on stand in its results, too.
experiment >run.yaml
printf 'branches: {starts: 3}\ngrok: {seeds: 2}\n' >>run.yaml
five='--set sweep.seeds=5 --threads 1 -q'
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o one.h5 $five
expect_status 0

# The first round of an array of jobs, whose journals are then copied away; one share is missing.
for share in 1/3 3/3; do
    # shellcheck disable=SC2086
    run spinodal sweep run.yaml -o shared.h5 $five --chain $share
    expect_status 0
done
run spinodal merge shared.h5.part.1 shared.h5.part.3
expect_failure 3 '2 of 5 chains up of seeds are missing or not at their end: 1, 4; .*spinodal sweep EXPERIMENT\.yaml -o shared\.h5 --resume, in shares'
expect_no_file shared.h5
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o shared.h5 $five --chain 2/3
expect_status 0
run spinodal merge shared.h5.part.1 shared.h5.part.2 shared.h5.part.3
expect_failure 3 'chains down of seeds are missing or not at their end: 0 to 4; '
expect_no_file shared.h5

# The second round by another number of shares, run as the line says; they are merged in any order, in another folder, after their
# folder has moved.
mkdir other far
for share in 1/2 2/2; do
    # shellcheck disable=SC2086
    run spinodal sweep run.yaml -o shared.h5 $five --chain $share --resume
    expect_status 0
done
cp shared.h5.part.2 far/b
mv shared.h5.part.1 shared.h5.part.3 other
run spinodal merge other/shared.h5.part.3 far/b other/shared.h5.part.1 -q
expect_status 0
expect_same one.h5 shared.h5
expect_folder other shared.h5.part.1 shared.h5.part.3
run spinodal merge far/b other/shared.h5.part.1 other/shared.h5.part.3
expect_failure 2 "-o RUN\.h5 is needed: 'far/b' does not end in \.part"
run spinodal merge other/shared.h5.part.1 other/shared.h5.part.3 far/b
expect_failure 5 'shared\.h5 exists; use --force'
run spinodal merge -f other/shared.h5.part.1 other/shared.h5.part.3 far/b
expect_status 0
expect_stdout '^shared\.h5: [0-9]+ points$'
cp "$stdout" answer
cp "$stderr" said
run spinodal sweep run.yaml -o shared.h5 --set sweep.seeds=5 --threads 1 --force
expect_status 0
expect_same "$stdout" answer
expect_same "$stderr" said
expect_same one.h5 shared.h5
run spinodal merge other/shared.h5.part.1 other/shared.h5.part.3 far/b -f -q --json
expect_status 0
expect_stdout '"answer"'

# A chain down without its chain up says what is missing as well.
run spinodal merge other/shared.h5.part.1 far/b -o no.h5
expect_failure 3 'chains up of seeds are missing or not at their end: '

# A run of one process that was cut off: its journal is a part, and so are those of another machine that went on with it.
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o torn.h5 $five --chain 1/1
cp torn.h5.part.1 whole.part
size=$(wc -c <whole.part)
head -c $((size - 1000)) whole.part >cut.part
run spinodal merge cut.part -o torn.h5
expect_failure 3 '[0-9]+ of [0-9]+ chains down of seeds are missing or not at their end: '
expect_no_file torn.h5
run spinodal merge whole.part -o torn.h5 -q
expect_status 0
expect_same one.h5 torn.h5
mv cut.part torn.h5.part
rm torn.h5 torn.h5.part.1
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o torn.h5 $five --chain 2/2 --resume
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o torn.h5 $five --chain 1/2 --resume
run spinodal merge torn.h5.part torn.h5.part.1 torn.h5.part.2 -q
expect_status 0
expect_same one.h5 torn.h5

# Twice the same part, parts of another experiment, damage, no part at all.
cp far/b far/copy
run spinodal merge other/shared.h5.part.1 other/shared.h5.part.3 far/b far/copy -o no.h5
expect_failure 3 'far/b and far/copy both have point 0 of job [0-9]+: they are the same part'
run spinodal merge far/b far/b -o no.h5
expect_status 3
expect_stderr '^warning: far/b is the same file as far/b: it counts once$'
expect_stderr '^spinodal: 3 of 5 chains up of seeds are missing'
# shellcheck disable=SC2086
run spinodal sweep run.yaml -o strange.h5 $five --chain 1/2 --set sweep.beta.points=9
run spinodal merge far/b strange.h5.part.1 -o no.h5
expect_failure 3 'far/b and strange\.h5\.part\.1 are parts of different experiments: "points: 8" and "points: 9"'
cp far/b damaged
printf 'xxxx' | dd of=damaged bs=1 seek=$(($(wc -c <damaged) / 2)) conv=notrunc 2>/dev/null
run spinodal merge other/shared.h5.part.1 other/shared.h5.part.3 damaged -o no.h5
expect_failure 3 'damaged is damaged at byte [0-9]+'
: >empty.part
run spinodal merge far/b empty.part -o no.h5
expect_failure 3 'empty\.part is too short for a journal'
run spinodal merge one.h5 -o no.h5
expect_failure 3 'one\.h5 is not a journal of spinodal'
run spinodal merge far/b missing.part -o no.h5
expect_failure 5 'missing\.part'
run spinodal merge far/b -o far/b --force
expect_failure 5 'far/b is the file that is read'
sed 's/^# run: sweep$/# run: slice/' far/b >odd.part
run spinodal merge odd.part -o no.h5
expect_failure 3 'odd\.part is damaged at byte'
expect_no_file no.h5

# Data of one's own: at the experiment's folder, found from anywhere; elsewhere at the current folder; other data are refused.
mkdir -p home/data away/data
run spinodal data run.yaml -o home/data/points.csv
sed 's|^  kind: gaussian|  kind: csv\n  path: data/points.csv\n  targets: [4, 5]|; /samples:\|inputs:\|outputs:\|correlations:\|moments:\|  seed: 1$/d' run.yaml >home/own.yaml
run spinodal sweep home/own.yaml -o own.h5 -q
expect_status 0
run spinodal sweep home/own.yaml -o part.h5 -q --chain 1/1
cp part.h5.part.1 away
run spinodal merge part.h5.part.1 -q
expect_status 0
expect_same own.h5 part.h5
cp home/data/points.csv away/data
mv home gone
cd away || exit 1
run spinodal merge part.h5.part.1 -q
expect_status 0
expect_same ../own.h5 part.h5
sed '$d' data/points.csv >fewer
mv fewer data/points.csv
run spinodal merge part.h5.part.1 -q -f
expect_failure 3 'part\.h5\.part\.1 was run with "data checksum [0-9a-f]+", here it is "data checksum [0-9a-f]+"'
rm data/points.csv
run spinodal merge part.h5.part.1 -q -f
expect_failure 5 'data/points\.csv'
cd ..

# Runs of training.
cp "$REPOSITORY/examples/grok.yaml" .
train='--set data.samples=60 --set grok.epochs=100 --set grok.seeds=2 --threads 1 -q'
# shellcheck disable=SC2086
run spinodal grok grok.yaml -o train.h5 $train
for share in 1/2 2/2; do
    # shellcheck disable=SC2086
    run spinodal grok grok.yaml -o trained.h5 $train --chain $share
done
run spinodal merge trained.h5.part.2
expect_failure 3 '[0-9]+ of [0-9]+ runs are missing or not at their end: 0.*spinodal grok EXPERIMENT'
run spinodal merge -q trained.h5.part.2 trained.h5.part.1
expect_same train.h5 trained.h5
finish
