# SPDX-License-Identifier: MIT
"""The package itself: types, declarations that are those of the headers, a wheel and a source distribution."""
import glob
import os
import re
import shutil
import subprocess
import sys
import zipfile

import pytest

import spinodal
from spinodal._native import ffi, lib

SOURCE = os.environ.get("SPINODAL_SOURCE")
BUILD = os.path.dirname(os.environ.get("SPINODAL_PROGRAM", ""))
pytestmark = pytest.mark.skipif(not SOURCE, reason="SPINODAL_SOURCE does not name the source tree")


def python(*arguments, **settings):
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_types():
    pytest.importorskip("mypy")
    said = python("-m", "mypy", "--config-file", "pyproject.toml", "--cache-dir", os.devnull,
                  cwd=os.path.join(SOURCE, "python"))
    assert "no issues found" in said


def test_every_public_function_is_there():
    """Nothing is copied by hand: what the headers declare is what the extension has."""
    names = set()
    for path in glob.glob(os.path.join(SOURCE, "include", "spinodal", "**", "*.h"), recursive=True):
        with open(path, encoding="utf-8") as header:
            text = re.sub(r"/\*.*?\*/", "", header.read(), flags=re.DOTALL)
        names |= set(re.findall(r"^(?:const )?[a-z_0-9]+[ *]+(spn_[a-z0-9_]+)\(", text, flags=re.MULTILINE))
    assert len(names) > 200
    assert not [name for name in sorted(names) if not hasattr(lib, name)]
    assert ffi.sizeof("spn_geometry") == lib.spn_geometry_columns.record_size
    assert ffi.sizeof("spn_sweep_record") == lib.spn_sweep_columns.record_size


def test_everything_public_is_explained():
    for name in spinodal.__all__:
        thing = getattr(spinodal, name)
        if callable(thing):
            assert thing.__doc__, name
            for method, function in vars(thing).items() if isinstance(thing, type) else ():
                if not method.startswith("_") and callable(function):
                    assert function.__doc__, f"{name}.{method}"


def test_version():
    with open(os.path.join(SOURCE, "include", "spinodal", "base", "version.h"), encoding="utf-8") as header:
        assert f'"{spinodal.__version__}"' in header.read()


def copy_of_the_package(folder):
    """python/ beside the library's sources, so that nothing is built in the source tree."""
    for part in ("CMakeLists.txt", "LICENSE", "README.md", "include", "src", "cmake", "data", "third_party"):
        os.symlink(os.path.join(SOURCE, part), os.path.join(folder, part))
    target = os.path.join(folder, "python")
    shutil.copytree(os.path.join(SOURCE, "python"), target,
                    ignore=shutil.ignore_patterns("__pycache__", "*.so", "build", "dist", "*.egg-info", "notebooks"))
    return target


@pytest.mark.skipif("LD_PRELOAD" in os.environ, reason="sanitizers: the wheel is that of a release")
def test_a_wheel_and_a_source_distribution(tmp_path):
    pytest.importorskip("wheel")
    folder = copy_of_the_package(tmp_path)
    environment = {**os.environ, "SPINODAL_BUILD": BUILD, "CFLAGS": "-O0"}
    python("setup.py", "-q", "bdist_wheel", cwd=folder, env=environment)
    wheel, = glob.glob(os.path.join(folder, "dist", "*.whl"))
    assert "-cp39-abi3-" in wheel
    place = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(place)
    assert sorted(path.name for path in place.glob("spinodal/*.so")) == ["_native.abi3.so"]
    assert (place / "spinodal" / "share" / "spinodal" / "data" / "digits.csv").exists()
    script = ("import spinodal, os; assert spinodal.__file__.startswith(os.environ['PYTHONPATH']); "
              "print(spinodal.theory(depth=2, singular_values=[0.5]).modes['spinodal_beta'][0])")
    assert float(python("-c", script, env={**os.environ, "PYTHONPATH": str(place)}, cwd=tmp_path)) == 0.5
    python("setup.py", "-q", "sdist", cwd=folder, env=environment)
    archive, = glob.glob(os.path.join(folder, "dist", "*.tar.gz"))
    names = subprocess.run(["tar", "tzf", archive], capture_output=True, text=True, check=True).stdout
    for part in ("declarations.py", "library/CMakeLists.txt", "library/src/base/context.c",
                 "library/include/spinodal/base/version.h", "library/cmake/SpinodalCompile.cmake"):
        assert re.search(rf"^spinodal-[^/]*/{re.escape(part)}$", names, flags=re.MULTILINE), part
    # A folder on its own configures: what is missing would be seen here, without an hour of compiling.
    subprocess.run(["tar", "xzf", archive, "-C", tmp_path], check=True)
    unpacked, = tmp_path.glob("spinodal-*/library")
    done = subprocess.run(["cmake", "-S", unpacked, "-B", tmp_path / "configured", "-DSPN_TESTS=OFF", "-DSPN_EXAMPLES=OFF"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
