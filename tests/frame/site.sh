#!/bin/sh
# SPDX-License-Identifier: MIT
# The documentation site is built without a warning, and its links lead somewhere; a planted fault is found by each.
# Skipped where Sphinx and Doxygen are not installed. Usage: site.sh BUILD (from the repository root)
set -eu
out=$1/docs
tools/build_docs.sh "$out" "$1/figures" || exit $?
python=${PYTHON:-/usr/bin/python3}
"$python" tools/check_site.py "$out/site"
# A script that is no module imports nothing, and readers whose system is dark are heard.
if grep -q '^import ' "$out/site/_static/scripts/furo.js"; then
    echo "the script of the theme is not whole"
    exit 1
fi
grep -q 'prefers-color-scheme' "$out/site/_static/styles/furo.css"
[ -s "$out/site/index.html" ] && [ -s "$out/site/library/geometry.html" ]

# The checks can fail: a link to a page that is not there stops Sphinx, one in the finished site the other check.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/docs" "$scratch/site"
cp docs/conf.py docs/site.css "$scratch/docs"
printf '# Index\n\n[gone](gone.md)\n' >"$scratch/docs/index.md"
if "$python" -m sphinx -q -W -b html "$scratch/docs" "$scratch/html" >"$scratch/log" 2>&1; then
    echo "Sphinx takes a link that leads nowhere"
    exit 1
fi
grep -q 'gone' "$scratch/log"
for body in '<a href="gone.html">x</a>' '<a href="#gone">x</a>' '<img src="https://example.org/x.png">' ''; do
    echo "$body" >"$scratch/site/index.html"
    if "$python" tools/check_site.py "$scratch/site" >"$scratch/log"; then
        echo "check_site.py takes: $body"
        exit 1
    fi
done
echo '@import url(/gone.css);' >"$scratch/site/a.css"
echo '<p id="part"><a href="#part">x</a></p>' >"$scratch/site/index.html"
if "$python" tools/check_site.py "$scratch/site" >"$scratch/log"; then
    echo "check_site.py takes a style sheet that is not there"
    exit 1
fi
rm "$scratch/site/a.css"
printf '<p id="part"><a href="#part">x</a> <a href="https://example.org/">y</a></p>\n' >"$scratch/site/index.html"
"$python" tools/check_site.py "$scratch/site"
