# SPDX-License-Identifier: MIT
"""NumPy and PyTorch as the comparisons use them: one thread, the widest vectors that the processor has.

Import it before either of them. Without them a line says so and the program ends well.
"""
import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

try:
    # PyTorch 1.13 stays with AVX2 unless told otherwise; with AVX-512 its tanh is faster.
    with open("/proc/cpuinfo") as info:
        if "avx512f" in info.read():
            os.environ.setdefault("ATEN_CPU_CAPABILITY", "avx512")
except OSError:
    pass

try:
    import numpy
    import torch
except ImportError as problem:
    print(f"bench-peers: skipped, {problem}; it needs Debian's python3-torch and python3-numpy")
    sys.exit(0)
