# SPDX-License-Identifier: MIT
"""Times what a notebook does, in turn with others in the same run: sweeps beside the program, geometry and spectra beside PyTorch.

Processor time of one thread, so that neighbours on the machine weigh little; every round times all of them one after the
other, and what is reported are medians of a round's ratios. Optional: without PyTorch it says so and ends well. Before
anything is timed Hessians must agree to 1e-10 (relative to the largest entry), and sweeps in all bytes.

usage: notebook.py --package FOLDER --program PROGRAM [--out FOLDER] [--rounds N] [--items ITEM ...]
"""
import argparse
import csv
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

try:
    import functorch
    import numpy
    import torch
except ImportError as problem:
    print(f"notebook: skipped, {problem}; it needs Debian's python3-torch and python3-numpy")
    sys.exit(0)

AGREEMENT = 1e-10
SWEEP = """\
data: {samples: 400}
model: {hidden: [5, 5]}
sweep: {beta: {from: 0.001, to: 0.5, points: 60}, direction: up}
"""
#: The network of the geometry: 3-30-30-2 with tanh, P = 1050; and a larger one, whose Hessian nobody forms.
SAMPLES, BETA = 1000, 0.05
LARGE = [64, 200, 200, 10]


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--package", required=True)
    parser.add_argument("--program", required=True)
    parser.add_argument("--out")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--items", nargs="*", default=["sweep", "geometry", "density", "extremes", "curvature"])
    return parser.parse_args()


def seconds(call):
    """Processor time of a call in this process."""
    before = time.process_time()
    call()
    return time.process_time() - before


# ---- A sweep from Python and from the program -----------------------------------------------------------

def children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def sweeps(options, folder):
    """Both write a results file; the program's time has its start in it, Python's the reading of all tables."""
    path = os.path.join(folder, "sweep.yaml")
    with open(path, "w", encoding="utf-8") as out:
        out.write(SWEEP)
    files = [os.path.join(folder, name) for name in ("program.h5", "python.h5")]
    command = [options.program, "sweep", path, "-o", files[0], "--threads", "1", "--force", "-q"]

    def program():
        before = children()
        subprocess.run(command, check=True)
        return children() - before

    def notebook():
        import spinodal
        run = spinodal.Experiment(path).sweep(files[1], threads=1, force=True, progress=lambda *said: None)
        return [run.tables[name] for name in run.tables], run.points

    notebook()
    program()
    with open(files[0], "rb") as ours, open(files[1], "rb") as theirs:
        if ours.read() != theirs.read():
            sys.exit("notebook: the sweeps differ")
    return {"program": program, "Python": lambda: seconds(notebook)}


# ---- Geometry of 3-30-30-2 ------------------------------------------------------------------------------

def network(widths, samples, seed):
    """The built-in network, the same in PyTorch, and what both need."""
    import spinodal
    import spinodal.torch
    torch.manual_seed(seed)
    parts = []
    for a, b in zip(widths[:-1], widths[1:]):
        parts += [torch.nn.Linear(a, b, bias=False), torch.nn.Tanh()]
    module = torch.nn.Sequential(*parts[:-1]).double()
    rng = numpy.random.default_rng(seed)
    x = rng.normal(size=(samples, widths[0]))
    y = x[:, :widths[-1]] * numpy.linspace(0.9, 0.5, widths[-1])
    own = spinodal.torch.objective(module, square, (x, y))
    return spinodal.torch.mlp(module).experiment((x, y)).objective(), own, torch.from_numpy(x), torch.from_numpy(y), widths


def square(outputs, target):
    return ((outputs - target) ** 2).sum(1).mean()


def error_of(flat, x, y, widths):
    """E as a function of one flat vector, for functorch and for products."""
    h, start = x, 0
    for i, (a, b) in enumerate(zip(widths[:-1], widths[1:])):
        h = h @ flat[start:start + a * b].view(b, a).t()
        start += a * b
        h = torch.tanh(h) if i + 2 < len(widths) else h
    return square(h, y)


def columns(theta, x, y, widths):
    """Column by column by double backward, as matrix-free packages form a matrix: one product with each unit vector."""
    leaf = theta.clone().requires_grad_()
    gradient, = torch.autograd.grad(error_of(leaf, x, y, widths), leaf, create_graph=True)
    unit, out = torch.zeros_like(theta), torch.empty(len(theta), len(theta), dtype=theta.dtype)
    for i in range(len(theta)):
        unit[i] = 1
        out[i], = torch.autograd.grad(gradient @ unit, leaf, retain_graph=True)
        unit[i] = 0
    return out


def geometry_of(hessian, gradient):
    """What a geometry takes behind a Hessian: eigenvalues, and R (T3)."""
    q, hg = 1 + gradient @ gradient, hessian @ gradient
    trace, squares = numpy.trace(hessian), (hessian ** 2).sum()
    curvature = (trace ** 2 - squares) / q - 2 * (trace * (gradient @ hg) - hg @ hg) / q ** 2
    return numpy.linalg.eigvalsh(hessian), curvature


def geometries():
    built_in, own, x, y, widths = network([3, 30, 30, 2], SAMPLES, 1)
    theta = own.theta
    flat = torch.from_numpy(theta)
    expected = built_in.hessian(theta)
    ways = {"columns": lambda: columns(flat, x, y, widths),
            "functorch": lambda: functorch.hessian(lambda t: error_of(t, x, y, widths))(flat)}
    for name, way in ways.items():
        difference = numpy.abs(way().detach().numpy() - expected).max() / numpy.abs(expected).max()
        if not difference <= AGREEMENT:
            sys.exit(f"notebook: the Hessian of {name} differs from ours by {difference:.1e}")

    def behind(way):
        return lambda: seconds(lambda: geometry_of(way().detach().numpy(), own.gradient(theta)))

    # The built-in one measures more: both surfaces, both parts of the Hessian, susceptibility, gate.
    return {"spinodal": lambda: seconds(lambda: built_in.geometry(theta, beta=BETA, method="dense")),
            "spinodal.torch": lambda: seconds(lambda: own.geometry(theta, beta=BETA, method="dense")),
            **{name: behind(way) for name, way in ways.items()}}


# ---- Spectra by products ----------------------------------------------------------------------------------

def spectra(widths, samples, what):
    """One kind of spectrum of the built-in network and of the same model in PyTorch: as many products."""
    built_in, own, *_ = network(widths, samples, 2)
    theta = own.theta
    calls = {
        "density": lambda objective: objective.density(theta, beta=BETA, method="stochastic", starts=4, steps=30),
        "extremes": lambda objective: objective.eigenvalues(theta, beta=BETA, method="stochastic", smallest=2, largest=4),
        "curvature": lambda objective: objective.curvature(theta, beta=BETA, method="stochastic", probes=32)}
    call = calls[what]
    return {"spinodal": lambda: seconds(lambda: call(built_in)), "spinodal.torch": lambda: seconds(lambda: call(own))}


# ---- Rounds -------------------------------------------------------------------------------------------------

def compare(item, contestants, rounds, table):
    """In turn; the first is what the others are compared with."""
    first = next(iter(contestants))
    times = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, call in contestants.items():
            times[name].append(call())
    for name, taken in times.items():
        ratios = [a / b for a, b in zip(taken, times[first])]
        row = [item, name, statistics.median(taken), min(taken), statistics.median(ratios), min(ratios), max(ratios)]
        table.append(row)
        print(f"{item:34s} {name:16s} {row[2]:10.4f} s  least {row[3]:10.4f} s  {row[4]:8.3f} times {first} "
              f"({row[5]:.3f} to {row[6]:.3f})", flush=True)


def main():
    options = parse()
    sys.path.insert(0, os.path.abspath(options.package))
    torch.set_num_threads(1)
    table = []
    if "sweep" in options.items:
        with tempfile.TemporaryDirectory() as folder:
            compare("sweep, 60 points", sweeps(options, folder), 4 * options.rounds, table)
    if "geometry" in options.items:
        compare("geometry, P = 1050", geometries(), options.rounds, table)
    for what in ("density", "extremes", "curvature"):
        # The ends of the large one take products by the thousand: minutes a round.
        for widths in ([3, 30, 30, 2], LARGE) if what in options.items else ():
            if what != "extremes" or widths is not LARGE:
                size = sum(a * b for a, b in zip(widths[:-1], widths[1:]))
                compare(f"{what}, P = {size}", spectra(widths, SAMPLES, what), options.rounds, table)
    if options.out:
        with open(os.path.join(options.out, "notebook.csv"), "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["item", "who", "median_seconds", "least_seconds", "median_ratio", "least_ratio",
                             "largest_ratio"])
            writer.writerows([[f"{c:.6e}" if isinstance(c, float) else c for c in row] for row in table])


if __name__ == "__main__":
    main()
