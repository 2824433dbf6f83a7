#!/bin/sh
# SPDX-License-Identifier: MIT
# `reproduce` and its index: numbers are those of the results files, links lead somewhere, equal runs give equal
# bytes, and what is missing, interrupted or failed is said.
. "$(dirname "$0")/harness.sh"
command -v gnuplot >/dev/null 2>&1 || {
    echo "gnuplot is not installed: skipped"
    exit 77
}

# Few samples and points. The linear network has closed forms, which the index shows beside what was measured.
small='--set data.samples=60 --set sweep.beta.points=40 --set slice.points=21 --set model.activation=linear'

# expect_links FOLDER: every link and picture of the index is a file there, or a heading of the page.
expect_links() {
    grep -o '](\([^)]*\))' "$1/index.md" | sed 's/^](//; s/)$//' | sort -u >links
    while read -r link; do
        checks=$((checks + 1))
        case $link in
        '#'*) grep -qx "## ${link#?}" "$1/index.md" || complain "no heading for $link" ;;
        *) [ -s "$1/$link" ] || complain "the link $link leads nowhere" ;;
        esac
    done <links
    checks=$((checks + 1))
    [ "$(wc -l <links)" -gt 3 ] || complain "hardly any links" links
}

# expect_tables PAGE: rows have as many cells as the line below their head, or nothing shows them as a table.
expect_tables() {
    checks=$((checks + 1))
    said=$(sed 's/\\|//g' "$1" | awk -F'|' '
        /^\|/ { if (!inside) { cells = NF; inside = 1 } else if (NF != cells) print NR ": " $0; next }
        { inside = 0 }')
    [ -z "$said" ] || complain "broken rows: $said"
}

# section NAME PAGE
section() {
    awk -v name="## $1" '/^## / { on = $0 == name } on' "$2"
}

# expect_cell FILE WORDS: a row of a table holds all these cells.
expect_rows_of() {
    page=$1
    while IFS= read -r row; do
        checks=$((checks + 1))
        grep -qF -e "$row" "$page" || complain "no row with: $row" "$page"
    done
}

# shellcheck disable=SC2086
run spinodal reproduce paper -o a $small
expect_status 0
expect_stderr 'a/index.md lists what is there'
expect_links a
expect_tables a/index.md
expect_text a/index.md '^\| \[fig1\]\(#fig1\) \| .* \| made, checks passed \|$'
expect_text a/index.md '^Not made here: `spinodal reproduce order`, `spinodal reproduce complexity`'
expect_text a/index.md '^!\[.*\]\(fig1-plane.png\)$'
expect_text a/index.md '^spinodal reproduce fig2 --set data.samples=60 --set model.activation=linear --set sweep.beta.points=40'
expect_text a/index.md '^\| \[fig2.h5\]\(fig2.h5\) \| sweep \| 60 \| 50 \| 1 \| .* `data.samples=60` .*`sweep.beta.points=40`'
section fig2 a/index.md >fig2.md
section fig1 a/index.md >fig1.md

# Figure 2: each transition with its beta, interval, E and |theta|, as the table of `transitions` has them.
run spinodal transitions a/fig2.h5 --json
expect_status 0
cp "$stdout" transitions.json
number='[-+.0-9e]*'
tr -d '\n' <transitions.json | sed 's/"crossings".*//' | tr '{' '\n' |
    sed -n "s/.*\"beta\": *\($number\),.*\"beta_low\": *\($number\),.*\"beta_high\": *\($number\),.*/\1 \2 \3/p" \
        >betas
checks=$((checks + 1))
[ "$(grep -c . betas)" -ge 4 ] || complain "too few transitions" betas
awk '{ printf "| %.9g | %.2g |\n", $1, ($3 - $2) / 2 }' betas >rows
expect_rows_of fig2.md <rows

# The same numbers stand in the CSV file.
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    { printf "| %.9g | %.2g |\n", $at["beta"], ($at["beta_high"] - $at["beta_low"]) / 2 }' \
    a/fig2-transitions.csv >again
expect_same rows again

# A linear network on whitened data: T13 and T20 are exact, so that the predicted beta lies within the measured
# interval, but for the ninth digit of what is printed.
awk -F' *[|] *' '
    function off(a, b, e) { return a == "-" || (a - b) ^ 2 > (e + 1e-9) ^ 2 }
    /^\| (Maxwell|spinodal up) \| [0-9] → [0-9] \|/ && NF == 12 {
        rows++
        if (off($4, $8, $5) || off($4, $10, $5)) print "beta " $0
        if ($6 != "1st" || $7 != "1st") print "order " $0
    }
    END { if (rows != 4) print rows " rows beside theory" }' fig2.md >said
checks=$((checks + 1))
[ ! -s said ] || complain "Figure 2 and linear theory:" said
expect_text fig2.md 'What the predictions are worth: exact'

# Figure 1: Maxwell point, minima and the barrier are those of T11 and T13. The curve of the potential is interpolated
# with exact slopes, its error is of fourth order in steps of a hundredth: 1e-5 leaves room.
awk -F' *[|] *' '
    function off(a, b, e) { return a == "-" || (a - b) ^ 2 > e ^ 2 }
    /^\| [0-9.]+ \| [0-9.]+ \|/ && NF == 7 { maxwell++; if (off($2, $3, 1e-9) || off($2, $5, 1e-9)) print "Maxwell " $0 }
    /^\| [0-9.]+ \| [0-9.]+ \|/ && NF == 9 {
        lines++
        if (off($5, $6, 1e-6) || off($7, $8, 1e-5) || $7 <= 0) print "barrier " $0
    }
    END { if (maxwell != 1 || lines != 3) print maxwell " and " lines " rows" }' fig1.md >said
checks=$((checks + 1))
[ ! -s said ] || complain "Figure 1 and linear theory:" said
spinodal export a/fig1.h5 --table slices >slices.csv
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    NR <= 4 { printf "| %.9g | \n", $at["beta"] }' slices.csv | sed 's/ $//' >rows
expect_rows_of fig1.md <rows

# The same bytes again: on one thread, in another folder, and when nothing is left to do.
# shellcheck disable=SC2086
run spinodal reproduce paper -q -o b --threads 1 $small
expect_status 0
expect_same a/index.md b/index.md
cp a/index.md before.md
# shellcheck disable=SC2086
run spinodal reproduce paper -o a --threads 2 --resume $small
expect_status 0
expect_stderr 'a/fig2.h5 is complete: nothing to resume'
expect_stderr 'a/fig1.h5 is complete: nothing to resume'
expect_same a/index.md before.md

# A family joins the page of its folder; numbers as in its CSV.
run spinodal reproduce order -q -o a --set data.samples=60 --seed 2
expect_status 0
expect_links a
expect_tables a/index.md
section order a/index.md >order.md
# Each measured place as it is read: it covers the interval of the CSV, and not much more.
checks=$((checks + 1))
awk -F '|' 'FNR == NR { if (/ ± /) page[++rows] = $0; next }
FNR == 1 { FS = ","; next }
$8 != "" {
    split(page[++row], cell, "|"); split(cell[8], shown, " ± ")
    value = shown[1] + 0; error = shown[2] + 0
    low = value - $9; high = $10 - value; half = low > high ? low : high
    if (sprintf(" %.9g ", $7) != cell[7] || sprintf(" %s ", $12) != cell[10] || sprintf(" %s ", $13) != cell[11] ||
        error < half * (1 - 1e-9) || error > 1.2 * half) {
        print "CSV: " $0 " page: " page[row]; bad = 1
    }
}
END { exit bad || row == 0 || row != rows }' order.md a/order.csv >rows 2>&1 || complain "page and CSV differ:" rows
expect_text order.md '^spinodal reproduce order --set model.init.seed=2 --set data.samples=60$'
section fig2 a/index.md >again.md
expect_same fig2.md again.md

# Refused before anything is made, the page as it was.
cp a/index.md before.md
run spinodal reproduce all -o a
expect_failure 5 'a/fig1.h5 exists.*--force'
run spinodal reproduce all -o new --set sweep.beta.pionts=3
expect_failure 3 "did you mean 'beta.points'"
expect_no_file new
run spinodal reproduce ordre -o new
expect_failure 2 "unknown target 'ordre', did you mean 'order'\?; there are: fig1, fig2, .*order, complexity, .*paper, all"
expect_no_file new
run spinodal reproduce --help
expect_stdout '^  paper +the figures of the paper$'
expect_same a/index.md before.md

# Slices of another sweep than the one that is there now.
# shellcheck disable=SC2086
run spinodal reproduce fig2 -q -o a --force $small --set model.init.seed=3
expect_status 0
expect_text a/index.md '^\| \[fig1\]\(#fig1\) \| .* \| check failed \|$'
expect_text a/index.md '^\*\*Status: check failed:\*\* made of another experiment'

# One target fails (the trivial model of a network with biases is not at the origin), the other is made.
# shellcheck disable=SC2086
run spinodal reproduce paper -q -o biased $small --set model.bias=true --set data.moments=drawn
expect_failure 3 '^spinodal: fig1: .*set model.bias: false'
expect_text biased/index.md '^\| \[fig1\]\(#fig1\) \| .* \| not made \|$'
expect_text biased/index.md '^\*\*Status: not made:\*\* .*set model.bias: false'
expect_text biased/index.md '^\| \[fig2\]\(#fig2\) \| .* \| made, checks passed \|$'
expect_links biased

# A check that is not passed: exit status 1, and the page says so, also when it is written again.
# shellcheck disable=SC2086
run spinodal reproduce fig2 -q -o stopped $small --set solver.max_iterations=2 --set sweep.refine=false
expect_status 1
expect_text stopped/index.md '^\| \[fig2\]\(#fig2\) \| .* \| check failed \|$'
expect_text stopped/index.md '^\*\*Status: check failed:\*\* fig2.h5: points did not pass the stationarity gate'

# A damaged file is named, the rest is there.
head -c 1000 a/order.h5 >cut
cp cut a/order.h5
# shellcheck disable=SC2086
run spinodal reproduce fig1 -q -o a --force $small
expect_status 0
expect_text a/index.md '^Its results cannot be read: order.h5 has [0-9]+ bytes and says'
expect_text a/index.md '^\| \[order.h5\]\(order.h5\) \| cannot be read '
expect_tables a/index.md

# The page cannot be written: said before anything is run.
mkdir -p blocked/index.md
run spinodal reproduce fig2 -o blocked
expect_failure 5 'blocked/index.md'
expect_folder blocked index.md

# Interrupted: status 130, no half-written page, and --resume ends at the same bytes as a run in one go.
long="$small --set sweep.beta.points=400 --set sweep.refine=false"
# shellcheck disable=SC2086
"$program" reproduce fig2 -q -o c $long 2>"$stderr" &
process=$!
# Beyond the head of the journal, which is the experiment: some points are in it.
while kill -0 $process 2>/dev/null && [ "$(wc -c 2>/dev/null <c/fig2.h5.part || echo 0)" -lt 20000 ]; do
    sleep 0.02
done
kill -TERM $process
wait $process
status=$?
command_line="interrupted reproduce"
expect_status 130
expect_text c/index.md '^\*\*Status: not made:\*\* interrupted; go on with --resume'
expect_folder c fig2.h5.part index.md
# shellcheck disable=SC2086
run spinodal reproduce fig2 -q -o c --resume $long
expect_status 0
# shellcheck disable=SC2086
run spinodal reproduce fig2 -q -o d $long
expect_same c/index.md d/index.md
# Bars and backticks in settings stay in their cell.
awk 'BEGIN { print "a,b,y"
    for (i = 0; i < 20; i++) printf "%g,%g,%g\n", sin(i), cos(3 * i), sin(i) + cos(2 * i) }' >'a|b`.csv'
run spinodal reproduce fig2 -q -o bars --set data.kind=csv --set 'data.path="a|b`.csv"' --set 'data.targets=[y]' \
    --set sweep.beta.points=6
expect_tables bars/index.md
expect_text bars/index.md '`` data\.path="a.\|b`\.csv" ``'
finish
