#!/bin/sh
# SPDX-License-Identifier: MIT
# The checkers must see what they are for: each one is shown a small tree with one fault planted.
set -eu
tools=$(pwd)/tools
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0

# expect STATUS PATTERN COMMAND...: the command ends so and prints that.
expect() {
    wanted=$1
    pattern=$2
    shift 2
    status=0
    "$@" >"$scratch/output" 2>&1 || status=$?
    if [ "$status" -ne "$wanted" ] || ! grep -Eq -e "$pattern" "$scratch/output"; then
        echo "$*: status $status instead of $wanted, or nothing matches: $pattern"
        sed 's/^/    | /' "$scratch/output"
        failures=$((failures + 1))
    fi
}

# A tree with one source: plant PATH LINE...
plant() {
    rm -rf "$scratch/tree"
    mkdir -p "$scratch/tree/src/base" "$scratch/tree/include/spinodal" "$scratch/tree/docs"
    path=$scratch/tree/$1
    shift
    mkdir -p "$(dirname "$path")"
    printf '%s\n' "/* SPDX-License-Identifier: MIT */" "$@" >"$path"
}

layers() {
    expect "$1" "$2" "$tools/check_layers.sh" "$scratch/tree" "$tools/layers.txt"
}

plant src/network/a.c '#include <spinodal/data.h>' '#include <math.h>' '#include "network/b.h"'
layers 0 '3 includes .* 0 against'
plant src/geometry/a.c '#include <spinodal/network.h>'
layers 1 'a.c:2: geometry must not include network'
plant src/base/a.c '#include <spinodal/numeric.h>'
layers 1 'base must not include numeric'
plant src/data/a.c '#include <spinodal/formats.h>'
layers 1 'data must not include formats'
plant src/store/a.c '#include "base/secret.h"'
layers 1 'store must not include the private "base/secret.h"'
plant src/cli/a.c '#include "study/secret.h"'
layers 1 'cli sees public headers only'
plant include/spinodal/base.h '#include "base/secret.h"'
layers 1 'a public header includes the private'
plant src/geometry/a.c '#include <unistd.h>'
layers 1 'geometry must not use <unistd.h>'
plant src/plot/a.c '#include <hdf5.h>'
layers 1 'plot must not use <hdf5.h>, which belongs to store'
plant src/attic/a.c '#include <math.h>'
layers 1 'the room "attic" is not in'

# A second file beside the planted one: beside PATH LINE...
beside() {
    path=$scratch/tree/$1
    shift
    mkdir -p "$(dirname "$path")"
    printf '%s\n' "$@" >"$path"
}
names() {
    printf '# names\nrecords.c  records\n' >"$scratch/names.txt"
    expect "$1" "$2" "$tools/check_names.sh" "$scratch/tree" "$scratch/names.txt"
}
plant src/base/records.c 'typedef struct spni_a spni_a;' 'struct spni_a {' '    int x;' '};'
beside src/data/records.c 'typedef struct spni_b {' '    spni_a *a;' '} spni_b;'
names 0 '1 names of 2 files, 0 faults'
beside src/data/b.h 'typedef enum spni_a { SPNI_ONE } spni_a;'
names 1 'b.h:1: spni_a is in src/base/records.c, too'
beside src/data/b.h 'typedef void spni_c(spni_a *a);'
beside src/data/c.h 'typedef struct spni_c {' '    int x;' '} spni_c;'
names 1 'c.h:1: spni_c is in src/data/b.h, too'
beside src/plot/c.h 'struct c;'
names 1 'src/plot/c.h: src/data/c.h has this name: say what is in this file'
plant src/base/records.c 'int x;'
names 1 'records.c stands once, in src/base/records.c'

plant src/base/a.c 'static int f(void)' '{' "$(yes '    g();' | head -n 70)" '}'
expect 0 'a.c:3: f has 72 lines \(aim' "$tools/check_size.sh" "$scratch/tree"
plant src/base/a.c 'static int f(void)' '{' "$(yes '    g();' | head -n 99)" '}'
expect 1 'f has 101 lines, the limit is 100' "$tools/check_size.sh" "$scratch/tree"
plant src/base/a.c "$(yes 'int x;' | head -n 600)"
expect 1 'a.c: 601 lines' "$tools/check_size.sh" "$scratch/tree"
sed -i 1d "$scratch/tree/src/base/a.c"
expect 1 'does not name the licence' "$tools/check_size.sh" "$scratch/tree"

plant docs/index.md '[a](a.md) [b](a.md#a-heading) [c](#title) [d](https://example.org/no)' '# Title'
printf '# A heading\n' >"$scratch/tree/docs/a.md"
expect 0 '3 links, 0 faults' "$tools/check_links.sh" "$scratch/tree"
printf '# Page\n' >"$scratch/tree/docs/unlisted.md"
expect 1 'does not list docs/unlisted.md' "$tools/check_links.sh" "$scratch/tree"
plant docs/index.md '[a](gone.md)'
expect 1 'index.md:2: gone.md leads nowhere' "$tools/check_links.sh" "$scratch/tree"
plant docs/index.md '[a](index.md#gone)'
expect 1 'no heading .* gives #gone' "$tools/check_links.sh" "$scratch/tree"

documents() {
    expect "$1" "$2" sh -c 'cd "$1" && "$2" /bin/echo docs/page.md' - "$scratch/tree" \
        "$tools/check_documents.sh"
}
plant docs/page.md '<!-- file: a.txt -->' '```' 'hello' '```' '<!-- run -->' '```console' \
    '$ grep hello a.txt' '$ spinodal' '```' '<!-- not run: it fails -->' '```sh' 'false' '```'
documents 0 '2 blocks of 1 pages, 0 failed'
plant docs/page.md '<!-- run -->' '' '```sh' 'true' 'false' '```'
documents 1 'this block ends with status 1'
plant docs/page.md '```sh' 'true' '```'
documents 1 'commands without a mark'
plant docs/page.md '<!-- not run: it is a pattern -->' '```sh' 'false' '```' '```yaml' '```' '<!-- run: no-such-language -->' \
    '```no-such-language' 'false' '```'
documents 0 '1 blocks of 1 pages, 0 failed, 1 in languages'
plant docs/page.md '<!-- figure: a.png -->' '![a](images/b.png)'
documents 1 'the commands have not made a.png'
plant docs/page.md '<!-- run -->' '```sh' 'echo x >a.png' '```' '<!-- figure: a.png -->' '![a](images/b.png)'
documents 1 'docs/images/b.png is not there'
mkdir "$scratch/tree/docs/images"
echo x >"$scratch/tree/docs/images/b.png"
documents 0 '2 blocks of 1 pages, 0 failed'
plant docs/page.md '```c' '#include <math.h>' 'int main(void) { return undeclared; }' '```'
documents 1 'undeclared'

if command -v nm >/dev/null 2>&1; then
    symbols() {
        "${CC:-cc}" -c -fPIC -o "$scratch/a.o" -x c "$scratch/tree/src/base/a.c"
        rm -f "$scratch/a.a"
        ar rc "$scratch/a.a" "$scratch/a.o"
        expect "$1" "$2" "$tools/check_symbols.sh" "$scratch/a.a"
    }
    plant src/base/a.c '#include <math.h>' 'extern const char *const spn_names[];' \
        'const char *const spn_names[] = {"a", "b"};' 'double spn_f(double x) { return sin(x); }'
    symbols 0 ' 0 kinds of them wrong'
    plant src/base/a.c '#include <stdio.h>' 'void spn_f(void) { printf("%d", 1); }'
    symbols 1 'printf is used by a.o'
    plant src/base/a.c '#include <stdlib.h>' 'char *spn_f(void) { return getenv("HOME"); }'
    symbols 1 'getenv is used by a.o'
    plant src/base/a.c '#include <math.h>' 'static double last;' \
        'double spn_f(double x) { return last = sin(x + last); }'
    symbols 1 'a.o: 8 bytes of mutable data'
    plant src/base/a.c '#include <math.h>' 'double f(double x) { return sin(x); }'
    symbols 1 'without spn_ or spni_: f'
fi

[ "$failures" -eq 0 ]
