#!/bin/sh
# SPDX-License-Identifier: MIT
# Completions: bash is driven as a key press drives it; zsh reads its file where it is installed.
. "$(dirname "$0")/harness.sh"

run spinodal help bash
expect_status 0
cp "$stdout" spinodal.bash
touch e.yaml run.h5 table.csv note.txt
mkdir folder

# complete WORD...: what is offered for the last one.
cat >drive.bash <<'BASH'
source ./spinodal.bash
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
COMP_LINE="$*"
_spinodal
printf '%s\n' "${COMPREPLY[@]}"
BASH
offered() {
    run bash --norc --noprofile drive.bash "$@"
    expect_status 0
    expect_stderr_empty
}

if command -v bash >/dev/null 2>&1; then
    offered spinodal sw
    expect_stdout '^sweep$'
    expect_stdout_lines 1
    offered spinodal ''
    spinodal --help | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p' >commands
    while read -r command; do
        expect_stdout "^$command\$"
    done <commands
    expect_stdout '^help$'
    offered spinodal sweep --re
    expect_stdout '^--resume$'
    expect_stdout_lines 1
    offered spinodal plot --re
    expect_no_text "$stdout" 'resume'
    offered spinodal sweep ''
    expect_stdout '^e.yaml$'
    expect_stdout '^folder$'
    expect_no_text "$stdout" 'note.txt|run.h5'
    offered spinodal plot ru
    expect_stdout '^run.h5$'
    offered spinodal init ''
    expect_stdout '^table.csv$'
    offered spinodal sweep e.yaml -o ''
    expect_stdout '^note.txt$'
    offered spinodal sweep e.yaml --set data.ki
    expect_stdout '^data.kind=$'
    expect_stdout_lines 1
    offered spinodal sweep e.yaml --set data.kind = ''
    expect_stdout '^gaussian$'
    expect_stdout '^csv$'
    offered spinodal sweep e.yaml --set data.kind =
    expect_stdout '^teacher$'
    offered spinodal sweep e.yaml --set model.bias = t
    expect_stdout '^true$'
    offered spinodal sweep e.yaml --set data.path = ta
    expect_stdout '^table.csv$'
    offered spinodal reproduce fig
    expect_stdout '^fig1$'
    offered spinodal sweep --help da
    expect_stdout '^data$'
    expect_stdout_lines 1
    offered spinodal help sw
    expect_stdout '^sweep$'
    offered spinodal geometry e.yaml --surface l
    expect_stdout '^loss$'
    # Values that are words, of flags and of keys, however they are written.
    offered spinodal transitions run.h5 --kind ''
    expect_stdout '^accuracy$'
    expect_stdout '^symmetry$'
    expect_stdout_lines 3
    offered spinodal transitions run.h5 --kind = s
    expect_stdout '^symmetry$'
    expect_stdout_lines 1
    offered spinodal plot run.h5 --seeds b
    expect_stdout '^band$'
    offered spinodal sweep e.yaml --set geometry.method = ''
    expect_stdout '^dense$'
    expect_no_text "$stdout" 'e.yaml'
    offered spinodal sweep e.yaml --set = geometry.meth
    expect_stdout '^geometry.method=$'
    offered spinodal sweep e.yaml --set = geometry.method = sto
    expect_stdout '^stochastic$'
fi

run spinodal help zsh
expect_status 0
expect_stdout '^#compdef spinodal$'
cp "$stdout" _spinodal
if command -v zsh >/dev/null 2>&1; then
    run zsh -f -n _spinodal
    expect_status 0
    expect_stderr_empty
    # What would be offered, with the shell's own functions replaced by ones that print.
    cat >drive.zsh <<'ZSH'
compadd() { while [[ $1 != -- ]]; do shift; done; shift; print -l -- "$@" }
compset() { : }
_files() { print files "$@" }
words=("$@") CURRENT=$#
source ./_spinodal
ZSH
    run zsh -f drive.zsh spinodal ''
    expect_status 0
    expect_stderr_empty
    expect_stdout '^sweep$'
    run zsh -f drive.zsh spinodal sweep e.yaml --set data.kind=
    expect_stdout '^gaussian$'
    run zsh -f drive.zsh spinodal transitions run.h5 --kind ''
    expect_stdout '^accuracy$'
    run zsh -f drive.zsh spinodal transitions run.h5 --kind=
    expect_stdout '^accuracy$'
    run zsh -f drive.zsh spinodal sweep e.yaml --set=geometry.method=
    expect_stdout '^dense$'
    run zsh -f drive.zsh spinodal sweep -
    expect_stdout '^--resume$'
    run zsh -f drive.zsh spinodal sweep ''
    expect_stdout '^files -g \*\.yaml$'
fi
finish
