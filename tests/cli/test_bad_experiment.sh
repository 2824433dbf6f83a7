#!/bin/sh
# SPDX-License-Identifier: MIT
# A fault in an experiment file is one line that names file, line and what would be accepted; the exit
# status is 3 and nothing is left behind.
. "$(dirname "$0")/harness.sh"

# refused SED-SCRIPT PATTERN: the experiment changed by sed is refused so.
refused() {
    experiment | sed -e "$1" >bad.yaml
    run spinodal sweep bad.yaml -o run.h5
    expect_failure 3 "$2"
    expect_folder . bad.yaml
}

# Unknown names, with the nearest known one.
refused 's/samples:/sampels:/' 'bad.yaml:3.*sampels.*samples'
refused 's/^sweep:/sweeps:/' 'bad.yaml:.*sweeps.*sweep'
refused 's/newton/nweton/' 'bad.yaml:.*nweton.*newton'
refused 's/gaussian/gausian/' 'bad.yaml:2.*gaussian'

# Wrong types and wrong values.
refused 's/samples: 60/samples: many/' 'bad.yaml:3.*samples'
refused 's/samples: 60/samples: 60.5/' 'bad.yaml:3.*samples'
refused 's/samples: 60/samples: -60/' 'bad.yaml:3.*samples'
refused 's/bias: false/bias: perhaps/' 'bad.yaml:.*bias'
refused 's/tolerance: 1e-9/tolerance: 1e-9x/' 'bad.yaml:.*tolerance'
refused 's/tolerance: 1e-9/tolerance: nan/' 'bad.yaml:.*tolerance'
refused 's/from: 0.05/from: -0.05/' 'bad.yaml:.*from'
refused 's/hidden: \[2, 2\]/hidden: [2, 0]/' 'bad.yaml:.*hidden'
refused 's/\[0.9, 0.5\]/[0.9, word]/' 'bad.yaml:.*correlations'
# Correlations beyond 1: no such Gaussian exists; the eigenvalue is named.
refused 's/\[0.9, 0.5\]/[1.5, 0.5]/' 'correlations|eigenvalue'

# Not an experiment at all.
refused 's/$/]/' 'bad.yaml:'
refused 'd' 'bad.yaml'
refused 's/samples: 60/samples: 60\n  samples: 70/' 'bad.yaml:4.*samples'

# Overrides are judged as the file is.
rm bad.yaml
experiment >good.yaml
run spinodal sweep good.yaml --set data.sampels=3 -o run.h5
expect_stdout_empty
expect_stderr 'sampels.*samples'
[ "$status" -eq 2 ] || expect_status 3
run spinodal sweep good.yaml --set sweep.beta.from=-1 -o run.h5
expect_stdout_empty
expect_stderr 'from'
[ "$status" -eq 2 ] || expect_status 3
expect_folder . good.yaml
# What would take memory for nothing is refused before it does.
experiment | sed 's/points: 8/points: 1e9/' >grid.yaml
run spinodal sweep grid.yaml -o grid.h5
expect_failure 3 'grid.yaml:[0-9]+:[0-9]+: sweep.beta.points: 1000000000 values of beta are too many: at most 1000000'
run spinodal sweep grid.yaml -o grid.h5 --set sweep.beta.points=1000001
expect_failure 3 'sweep.beta.points: 1000001 values of beta are too many'
run spinodal check grid.yaml --set sweep.beta.points=1e6
expect_status 0
finish
