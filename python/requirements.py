# SPDX-License-Identifier: MIT
"""What building the extension needs beside Python's own packages: looked up before anything is compiled.

usage: requirements.py     prints one line that says what is missing and what installs it; status 1 if something is
"""
import os
import shutil
import subprocess
import sys
import sysconfig

#: What the library stands on, as pkg-config knows it: names of which one is enough, the package of Debian and Ubuntu.
MODULES = [(("openblas",), "libopenblas-pthread-dev"), (("yaml-0.1",), "libyaml-dev"),
           (("hdf5-serial", "hdf5"), "libhdf5-dev"), (("jansson",), "libjansson-dev"), (("libzip",), "libzip-dev"),
           (("zlib",), "zlib1g-dev")]


def module(names):
    """The first of `names` that pkg-config knows; None if it knows none."""
    return next((name for name in names if subprocess.call(["pkg-config", "--exists", name]) == 0), None)


def has_header(name, *folders):
    """Does the C compiler find it?"""
    command = [*os.environ.get("CC", "cc").split(), "-E", "-x", "c", *(f"-I{folder}" for folder in folders), "-"]
    try:
        return subprocess.run(command, input=f"#include <{name}>\n", capture_output=True, text=True,
                              check=False).returncode == 0
    except OSError:
        return False


def has_module(name):
    """Is there a Python module of this name?"""
    try:
        __import__(name)
    except ImportError:
        return False
    return True


def missing():
    """What is not there: pairs of what it is and the packages of Debian and Ubuntu that bring it."""
    compiler = os.environ.get("CC", "cc").split()[0]
    checks = [("a C compiler", "gcc libc6-dev", shutil.which(compiler) and has_header("math.h")),
              ("cmake", "cmake", shutil.which("cmake")),
              ("make or ninja", "make", shutil.which("make") or shutil.which("ninja")),
              ("pkg-config", "pkg-config", shutil.which("pkg-config")),
              ("Python's headers", "python3-dev", has_header("Python.h", sysconfig.get_paths()["include"])),
              ("the Python package cffi", "python3-cffi", has_module("cffi")),
              ("the headers of Random123", "librandom123-dev", has_header("Random123/philox.h"))]
    out = [(what, packages) for what, packages, is_there in checks if not is_there]
    # Without a compiler or pkg-config nobody can tell what else is there: it is named all the same.
    has_pkg_config = shutil.which("pkg-config")
    out += [(names[-1], packages) for names, packages in MODULES if not has_pkg_config or module(names) is None]
    return out


def complaint():
    """One line of what is missing and what installs it; empty where all is there."""
    out = missing()
    if not out:
        return ""
    return (f"spinodal cannot be built; missing: {', '.join(what for what, _ in out)}; on Debian and Ubuntu: apt-get install "
            f"{' '.join(packages for _, packages in out)}")


if __name__ == "__main__":
    said = complaint()
    print(said or "spinodal can be built")
    sys.exit(1 if said else 0)
