# SPDX-License-Identifier: MIT
"""Turns the public headers into what CFFI reads, and writes the C source of the extension.

The headers are the only place where the interface is written down: the C preprocessor expands them, with empty
standard headers, and what is left are the declarations. CFFI checks each of them against the real headers when
the extension is compiled: a struct of another size, or a function of another type, does not build.

usage: declarations.py INCLUDE_DIRECTORY OUTPUT.c
"""
import glob
import os
import re
import subprocess
import sys
import tempfile

from cffi import FFI

#: Module that is made.
MODULE = "spinodal._native"

#: What CFFI knows of itself needs no standard header; these are what the declarations use.
STANDARD = {
    "stdarg.h": "",
    "stdbool.h": "#define bool _Bool\n",
    "stddef.h": "#define NULL 0\n",
    "stdint.h": "#define INT64_C(c) c\n",
    "stdatomic.h": "typedef int atomic_int;\n",
}

#: Functions of Python that the library calls: spinodal/_library.py and spinodal/objective.py.
CALLBACKS = """
extern "Python" void spinodal_on_event(void *state, const spn_event *event);
extern "Python" spn_status spinodal_set(spn_context *context, spn_point *point, const spn_subset *subset,
                                        unsigned wanted);
extern "Python" spn_status spinodal_hvp(spn_context *context, const spn_point *point, spn_part part, int64_t k,
                                        const double *v, double *hv);
extern "Python" spn_status spinodal_hessian(spn_context *context, const spn_point *point, spn_part part, double *h);
extern "Python" void spinodal_scales(const spn_objective *objective, double *weight, double *value);
"""

#: The version stands in a macro.
SOURCE = ("static const char *spinodal_version(void)\n{\n    return SPN_VERSION;\n}\n"
          "_Static_assert(sizeof(spn_flag) == sizeof(int), \"a flag is raised as an int\");\n")

#: A flag that is atomic in C is opaque here, and raised as the int that it is: one thread raises it, others look at it.
PROLOGUE = "typedef ... spn_flag;\n"


def headers(include):
    """Lines that include everything public."""
    found = glob.glob(os.path.join(include, "spinodal", "**", "*.h"), recursive=True)
    return "".join(f"#include <{os.path.relpath(path, include)}>\n" for path in sorted(found))


def preprocess(include):
    """The declarations of all public headers, in one text that CFFI reads.

    Parameters
    ----------
    include : str
        The folder that holds ``spinodal/``.

    Returns
    -------
    str

    Raises
    ------
    subprocess.CalledProcessError
        The C preprocessor (``$CC``, ``cc`` by default) failed; it has said why.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name, text in STANDARD.items():
            with open(os.path.join(folder, name), "w", encoding="ascii") as out:
                out.write(text)
        command = [*os.environ.get("CC", "cc").split(), "-E", "-P", "-undef", "-nostdinc", "-std=c11", "-x", "c",
                   "-I", folder, "-I", include, "-"]
        text = subprocess.run(command, input=headers(include), capture_output=True, check=True, text=True).stdout
    text = re.sub(r"^typedef (atomic_int spn_flag|int atomic_int);\n", "", text, flags=re.MULTILINE)
    return PROLOGUE + text


def make(include):
    """The CFFI builder of the extension: `include` as in :func:`preprocess`."""
    ffi = FFI()
    ffi.cdef(preprocess(include))
    ffi.cdef(CALLBACKS)
    ffi.cdef("const char *spinodal_version(void);")
    ffi.set_source(MODULE, headers(include) + SOURCE)
    return ffi


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    make(sys.argv[1]).emit_c_code(sys.argv[2])
