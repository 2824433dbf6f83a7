#!/bin/sh
# SPDX-License-Identifier: MIT
# Outputs appear whole or not at all, and never over something that was there, unless asked to.
. "$(dirname "$0")/harness.sh"
experiment >run.yaml

run spinodal sweep run.yaml -o run.h5
expect_status 0
expect_stdout '^run\.h5: [0-9]+ points$'
expect_folder . run.h5 run.yaml

# What is there stays, bit for bit.
cp run.h5 kept.h5
run spinodal sweep run.yaml -o run.h5
expect_stdout_empty
expect_stderr_lines 1
expect_stderr 'run.h5.*--force|--force.*run.h5'
[ "$status" -eq 2 ] || expect_status 5
expect_same run.h5 kept.h5
run spinodal sweep run.yaml -o run.h5 --force
expect_status 0
expect_folder . kept.h5 run.h5 run.yaml

# A folder that is not there.
run spinodal sweep run.yaml -o nowhere/run.h5
expect_failure 5 'nowhere'

# The disk fills up at any point: sizes of files are limited, in units of 512 bytes or 1 KiB.
for limit in 1 2 4 8 16; do
    run sh -c 'ulimit -f "$1"; "$2" sweep run.yaml -o full.h5' - "$limit" "$program"
    if [ "$status" -ne 0 ]; then
        expect_status 5
        expect_stderr 'full.h5'
        expect_no_file full.h5
    fi
    rm -f full.h5 full.h5.part
done
run sh -c 'ulimit -f 1; "$1" export run.h5 -o table.csv' - "$program"
expect_status 5
expect_no_file table.csv

# A run that goes on replaces nothing that was put at its output after the kill; without it, the run is finished.
run sh -c 'ulimit -f 16; "$1" sweep run.yaml -o later.h5' - "$program"
expect_status 5
if [ ! -e later.h5.part ]; then
    echo "no journal to go on with" >&2
    exit 1
fi
echo 'mine' >later.h5
cp later.h5 mine
run spinodal sweep run.yaml -o later.h5 --resume
expect_failure 5 'later.h5 exists and was not made by this run.*--resume --force'
expect_same later.h5 mine
run spinodal sweep run.yaml -o later.h5 --resume --force
expect_status 0
expect_no_file later.h5.part
run spinodal sweep run.yaml -o later.h5 --resume
expect_status 0
expect_stderr 'later.h5 is complete'

# Killed when the results were there and the journal still was: that is finished, too.
run sh -c 'ulimit -f 16; "$1" sweep run.yaml -o twice.h5' - "$program"
expect_status 5
cp kept.h5 twice.h5
run spinodal sweep run.yaml -o twice.h5 --resume
expect_status 0
expect_stderr 'twice.h5 is complete'
expect_no_file twice.h5.part

# The journal is not written through a link, the results are: to the file that the link names.
ln -s mine linked.h5.part
run spinodal sweep run.yaml -o linked.h5
expect_failure 5 'linked.h5.part is a symbolic link'
run spinodal sweep run.yaml -o linked.h5 --force
expect_failure 5 'linked.h5.part is a symbolic link'
echo 'mine' >again
expect_same mine again
ln -s nowhere.h5 dangling.h5
run spinodal sweep run.yaml -o dangling.h5 --force
expect_failure 5 'dangling.h5 is a symbolic link to a file that does not exist'

# Truncated or foreign results are refused.
head -c 1000 kept.h5 >cut.h5
run spinodal export cut.h5
expect_failure 3 'cut.h5'
echo 'not a result' >foreign.h5
run spinodal export foreign.h5
expect_failure 3 'foreign.h5'
run spinodal export gone.h5
expect_failure 5 'gone.h5'

# Standard output that cannot be written is noticed.
if [ -e /dev/full ]; then
    run sh -c '"$1" data run.yaml >/dev/full' - "$program"
    expect_status 5
fi
finish
