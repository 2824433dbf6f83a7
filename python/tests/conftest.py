# SPDX-License-Identifier: MIT
"""What the tests share: the program to compare with, experiments that take a second."""
import os
import subprocess

import pytest

PROGRAM = os.environ.get("SPINODAL_PROGRAM")
#: A linear network on 40 samples: some milliseconds a point.
SMALL = {"data": {"samples": 40}, "model": {"hidden": [2], "activation": "linear"},
         "sweep": {"beta": {"from": 0.05, "to": 1.0, "points": 8}}}
YAML = """\
data: {samples: 40}
model: {hidden: [2], activation: linear}
sweep: {beta: {from: 0.05, to: 1.0, points: 8}}
"""


@pytest.fixture
def program():
    """Runs the program with some arguments; returns its standard output, and standard error."""
    if not PROGRAM:
        pytest.skip("SPINODAL_PROGRAM does not name the program to compare with")

    def run(*arguments, expect=0):
        environment = {key: value for key, value in os.environ.items() if key != "LD_PRELOAD"}
        done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False,
                              env=environment)
        assert done.returncode == expect, done.stderr
        return done.stdout, done.stderr

    return run


@pytest.fixture
def experiment_file(tmp_path):
    """The small experiment as a file."""
    path = tmp_path / "small.yaml"
    path.write_text(YAML)
    return path
