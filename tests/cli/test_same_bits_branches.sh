#!/bin/sh
# SPDX-License-Identifier: MIT
# Branches have the same bits on every run, for any number of threads, whatever BLAS is told, and after kill -9
# and --resume; SIGTERM is obeyed at once. SPN_KILLS sets the number of kills (default 8).
. "$(dirname "$0")/harness.sh"
{
    experiment
    printf 'branches:\n  starts: 1\n  levels: 1\n'
} >run.yaml

run spinodal branches run.yaml -o one.h5 --threads 1
expect_status 0
for threads in 1 2; do
    OPENBLAS_NUM_THREADS=$threads
    export OPENBLAS_NUM_THREADS
    run spinodal branches run.yaml -o other.h5 --threads 3 --force
    expect_status 0
    expect_same one.h5 other.h5
done
unset OPENBLAS_NUM_THREADS

# Enough samples that threads share the sums over them.
sed "s/samples: 60/samples: 30000/" run.yaml >wide.yaml
run spinodal branches wide.yaml -o wide.h5 --threads 1 --set branches.points=10
expect_file wide.h5
run spinodal branches wide.yaml -o shared.h5 --threads 2 --set branches.points=10
expect_file shared.h5
expect_same wide.h5 shared.h5

# Killed when the journal has reached sizes spread over the run: a point takes more than 250 bytes of it.
run spinodal export one.h5
points=$(wc -l <"$stdout")
while more_kills 8; do
    rm -f killed.h5 killed.h5.part
    if killed_at $((points * 250 * (kills % 8 + 1) / 9)) killed.h5.part branches run.yaml -o killed.h5 -q; then
        run spinodal branches run.yaml -o killed.h5 --resume
        expect_status 0
        expect_stderr 'resuming: [0-9]+ points were done'
    fi
    expect_same one.h5 killed.h5
    expect_no_file killed.h5.part
done
expect_kills

# Asked to stop, it says how to go on.
rm -f killed.h5 killed.h5.part
"$program" branches run.yaml -o killed.h5 -q >/dev/null 2>talk.txt &
child=$!
while kill -0 "$child" 2>/dev/null && [ ! -s killed.h5.part ]; do
    sleep 0.02
done
kill -TERM "$child" 2>/dev/null
status=0
wait "$child" 2>/dev/null || status=$?
if [ -e killed.h5.part ]; then
    expect_status 130
    expect_text talk.txt 'killed.h5.part, go on with --resume'
    # Whatever stands at the end of the journal: a torn record is cut.
    printf 'torn' >>killed.h5.part
    run spinodal branches run.yaml -o killed.h5 --resume
    expect_status 0
    expect_same one.h5 killed.h5
fi
finish
