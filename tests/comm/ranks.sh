# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What every test of ranks sources: tests/comm/test_<what>.sh PROGRAM RANKS_PROGRAM RUNNER, in the scratch folder of the harness.
#
#   run ranks 3 sweep run.yaml ...      # spinodal-mpi on three ranks
#   start 3 sweep run.yaml ...          # the same in the background, as $running; signal 9 2: to the second of them
#   expect_one_line 5 'line'            # status, and one line of ours, whatever mpirun says beside it
if [ "${2:--}" = - ]; then
    echo "skipped: neither Open MPI nor MPICH is installed (tools/setup.sh mpi)"
    exit 77
fi
ranks_program=$2
runner=$3
. "$(dirname "$0")/../cli/harness.sh"

flags=
if "$runner" --version 2>/dev/null | grep -q 'Open MPI\|OpenRTE'; then
    flags='--oversubscribe'
    [ "$(id -u)" -ne 0 ] || flags="$flags --allow-run-as-root"
    # Without the rights that containers withhold, and without a word about it.
    export OMPI_MCA_btl_vader_single_copy_mechanism=none OMPI_MCA_plm_rsh_agent=
fi
export ASAN_OPTIONS="detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}"

# ranks NUMBER ARGUMENTS...
ranks() {
    number=$1
    shift
    # shellcheck disable=SC2086
    timeout "${SPN_RANKS_SECONDS:-600}" "$runner" $flags -n "$number" "$ranks_program" "$@"
}

# What mpirun says about a rank that failed is not ours.
ours() {
    grep -c '^spinodal\|^rank ' "$stderr"
}

expect_one_line() {
    expect_status "$1"
    expect_stderr "$2"
    checks=$((checks + 1))
    [ "$(ours)" -eq 1 ] || complain "$(ours) lines instead of one:" "$stderr"
}

# start NUMBER ARGUMENTS...: in the background, as $running; what the ranks say goes to `told`. Each writes down its process, as a file
# pids/PID, before it becomes the program.
start() {
    number=$1
    shift
    rm -rf pids
    mkdir pids
    printf '#!/bin/sh\necho $$ >"pids/$$"\nexec "$@"\n' >noted
    chmod +x noted
    # shellcheck disable=SC2086
    "$runner" $flags -n "$number" ./noted "$ranks_program" "$@" >/dev/null 2>told &
    running=$!
}

# until_larger FILE BYTES: wait for that, or for the end of the ranks. Beyond 20000 bytes a journal has more than its head, which is the
# experiment: some points are in it.
until_larger() {
    tries=0
    while kill -0 $running 2>/dev/null && [ "$(wc -c 2>/dev/null <"$1" || echo 0)" -le "$2" ] && [ $tries -lt 4000 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
}

# signal SIGNAL [NUMBER]: to all ranks, or to the NUMBERth.
signal() {
    for pid in $(find pids -type f | sort | sed -n "s|pids/||;${2:-}p"); do
        kill "-$1" "$pid" 2>/dev/null
    done
}
