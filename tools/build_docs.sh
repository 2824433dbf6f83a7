#!/bin/sh
# SPDX-License-Identifier: MIT
# The documentation site: pages of docs/ by Sphinx, the public headers through Doxygen. Figures are those that the
# commands of the pages make: check_documents.sh has run them and left the files in FIGURES.
# Usage: build_docs.sh OUT [FIGURES] (from the repository root); the site is OUT/site/index.html. 77: no Sphinx here.
set -eu
out=${1:?"usage: $0 OUT [FIGURES]"}
figures=${2:-}
python=${PYTHON:-/usr/bin/python3}
if ! "$python" -c 'import sphinx, myst_parser, furo, breathe' 2>/dev/null || ! command -v doxygen >/dev/null 2>&1; then
    echo "build_docs: Sphinx with MyST, Furo and Breathe, and Doxygen are needed: tools/setup.sh docs" >&2
    exit 77
fi
mkdir -p "$out"
out=$(cd "$out" && pwd)
rm -rf "$out/stage" "$out/site" "$out/doxygen"
mkdir -p "$out/stage" "$out/doxygen"

# The pages with what they link to, in the repository's own order.
cp -R docs "$out/stage/docs"
cp README.md "$out/stage/docs/readme.md"
cp CONTRIBUTING.md "$out/stage/docs/contributing.md"
cp CHANGELOG.md "$out/stage/docs/changelog.md"
for item in *; do
    [ "$item" = docs ] || [ "$item" = build ] || ln -s "$PWD/$item" "$out/stage/$item"
done
if [ -n "$figures" ] && [ -d "$figures" ]; then
    cp -R "$figures/." "$out/stage/docs/images/"
fi

# A page for each public header, with those below it.
{ cat docs/Doxyfile; echo "OUTPUT_DIRECTORY = \"$out/doxygen\""; } | doxygen - >"$out/doxygen.log" 2>&1
if [ -s "$out/doxygen.log" ]; then
    cat "$out/doxygen.log" >&2
    exit 1
fi
mkdir "$out/stage/docs/library"
for header in include/spinodal/*.h; do
    room=$(basename "$header" .h)
    {
        echo "# \`spinodal/$room.h\`"
        for part in "$header" include/spinodal/"$room"/*.h; do
            [ -e "$part" ] || continue
            name=${part#include/}
            [ "$part" = "$header" ] || printf '\n## `%s`\n' "$name"
            printf '\n```{doxygenfile} %s\n```\n' "$name"
        done
    } >"$out/stage/docs/library/$room.md"
done
{
    printf '\n```{toctree}\n:maxdepth: 1\n\n'
    for header in include/spinodal/*.h; do
        echo "library/$(basename "$header" .h)"
    done
    printf '```\n'
} >>"$out/stage/docs/library.md"

SPINODAL_XML=$out/doxygen/xml
SPINODAL_VERSION=$(sed -n 's/.*define SPN_VERSION "\(.*\)".*/\1/p' include/spinodal/base/version.h)
export SPINODAL_XML SPINODAL_VERSION
# Warnings are errors, but not with Sphinx 8 and later, whose Breathe and Doxygen complain of enumerations without a name.
strict=-W
"$python" -c 'import sys, sphinx; sys.exit(sphinx.version_info[0] < 8)' && strict=
# shellcheck disable=SC2086
"$python" -m sphinx -q $strict --keep-going -j 2 -d "$out/doctrees" -b html "$out/stage/docs" "$out/site"
echo "the site is $out/site/index.html"
