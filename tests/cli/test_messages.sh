#!/bin/sh
# SPDX-License-Identifier: MIT
# What the program says and does not say: names with control characters, -q, readers that leave, signals that
# were ignored before, memory that is not to be had.
. "$(dirname "$0")/harness.sh"
experiment | sed 's/seeds: .*/seeds: 1/' >run.yaml

# A name cannot move the cursor, ring the bell or hide what stands behind it.
bad=$(printf 'no\033[2Jsuch\007\nfile.yaml')
run spinodal sweep "$bad"
expect_failure 5 'no\\x1b\[2Jsuch\\x07\\x0afile.yaml'
run spinodal "$bad"
expect_failure 2 "unknown command 'no\\\\x1b\[2Jsuch"
run spinodal sweep run.yaml "$(printf 'a\302\233b\377')"
expect_failure 2 "unexpected argument 'a\\\\xc2\\\\x9bb\\\\xff'"
run spinodal sweep 'Größe β.yaml'
expect_failure 5 'Größe β.yaml'

# -q: errors only, whatever the outcome.
run spinodal sweep run.yaml -o run.h5 -q
expect_status 0
expect_stdout_empty
expect_stderr_empty
run spinodal sweep run.yaml -o poor.h5 -q --set solver.method=gd --set solver.max_iterations=3 --set sweep.refine=false
expect_status 1
expect_stderr_empty
run spinodal branches run.yaml -o branches.h5 -q --set branches.points=3 --set branches.starts=0
expect_status 1
expect_stderr_empty
run spinodal grok run.yaml -o grok.h5 -q --set grok.beta=0.01 --set grok.epochs=20
expect_stderr_empty
run spinodal data run.yaml -o data.csv -q
expect_status 0
expect_stderr_empty
run spinodal plot run.h5 -o figures -q
expect_status 0
expect_stderr_empty
run spinodal sweep missing.yaml -q
expect_failure 5 missing.yaml

# A reader that has seen enough is no failure.
unread() {
    { "$@" 2>told; echo $? >ended; } | true
    [ "$(cat ended)" -eq 0 ] && [ ! -s told ] || {
        cat ended told
        return 1
    }
}
run unread spinodal export run.h5 --table theta
expect_status 0
run unread spinodal transitions run.h5 --json
expect_status 0
run unread spinodal geometry run.yaml --json
expect_status 0
run unread spinodal help reference
expect_status 0
if [ -c /dev/full ]; then
    full() {
        "$@" >/dev/full
    }
    run full spinodal export run.h5
    expect_failure 5 'standard output.*No space left'
fi

# What was ignored stays ignored (nohup, a job in the background); what was not ends the run, which can go on.
(
    trap '' HUP INT
    exec "$program" sweep run.yaml -o long.h5 -q --set sweep.beta.points=100000 --threads 1
) 2>told &
runner=$!
while kill -0 $runner 2>/dev/null && [ ! -s long.h5.part ]; do
    sleep 0.1
done
kill -HUP $runner
kill -INT $runner
sleep 0.5
run kill -0 $runner
expect_status 0
kill -TERM $runner
status=0
wait $runner || status=$?
command_line='kill -TERM'
expect_status 130
cp told "$stderr"
expect_stderr_lines 1
expect_stderr 'long.h5.part, go on with --resume'

# Too little memory for linear algebra, which would wait for ever: a line and an end. Sanitizers need more
# than any such limit themselves.
limited() {
    (ulimit -v "$1" && shift && timeout 60 "$program" "$@")
}
if limited 4000000 --version >/dev/null 2>&1; then
    run limited 150000 theory run.yaml
    expect_failure 4 'out of memory: linear algebra needs [0-9]+ MiB.*ulimit -v'
    run limited 150000 --version
    expect_failure 4 'out of memory'
    # Some releases of OpenBLAS wait as soon as they are loaded, some later, some with threads only.
    for limit in 150000 250000 350000 450000; do
        code=0
        limited $limit --version >told 2>&1 || code=$?
        command_line="ulimit -v $limit"
        run test $code -eq 0 -o $code -eq 4
        expect_status 0
        run test "$(wc -l <told)" -eq 1
        expect_status 0
    done
    frugal() {
        (
            export OPENBLAS_NUM_THREADS=1
            limited "$@"
        )
    }
    run frugal 450000 --version
    expect_status 0
    run limited 1000000 sweep run.yaml -o x.h5 --threads 16
    expect_failure 4 'our 16 threads.*--threads 1'
    run limited 2000000 theory run.yaml --json
    expect_status 0
fi
finish
