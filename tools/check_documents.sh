#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs what the documents show. In README.md and docs/ a comment on the line before a fenced block
# says what it is:
#   <!-- run -->                    its commands run, all in one scratch folder a page, and must succeed
#   <!-- run: LANGUAGE MODULE... --> the same of a program for python3, Rscript or julia; left out where this or a
#                                   module is not installed
#   <!-- file: NAME -->             the block is written to NAME in that folder first
#   <!-- not run: REASON -->        shell commands that cannot; every other block of them must have a mark
# Without a comment every ```c block that includes something must compile against the public headers.
#   <!-- figure: FILE -->           on the line before an image: the commands of the page have made FILE (a pattern of
#                                   the shell that one file meets), and the image shows it. With --figures it is copied to FOLDER under the image's name
# `spinodal` is the program given; with "-" nothing is run. examples/ of the repository is there.
# Usage: check_documents.sh [--figures FOLDER] PROGRAM [PAGE...] (from the repository root)
set -eu
figures=
if [ "${1:-}" = --figures ]; then
    mkdir -p "${2:?}"
    figures=$(realpath "$2")
    shift 2
fi
program=${1:?"usage: $0 [--figures FOLDER] PROGRAM [PAGE...]"}
[ "$program" = - ] || program=$(realpath "$program")
shift
root=$(pwd)
if [ $# -eq 0 ]; then
    # shellcheck disable=SC2046
    set -- README.md CONTRIBUTING.md $(find docs -name '*.md' | sort)
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/bin"
ln -s "$program" "$scratch/bin/spinodal"
PATH=$scratch/bin:$PATH
export PATH

# One file a marked block, NUMBER.KIND, in the order of the page; NUMBER.KINDname has what stands behind the kind.
extract() {
    awk -v out="$2" '
    /^<!-- (run|file: [^ ]+|run: .+|figure: [^ ]+|not run: .+) -->$/ {
        kind = $2
        sub(/:$/, "", kind)
        argument = $0
        sub(/^<!-- (not )?[a-z]+:? ?/, "", argument)
        sub(/ ?-->$/, "", argument)
        if (kind == "run" && argument != "")
            kind = "program"
        marked = 1
        next
    }
    /^```/ && inside { inside = 0; close(target); next }
    /^```(sh|bash|console)$/ && !marked {
        print FILENAME ":" FNR ": commands without a mark: <!-- run -->, or <!-- not run: REASON -->"
        exit 1
    }
    /^```c$/ && !marked {
        kind = "compile"
        marked = 1
    }
    /^```/ && marked {
        count++
        target = sprintf("%s/%03d.%s", out, count, kind)
        print argument > (target "name")
        close(target "name")
        printf "" > target
        inside = 1
        marked = 0
        argument = ""
        next
    }
    /^```/ { inside = 1; target = "/dev/null"; next }
    /^!\[.*\]\(.*\)/ && marked && kind == "figure" {
        count++
        sub(/.*\//, "")
        sub(/\).*/, "")
        target = sprintf("%s/%03d.figure", out, count)
        print argument "\n" $0 > target
        close(target)
        marked = 0
        next
    }
    inside { sub(/^\$ /, "", $0); print > target }
    !inside && marked && NF { print FILENAME ":" FNR ": a mark without a block"; exit 1 }
    ' "$1"
}

compile() {
    grep -q '^#include' "$1" || return 0
    "${CC:-cc}" -std=c11 -Wall -Wextra -Werror -D_POSIX_C_SOURCE=200809L -I"$root/include" \
        -fsyntax-only -x c "$1"
}

# Modules of Debian belong to the system's Python.
tool_of() {
    case $1 in
    python3) printf '%s' "${PYTHON:-/usr/bin/python3}" ;;
    *) printf '%s' "$1" ;;
    esac
}

# Is a language with these modules installed? has LANGUAGE MODULE...
has() {
    language=$1
    tool=$(tool_of "$1")
    shift
    command -v "$tool" >/dev/null 2>&1 || return 1
    for module in "$@"; do
        case $language in
        python3) "$tool" -c "import $module" ;;
        Rscript) "$tool" -e "library($module)" ;;
        julia) "$tool" -e "using $module" ;;
        *) return 1 ;;
        esac >/dev/null 2>&1 || return 1
    done
}

# A program of another language; 77: it is not installed.
run_program() {
    # shellcheck disable=SC2046
    set -- "$1" $(cat "${1}name")
    block=$1
    shift
    has "$@" || return 77
    "$(tool_of "$1")" "$block"
}

# The file of a figure is there, and the page has an image of its name.
keep_figure() {
    image=$(sed -n 2p "$1")
    # shellcheck disable=SC2046
    set -- $(sed -n 1p "$1")
    [ $# -eq 1 ] && [ -s "$1" ] || { echo "the commands have not made $*"; return 1; }
    [ -s "$root/docs/images/$image" ] || { echo "docs/images/$image is not there"; return 1; }
    [ -z "$figures" ] || cp "$1" "$figures/$image"
}

failures=0
blocks=0
absent=0
for page in "$@"; do
    name=$(printf '%s' "$page" | tr '/' '_')
    mkdir "$scratch/$name" "$scratch/$name/blocks" "$scratch/$name/page"
    extract "$page" "$scratch/$name/blocks"
    ln -s "$root/examples" "$scratch/$name/page/examples"
    for block in "$scratch/$name/blocks"/*; do
        [ -e "$block" ] || continue
        status=0
        case $block in
        *name | *.not) continue ;;
        *.file) (cd "$scratch/$name/page" && cp "$block" "$(cat "${block}name")") || status=$? ;;
        *.run) [ "$program" = - ] || (cd "$scratch/$name/page" && sh -eu "$block") >"$scratch/log" 2>&1 </dev/null || status=$? ;;
        *.program) [ "$program" = - ] || (cd "$scratch/$name/page" && run_program "$block") >"$scratch/log" 2>&1 </dev/null || status=$? ;;
        *.figure) [ "$program" = - ] || (cd "$scratch/$name/page" && keep_figure "$block") >"$scratch/log" 2>&1 || status=$? ;;
        *.compile) compile "$block" >"$scratch/log" 2>&1 || status=$? ;;
        esac
        case $block:$status in *.program:77)
            absent=$((absent + 1))
            status=0
            ;;
        esac
        blocks=$((blocks + 1))
        if [ "$status" -ne 0 ]; then
            failures=$((failures + 1))
            echo "$page: this block ends with status $status:"
            sed 's/^/    | /' "$block"
            tail -n 20 "$scratch/log" | sed 's/^/    > /'
        fi
    done
done
echo "$blocks blocks of $# pages, $failures failed, $absent in languages that are not installed here"
[ "$failures" -eq 0 ]
