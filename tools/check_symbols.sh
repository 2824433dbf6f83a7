#!/bin/sh
# SPDX-License-Identifier: MIT
# What the core library must not do, seen in its symbols: print, open files, end the process, read
# the environment, draw unkeyed random numbers, keep mutable globals, define names outside spn_ and
# spni_. Usage: check_symbols.sh LIBSPINODAL.a (of a build without instrumentation)
set -eu
archive=${1:?"usage: $0 LIBSPINODAL.a"}
forbidden='
printf vprintf fprintf vfprintf dprintf vdprintf puts fputs putchar fputc putc fwrite perror write
__printf_chk __vprintf_chk __fprintf_chk __vfprintf_chk __dprintf_chk
stdout stderr stdin psignal
fopen fopen64 freopen fdopen open open64 creat openat tmpfile mkstemp popen fread fscanf
exit _exit _Exit quick_exit abort atexit __assert_fail raise kill system fork
getenv secure_getenv setenv putenv
rand random srand srandom rand_r drand48 lrand48 mrand48 arc4random getrandom getentropy
time localtime gmtime
signal sigaction setlocale strtok longjmp __longjmp_chk'

failures=0
undefined=$(nm -u "$archive" | awk '$1 == "U" { sub(/@.*/, "", $2); print $2 }' | sort -u)
[ -n "$undefined" ] || { echo "check_symbols: no symbols in $archive" >&2; exit 1; }
for name in $forbidden; do
    if printf '%s\n' "$undefined" | grep -qx -e "$name"; then
        users=$(nm -A -u "$archive" | awk -v name="$name" '
            { symbol = $NF; sub(/@.*/, "", symbol) }
            symbol == name { split($1, part, ":"); printf " %s", part[2] }')
        echo "$name is used by$users"
        failures=$((failures + 1))
    fi
done

# Constant tables that hold pointers live in .data.rel.ro; .data and .bss are what can change.
mutable=$(size -A "$archive" | awk '
    / :$|\(ex / { object = $1 }
    $1 ~ /^\.(data|bss|tdata|tbss)(\.|$)/ && $1 !~ /^\.data\.rel\.ro/ && $2 > 0 {
        print object ": " $2 " bytes of mutable data in " $1
    }')
if [ -n "$mutable" ]; then
    printf '%s\n' "$mutable"
    failures=$((failures + 1))
fi

foreign=$(nm -g --defined-only "$archive" | awk 'NF == 3 && $3 !~ /^spni?_/ { print $3 }')
if [ -n "$foreign" ]; then
    printf '%s\n' "$foreign" | sed 's/^/a global name without spn_ or spni_: /'
    failures=$((failures + 1))
fi
echo "$(printf '%s\n' "$undefined" | wc -l) symbols used, $failures kinds of them wrong"
[ "$failures" -eq 0 ]
