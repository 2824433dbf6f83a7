#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs into a scratch prefix and builds the examples against what was installed: through
# pkg-config (shared and static) and through find_package. Usage: install.sh CMAKE BUILD
set -eu
cmake=$1
build=$2
root=$(pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$cmake" --install "$build" --prefix "$scratch/prefix" >"$scratch/log" || {
    cat "$scratch/log"
    exit 1
}
prefix=$scratch/prefix
for file in include/spinodal/base.h lib/cmake/spinodal/spinodalConfig.cmake \
    lib/pkgconfig/spinodal.pc share/spinodal/data/README.md; do
    [ -e "$prefix/$file" ] || { echo "not installed: $file"; exit 1; }
done
if grep -rlF -e "$root" "$prefix/lib/pkgconfig" "$prefix/lib/cmake"; then
    echo "installed files name the source folder"
    exit 1
fi

for library in "$prefix"/lib/lib*.so; do
    if nm -D --defined-only "$library" | awk '{ print $3 }' | grep -v '^spn_'; then
        echo "$library shows names that are not public"
        exit 1
    fi
done

# Every public header stands alone.
for header in $(cd "$prefix/include" && find spinodal -name '*.h' | sort); do
    printf '#include <%s>\nint main(void);\n' "$header" >"$scratch/header.c"
    cc -std=c11 -Wall -Wextra -Wpedantic -Werror -I"$prefix/include" -fsyntax-only "$scratch/header.c"
done

libraries=spinodal
[ -e "$prefix/lib/libspinodal_io.a" ] && libraries="spinodal spinodal_io"
PKG_CONFIG_PATH=$prefix/lib/pkgconfig
export PKG_CONFIG_PATH
count=0
for source in "$root"/examples/*.c; do
    [ -e "$source" ] || continue
    name=$(basename "$source" .c)
    # shellcheck disable=SC2046,SC2086
    cc -std=c11 -o "$scratch/shared_$name" "$source" $(pkg-config --cflags --libs $libraries) -lm
    LD_LIBRARY_PATH=$prefix/lib "$scratch/shared_$name" >"$scratch/shared.txt"
    # -l:libNAME.a asks the linker for the static library although the shared one is there.
    # shellcheck disable=SC2046,SC2086
    cc -std=c11 -o "$scratch/static_$name" "$source" $(pkg-config --cflags --libs --static $libraries |
        sed 's/-lspinodal_io/-l:libspinodal_io.a/; s/-lspinodal\( \|$\)/-l:libspinodal.a /') -lm
    "$scratch/static_$name" >"$scratch/static.txt"
    cmp "$scratch/shared.txt" "$scratch/static.txt"
    count=$((count + 1))
done

# A program that is static altogether, as one says it: where the static libraries that we stand on are installed.
printf 'int main(void) { return 0; }\n' >"$scratch/empty.c"
# shellcheck disable=SC2046
if cc -static -o "$scratch/empty" "$scratch/empty.c" -lopenblas -lgfortran -lquadmath -lm 2>"$scratch/log"; then
    cc -static -std=c11 -o "$scratch/all_static" "$root/examples/curvature.c" \
        $(pkg-config --cflags --libs --static spinodal)
    "$scratch/all_static" >"$scratch/static.txt"
    LD_LIBRARY_PATH=$prefix/lib "$scratch/shared_curvature" >"$scratch/shared.txt"
    cmp "$scratch/shared.txt" "$scratch/static.txt"
else
    echo "not tried: a program that is static altogether (no static OpenBLAS or libgfortran here)"
fi
# As README.md says it for a prefix that the loader does not know.
# shellcheck disable=SC2046
cc -o "$scratch/found" "$root/examples/curvature.c" $(pkg-config --cflags --libs spinodal) \
    "-Wl,-rpath,$(pkg-config --variable=libdir spinodal)" -lm
"$scratch/found" >/dev/null

mkdir "$scratch/user"
{
    echo 'cmake_minimum_required(VERSION 3.22)'
    echo 'project(user C)'
    echo 'find_package(spinodal REQUIRED COMPONENTS io)'
    for source in "$root"/examples/*.c; do
        [ -e "$source" ] || continue
        name=$(basename "$source" .c)
        echo "add_executable($name \"$source\")"
        echo "target_link_libraries($name PRIVATE spinodal::spinodal m)"
        echo "add_executable(${name}_shared \"$source\")"
        echo "target_link_libraries(${name}_shared PRIVATE spinodal::spinodal_shared m)"
    done
} >"$scratch/user/CMakeLists.txt"
if ! { "$cmake" -S "$scratch/user" -B "$scratch/user/build" -DCMAKE_PREFIX_PATH="$prefix" &&
    "$cmake" --build "$scratch/user/build"; } >"$scratch/log" 2>&1; then
    cat "$scratch/log"
    exit 1
fi
for source in "$root"/examples/*.c; do
    [ -e "$source" ] || continue
    name=$(basename "$source" .c)
    "$scratch/user/build/$name" >/dev/null
    "$scratch/user/build/${name}_shared" >/dev/null
done
if [ -e "$build/spinodal" ]; then
    "$prefix/bin/spinodal" --version
    for file in man/man1/spinodal.1 man/man1/spinodal-sweep.1 bash-completion/completions/spinodal \
        zsh/site-functions/_spinodal; do
        [ -s "$prefix/share/$file" ] || { echo "not installed: share/$file"; exit 1; }
    done
    # The tree may be moved, and still has its data.
    mv "$prefix" "$scratch/moved"
    printf 'data: {kind: csv, path: digits.csv, classes: digit}\n' >"$scratch/digits.yaml"
    "$scratch/moved/bin/spinodal" data "$scratch/digits.yaml" -o "$scratch/digits.csv"
    [ "$(wc -l <"$scratch/digits.csv")" -eq 1798 ]
fi
echo "$count examples built against the installed library, three ways"
