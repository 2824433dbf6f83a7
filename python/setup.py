# SPDX-License-Identifier: MIT
"""Builds the Python package: the C library by CMake, the extension by CFFI, one wheel that holds both.

In the source tree the library is that of the folder above; a source distribution carries it in library/.
$SPINODAL_BUILD names a build folder whose static libraries are used as they are, in place of a build of their own.
"""
import os
import re
import shutil
import subprocess
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import requirements  # noqa: E402  pylint: disable=wrong-import-position  # beside this file
CARRIED = os.path.join(HERE, "library")
ROOT = CARRIED if os.path.isdir(CARRIED) else os.path.dirname(HERE)
#: What the library is built from.
PARTS = ["CMakeLists.txt", "LICENSE", "README.md", "include", "src", "cmake", "data", "third_party"]


def version():
    """It stands in one place, where C sees it too."""
    with open(os.path.join(ROOT, "include", "spinodal", "base", "version.h"), encoding="utf-8") as header:
        return re.search(r'SPN_VERSION "(.*)"', header.read()).group(1)


def flags(kind):
    """What pkg-config says of what the library stands on."""
    out = []
    for names, _ in requirements.MODULES:
        name = requirements.module(names)
        out += subprocess.run(["pkg-config", kind, name], check=True, capture_output=True, text=True).stdout.split()
    return out


class BuildExtension(build_ext):
    """The static libraries first."""

    def build_library(self):
        """The folder that holds them."""
        if "SPINODAL_BUILD" in os.environ:
            return os.path.join(os.environ["SPINODAL_BUILD"], "src")
        folder = os.path.join(os.path.abspath(self.build_temp), "library")
        options = ["-DCMAKE_BUILD_TYPE=Release", "-DSPN_TESTS=OFF", "-DSPN_EXAMPLES=OFF", "-DSPN_PYTHON_PACKAGE=OFF"]
        if shutil.which("ninja"):
            options += ["-G", "Ninja"]
        subprocess.run(["cmake", "-S", ROOT, "-B", folder, *options], check=True)
        subprocess.run(["cmake", "--build", folder, "--target", "spinodal_io", "--parallel",
                        str(os.cpu_count() or 1)], check=True)
        return os.path.join(folder, "src")

    def build_extension(self, ext):
        """Generate, compile, link."""
        said = requirements.complaint()
        if said:
            sys.exit(said)
        folder = self.build_library()
        os.makedirs(self.build_temp, exist_ok=True)
        source = os.path.join(self.build_temp, "_native.c")
        subprocess.run([sys.executable, os.path.join(HERE, "declarations.py"), os.path.join(ROOT, "include"), source],
                       check=True)
        ext.sources = [source]
        ext.include_dirs = [os.path.join(ROOT, "include")]
        ext.extra_compile_args = ["-w"]
        ext.extra_objects = [os.path.join(folder, f"lib{name}.a") for name in ("spinodal_io", "spinodal")]
        ext.extra_link_args = [*flags("--libs"), "-lm", "-pthread"]
        super().build_extension(ext)


class BuildPackage(build_py):
    """With the data sets that come with the library, where it looks for them."""

    def run(self):
        """The modules, and share/."""
        super().run()
        target = os.path.join(self.build_lib, "spinodal", "share", "spinodal", "data")
        shutil.copytree(os.path.join(ROOT, "data"), target, dirs_exist_ok=True)


class SourceDistribution(sdist):
    """With the sources of the library, so that a fresh machine can build it."""

    def make_release_tree(self, base_dir, files):
        """What setuptools found, and library/."""
        super().make_release_tree(base_dir, files)
        lost = [part for part in PARTS if not os.path.exists(os.path.join(ROOT, part))]
        if lost:
            sys.exit(f"{ROOT} has no {', no '.join(lost)}: not the source tree of spinodal")
        for part in PARTS:
            source, target = os.path.join(ROOT, part), os.path.join(base_dir, "library", part)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            if os.path.isdir(source):
                shutil.copytree(source, target, dirs_exist_ok=True)
            else:
                shutil.copy2(source, target)


with open(os.path.join(HERE, "README.md"), encoding="utf-8") as readme:
    DESCRIPTION = readme.read()

setup(
    name="spinodal",
    version=version(),
    description="Phase transitions of L2-regularised neural networks",
    long_description=DESCRIPTION,
    long_description_content_type="text/markdown",
    license="MIT",
    python_requires=">=3.9",
    packages=["spinodal"],
    package_data={"spinodal": ["py.typed", "_native.pyi"]},
    ext_modules=[Extension("spinodal._native", sources=[], py_limited_api=True,
                           define_macros=[("Py_LIMITED_API", "0x03090000")])],
    cmdclass={"build_ext": BuildExtension, "build_py": BuildPackage, "sdist": SourceDistribution},
    options={"bdist_wheel": {"py_limited_api": "cp39"}},
    install_requires=["cffi>=1.15", "numpy"],
    extras_require={"results": ["h5py", "pandas"], "figures": ["matplotlib"], "progress": ["tqdm"], "torch": ["torch"]},
)
