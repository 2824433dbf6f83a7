#!/bin/sh
# SPDX-License-Identifier: MIT
# The public headers from C++: each alone compiles without a warning under g++ and clang++, and a small
# program links and runs. Usage: cplusplus.sh LIBRARY FLAGS-TO-LINK...
set -eu
library=$1
shift
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cat >"$scratch/user.cc" <<'END'
#include <cstdio>
#include <cstring>
#include <spinodal/base.h>
#include <spinodal/sweep.h>

int main()
{
    spn_flag cancel(0);
    spn_context_settings about = spn_context_settings();
    about.cancel = &cancel;
    spn_context *context = nullptr;
    spn_arena *arena = nullptr;
    spn_sweep_settings settings;
    if (spn_context_create(&about, &context) != SPN_OK || spn_arena_create(context, &arena) != SPN_OK ||
        spn_settings_defaults(context, arena, &spn_sweep_options, &settings, sizeof settings) != SPN_OK) {
        return 1;
    }
    settings.beta_points = -1;
    bool is_refused = spn_settings_check(context, &spn_sweep_options, &settings) == SPN_ERROR_INPUT &&
                      std::strstr(spn_error_text(context), "sweep.beta.points") != nullptr;
    cancel = 1;
    bool is_cancelled = spn_poll(context) == SPN_ERROR_INTERRUPTED;
    spn_arena_free(arena);
    spn_context_free(context);
    return is_refused && is_cancelled ? 0 : 1;
}
END
tried=
for compiler in g++ clang++; do
    command -v $compiler >/dev/null || continue
    tried="$tried $compiler"
    for header in $(cd include && find spinodal -name '*.h' | sort); do
        printf '#include <%s>\n' "$header" >"$scratch/header.cc"
        $compiler -std=c++11 -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only "$scratch/header.cc"
    done
    $compiler -std=c++11 -Wall -Wextra -Wpedantic -Werror -Iinclude -o "$scratch/user" "$scratch/user.cc" \
        "$library" "$@"
    "$scratch/user" || { echo "$compiler: the program ended with $?"; exit 1; }
done
if [ -z "$tried" ]; then
    echo "skipped: neither g++ nor clang++ is installed"
    exit 77
fi
echo "every public header compiles with$tried"
