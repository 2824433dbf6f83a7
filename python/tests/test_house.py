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
def test_a_wheel(tmp_path):
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


def files_of(*parts):
    """All files below some parts of the source tree, by their names in it; what Python leaves behind is none of it."""
    out = set()
    for part in parts:
        top = os.path.join(SOURCE, part)
        out |= {part} if os.path.isfile(top) else {
            os.path.relpath(os.path.join(folder, name), SOURCE)
            for folder, _, names in os.walk(top) for name in names if "__pycache__" not in folder}
    return out


def test_a_source_distribution(tmp_path):
    """It holds every source of the library and no other, and on its own, far from the source tree, it configures."""
    folder = copy_of_the_package(tmp_path)
    python("setup.py", "-q", "sdist", cwd=folder)
    archive, = glob.glob(os.path.join(folder, "dist", "*.tar.gz"))
    away = tmp_path / "away"
    away.mkdir()
    subprocess.run(["tar", "xzf", archive, "-C", away], check=True)
    unpacked, = away.glob("spinodal-*")
    library = unpacked / "library"
    held = {str(path.relative_to(library)) for path in library.rglob("*") if path.is_file()}
    assert held == files_of("CMakeLists.txt", "LICENSE", "README.md", "include", "src", "cmake", "data", "third_party")
    ours = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file()} - \
        {f"library/{name}" for name in held}
    wanted = {os.path.relpath(path, os.path.join(SOURCE, "python"))
              for pattern in ("*.py", "*.md", "*.toml", "*.in", "spinodal/*.py*", "spinodal/py.typed", "tests/*.py")
              for path in glob.glob(os.path.join(SOURCE, "python", pattern))}
    assert {name for name in ours ^ wanted if ".egg-info" not in name} == {"PKG-INFO", "setup.cfg"}
    assert python("setup.py", "--version", cwd=unpacked).strip() == spinodal.__version__
    # What is missing among the build files would be seen here, without an hour of compiling.
    done = subprocess.run(["cmake", "-S", library, "-B", away / "configured", "-DSPN_TESTS=OFF", "-DSPN_EXAMPLES=OFF",
                           "-DSPN_MPI=OFF"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_source_distribution_of_half_a_tree_is_refused(tmp_path):
    folder = copy_of_the_package(tmp_path)
    os.unlink(tmp_path / "third_party")
    done = subprocess.run([sys.executable, "setup.py", "-q", "sdist"], cwd=folder, capture_output=True, text=True,
                          check=False)
    assert done.returncode != 0
    assert done.stderr.splitlines()[-1] == f"{tmp_path} has no third_party: not the source tree of spinodal"


def test_what_is_missing_for_a_build_is_said_in_one_line(tmp_path):
    """With nothing on the path there is neither compiler nor pkg-config, so that everything is named."""
    script = os.path.join(SOURCE, "python", "requirements.py")
    environment = {**os.environ, "PATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-B", script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and done.stderr == "" and done.stdout.count("\n") == 1
    said, packages = done.stdout.split("; on Debian and Ubuntu: apt-get install ")
    for what in ("a C compiler", "cmake", "pkg-config", "Random123", "openblas", "yaml-0.1", "hdf5", "jansson", "libzip",
                 "zlib"):
        assert what in said
    # One list of packages: that of the setup script.
    with open(os.path.join(SOURCE, "tools", "setup.sh"), encoding="utf-8") as script:
        known = set(re.split(r"[\s|?]+", script.read()))
    assert set(packages.split()) <= known
    # And here, where everything is there (the tests are built), nothing is missing.
    assert python("-B", os.path.join(SOURCE, "python", "requirements.py")) == "spinodal can be built\n"
    # The build itself says the same.
    folder = copy_of_the_package(tmp_path)
    done = subprocess.run([sys.executable, "setup.py", "-q", "build_ext"], cwd=folder, env=environment,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 1 and done.stderr.splitlines()[-1].startswith("spinodal cannot be built; missing: ")
