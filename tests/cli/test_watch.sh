#!/bin/sh
# SPDX-License-Identifier: MIT
# The command `watch`: a run that goes on, one that was interrupted, one that is over, and what is none.
. "$(dirname "$0")/harness.sh"
export LC_ALL=C.UTF-8

# A run long enough to be looked at however busy the machine is.
experiment >small.yaml
"$program" sweep small.yaml -o run.h5 -q --threads 1 --set sweep.beta.points=100000 --set sweep.refine=false \
    --set data.samples=3000 --set 'model.hidden=[8, 8]' >/dev/null 2>&1 &
runner=$!
trap 'kill -KILL $runner 2>/dev/null; chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
tries=0
until spinodal watch run.h5 2>/dev/null | grep -Eq '^sweep, ([2-9]|[0-9]{2,}) points' || ! kill -0 $runner ||
    [ $tries -gt 2000 ]; do
    tries=$((tries + 1))
    sleep 0.1
done
run spinodal watch run.h5
expect_status 0
expect_stdout '^sweep, [0-9]+ points'
expect_stdout '^seed 0, up, beta 0\.[0-9]+, [0-9]+ modes?$'
expect_stdout '^E       [▁▂▃▄▅▆▇█ ]+ [0-9.]+ \.\. [0-9.]+$'
run grep -c "$(printf '\033')" "$stdout"
expect_stdout '^0$'
run spinodal report run.h5
expect_failure 5 'run\.h5 is not there yet: the run that writes it goes on \(run\.h5\.part\); .spinodal watch run\.h5'
# Elsewhere the curve is ASCII.
run env LC_ALL=C "$program" watch run.h5
expect_stdout '^E       [_.:=+*# -]+ [0-9.]+ \.\. [0-9.]+$'

# In a terminal it stays, and no line is wider than that.
if command -v script >/dev/null 2>&1 && TERM=xterm script -qec true /dev/null </dev/null >/dev/null 2>&1; then
    for columns in 20 40; do
        # Emptied before it is looked at: the process in the background may open it later than the first look.
        : >typed
        TERM=xterm script -qec "stty cols $columns; timeout 300 '$program' watch run.h5" /dev/null </dev/null >>typed 2>/dev/null &
        screen=$!
        tries=0
        until [ "$(wc -l <typed)" -ge 6 ] || [ $tries -gt 4000 ]; do
            tries=$((tries + 1))
            sleep 0.05
        done
        sed '$d' typed >seen # but for a line that is being written
        kill -TERM $screen 2>/dev/null
        wait $screen
        escape=$(printf '\033')
        tr -d '\r' <seen | sed "s/$escape\\[[0-9]*[A-Z]//g" >lines
        run env LC_ALL=C.UTF-8 awk -v most="$columns" '
            function width(line) { gsub(/[\200-\277]/, "", line); return length(line) }
            width($0) > most { print; bad = 1 } END { exit bad || NR < 3 }' lines
        expect_status 0
    done
    TERM=dumb script -qec "timeout 60 '$program' watch run.h5" /dev/null </dev/null >typed
    run grep -c "$escape" typed
    expect_stdout '^0$'
fi

# The page of what there is, which a browser reads again; the last one does not.
"$program" watch run.h5 --report -o page.html >/dev/null 2>&1 &
watcher=$!
tries=0
until [ -e page.html ] || [ $tries -gt 2000 ]; do
    tries=$((tries + 1))
    sleep 0.1
done
run grep -c '<meta http-equiv="refresh" content="10">' page.html
expect_stdout '^1$'
expect_text page.html '<h1>This run goes on: [0-9]+ points?(, [0-9]+ jumps?)? so far\.</h1>'
expect_text page.html '<p>Phases and transitions, with their order, are told when it has ended; this page is read again'
kill -TERM $watcher
wait $watcher

# Interrupted.
kill -TERM $runner
wait $runner
run spinodal watch run.h5
expect_status 0
expect_stdout 'does not go on at present; --resume'
head -c 100000 run.h5.part >cut.h5.part
run spinodal watch cut.h5
expect_status 0
expect_stdout '^sweep, [0-9]+ points'

# Over.
run spinodal sweep small.yaml -o over.h5 -q
run spinodal watch over.h5 --report -o over.html
expect_status 0
expect_stdout 'over\.h5 is complete'
run grep -c 'http-equiv="refresh"' over.html
expect_stdout '^0$'
expect_no_text over.html 'This run'

# Shares of a run have a journal each: all are watched together, by the name of the results or of any of them.
for share in 3/3 1/3; do
    run spinodal sweep small.yaml -o shared.h5 -q --set sweep.seeds=5 --set sweep.direction=up --chain $share
done
run spinodal watch shared.h5
expect_status 0
expect_stdout '^sweep, 24 points(, [0-9]+ jumps?)?, 2 journals \(0 being written\)$'
expect_stdout 'does not go on at present; --resume'
cp "$stdout" both
run spinodal watch shared.h5.part.3
expect_same "$stdout" both
run spinodal sweep small.yaml -o shared.h5 -q --set sweep.seeds=5 --set sweep.direction=up --chain 2/3
run spinodal watch shared.h5
expect_stdout '^sweep, 40 points(, [0-9]+ jumps?)?, 3 journals'
run spinodal watch shared.h5 --report -o shared.html
expect_text shared.html '<h1>This run was not finished: 40 points.* so far\.</h1>'
run spinodal watch shared.h5 --report -o shared.h5.part.2 --force
expect_failure 2 'cannot go where'

# Without a terminal nothing is cut, and nothing is wider than COLUMNS asks for as long as there is a comma to break at.
run env COLUMNS=30 "$program" watch shared.h5
expect_stdout '^sweep, 40 points'
expect_stdout '^3 journals \(0 being written\)$'
grep -v 'does not go on' "$stdout" >lines
run awk '{ gsub(/[\200-\277]/, "") } length($0) > 30 { print; bad = 1 } END { exit bad }' lines
expect_status 0
run env COLUMNS=1 "$program" watch shared.h5
expect_stdout '^E        [0-9.e+-]+ \.\. [0-9.e+-]+$'
run env COLUMNS=wide "$program" watch shared.h5
expect_stdout '^sweep, 40 points(, [0-9]+ jumps?)?, 3 journals \(0 being written\)$'

# Whoever wants the results of a run that has not ended is told so, and how to have them.
unfinished="shared\\.h5 is not there yet: the run that writes it was not finished \\(shared\\.h5\\.part\\.1, \\.\\.\\.\\); "
unfinished="$unfinished'spinodal watch shared\\.h5' shows what there is, the command that began it finishes it with --resume"
for reader in report plot transitions export; do
    run spinodal $reader shared.h5
    expect_failure 5 "$unfinished"
    run spinodal $reader shared.h5.part.2
    expect_failure 3 'shared\.h5\.part\.2 is the journal of a run that was not finished, not its results: .spinodal watch'
done
expect_no_file shared
expect_no_file shared.part
# Nor is it an experiment, and no more are results.
for command in sweep branches data geometry; do
    run spinodal $command shared.h5.part.2
    expect_failure 3 'shared\.h5\.part\.2 is the journal of a run that was not finished, not an experiment: the command that began the run finishes it with --resume'
done
run spinodal sweep small.yaml -o small.h5 -q --set sweep.beta.points=3
run spinodal sweep small.h5
expect_failure 3 'small\.h5 holds results, not an experiment: transitions, plot, report and export read them'
run spinodal slice small.yaml -o no.h5 --set slice.results=shared.h5 --set 'slice.through=[0 modes, 1 mode]'
expect_failure 5 "$unfinished"
run spinodal report none.h5
expect_failure 5 '^spinodal: cannot open none\.h5: No such file'
run spinodal sweep small.yaml -o shared.h5 -q --set sweep.seeds=5 --set sweep.direction=up --resume
expect_status 0
run spinodal watch shared.h5.part.2
expect_stdout '^shared\.h5 is complete$'

# A network that has vanished has neither length nor curvature, whatever its last digits are.
run spinodal sweep small.yaml -o vanished.h5 -q --set sweep.seeds=2 --chain 1/2
expect_status 0
run spinodal watch vanished.h5
expect_stdout '^\|theta\| .* 0 \.\. [0-9.]+$'
expect_stdout '^R .* 0 \.\. [0-9.]+$'

# No run.
run spinodal watch none.h5
expect_failure 5 'no run writes none\.h5'
echo hello >text.h5.part
run spinodal watch text.h5
expect_failure 3 'text\.h5\.part is too short'
sed 's/journal format 3/journal format 1/' run.h5.part >other.h5.part
run spinodal watch other.h5
expect_failure 3 'other\.h5\.part'
run spinodal watch over.h5 --report
expect_failure 2 'needs -o PAGE\.html'
run spinodal watch over.h5 --report -o over.h5
expect_failure 2 'cannot go where'

# Nothing of another is replaced unless it is said; what a run writes is named by either name; a file that is no results is
# not complete.
echo precious >precious.html
run spinodal watch over.h5 --report -o precious.html
expect_failure 5 'precious\.html exists; use --force'
expect_text precious.html '^precious$'
run spinodal watch over.h5 --report -o precious.html --force
expect_status 0
run spinodal watch over.h5.part
expect_status 0
expect_stdout 'over\.h5 is complete'
run spinodal watch small.yaml
expect_failure 3 'small\.yaml'
finish
