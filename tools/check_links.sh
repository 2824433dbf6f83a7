#!/bin/sh
# SPDX-License-Identifier: MIT
# Links between the documents, and from them to files here, must lead somewhere. Addresses on the net
# are not tried. Usage: check_links.sh [ROOT]
set -eu
cd "${1:-.}"
pages=$(find . -name '*.md' -not -path './build/*' -not -path './out/*' -not -path './.git/*' | sort)
[ -n "$pages" ] || { echo "check_links: no pages" >&2; exit 1; }
list=$(mktemp)
trap 'rm -f "$list"' EXIT
# shellcheck disable=SC2086
awk '
FNR == 1 { fenced = 0 }
/^ *```/ { fenced = !fenced; next }
fenced { next }
{
    line = $0
    gsub(/`[^`]*`/, "", line)
    while (match(line, /\]\([^)]+\)/)) {
        print FILENAME "\t" FNR "\t" substr(line, RSTART + 2, RLENGTH - 3)
        line = substr(line, RSTART + RLENGTH)
    }
}' $pages >"$list"

failures=0
links=0
tab=$(printf '\t')
while IFS=$tab read -r page number link; do
    case $link in
    http://* | https://* | mailto:*) continue ;;
    esac
    links=$((links + 1))
    target=${link%%#*}
    anchor=
    case $link in *'#'*) anchor=${link#*#} ;; esac
    if [ -n "$target" ]; then
        file=$(dirname "$page")/$target
    else
        file=$page
    fi
    if [ ! -e "$file" ]; then
        echo "$page:$number: $link leads nowhere"
        failures=$((failures + 1))
    elif [ -n "$anchor" ] && ! sed -n 's/^##* *//p' "$file" |
        tr '[:upper:]' '[:lower:]' | sed 's/[^a-z0-9 _-]//g; s/ /-/g' | grep -qx -e "$anchor"; then
        echo "$page:$number: no heading in $file gives #$anchor"
        failures=$((failures + 1))
    fi
done <"$list"

# Every page is reachable from the list of pages.
for page in docs/*.md docs/*/*.md; do
    [ -e "$page" ] || continue
    [ "$page" = docs/index.md ] && continue
    if ! grep -q "(${page#docs/})" docs/index.md; then
        echo "docs/index.md does not list $page"
        failures=$((failures + 1))
    fi
done
echo "$links links, $failures faults"
[ "$failures" -eq 0 ] && [ "$links" -gt 0 ]
