# SPDX-License-Identifier: MIT
"""Times PyTorch and spinodal on the same work, in turn, one thread each; prints ratios, writes CSV.

Optional: without Python's torch it says so and ends well. Before anything is timed both must give the same
gradient, Hessian and scalar curvature to 1e-10 (relative to the largest entry).

usage: compare.py --build BUILD [--out FOLDER] [--rounds N]
"""
import argparse
import csv
import os
import statistics
import subprocess
import sys
import tempfile
import time

from torch_here import numpy, torch
from torch_work import GRADIENTS, HESSIANS, STEPS, Work

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
AGREEMENT = 1e-10
SAMPLES = 1000
# (width, P); functorch at P = 1050 takes seconds a call.
WIDTHS = [5, 16, 30]
CURVATURE = "Hessian + curvature"
STEP = "step of descent"


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--out")
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


def load(options, folder, width):
    """The data through `spinodal data`, weights and our results through `spinodal-bench --export`."""
    data = os.path.join(folder, "data.csv")
    program = os.path.join(options.build, "spinodal")
    subprocess.run([program, "data", os.path.join(ROOT, "examples", "figure2.yaml"), "--force", "-q",
                    "--set", f"data.samples={SAMPLES}", "-o", data], check=True)
    bench = os.path.join(options.build, "bench", "spinodal-bench")
    subprocess.run([bench, "--export", folder, str(width), str(SAMPLES)], check=True)
    rows = numpy.genfromtxt(data, delimiter=",", skip_header=1)
    theta = numpy.loadtxt(os.path.join(folder, "theta.csv"))
    gradient = numpy.loadtxt(os.path.join(folder, "gradient.csv"))
    hessian = numpy.zeros((len(theta), len(theta)))
    with open(os.path.join(folder, "hessian.csv")) as lines:
        for i, line in enumerate(lines):
            hessian[i, : i + 1] = [float(cell) for cell in line.split(",")]
    hessian = hessian + numpy.tril(hessian, -1).T
    value, curvature = numpy.loadtxt(os.path.join(folder, "scalar.csv"), delimiter=",")
    ours = {"value": value, "gradient": gradient, "hessian": hessian, "curvature": curvature}
    return Work(rows[:, :3].T.copy(), rows[:, 3:].T.copy(), theta, width), ours


def worst(ours, theirs):
    theirs = numpy.asarray(theirs)
    return float(numpy.max(numpy.abs(ours - theirs)) / numpy.max(numpy.abs(ours)))


def flat(parts):
    return torch.cat([part.detach().reshape(-1) for part in parts]).numpy()


def check(work, ours, hessians):
    differences = {"value": worst(ours["value"], work.error(work.theta))}
    for name in GRADIENTS:
        differences[name] = worst(ours["gradient"], flat(getattr(work, name)())[: len(work.theta)])
    for name in hessians:
        hessian = getattr(work, name)().detach()
        differences[name] = worst(ours["hessian"], hessian.numpy())
        differences["R of " + name] = worst(ours["curvature"], work.curvature(hessian).numpy())
    for name, difference in differences.items():
        if not difference <= AGREEMENT:
            sys.exit(f"bench-peers: {name} differs from ours by {difference:.1e}")
    return max(differences.values())


def time_theirs(call, seconds):
    call()
    times, start = [], time.perf_counter()
    while len(times) < 3 or (time.perf_counter() - start < seconds and len(times) < 2000):
        before = time.perf_counter()
        call()
        times.append(time.perf_counter() - before)
        if times[-1] > 2 and len(times) >= 1:
            break
    return statistics.median(times), min(times)


def time_ours(options, folder, width, item, seconds):
    bench = os.path.join(options.build, "bench", "spinodal-bench")
    subprocess.run([bench, "--network", str(width), str(SAMPLES), "--seconds", str(seconds),
                    "--out", folder, item], check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(folder, "items.csv")) as file:
        for row in csv.DictReader(file):
            if row["item"] == item:
                return float(row["median_seconds"]), float(row["least_seconds"])
    sys.exit(f"bench-peers: no item {item}")


def compare(options, folder, width, table):
    work, ours = load(options, folder, width)
    parameters = len(work.theta)
    difference = check(work, ours, HESSIANS)
    print(f"P = {parameters}, N = {SAMPLES}: both agree to {difference:.1e}", flush=True)
    times = {}
    for turn in range(options.rounds):
        for item, seconds in [("gradient", 0.1), (STEP, 0.2), (CURVATURE, 0.2)]:
            times.setdefault(item, []).append(time_ours(options, folder, width, item, seconds))
        for name in GRADIENTS + STEPS:
            times.setdefault(name, []).append(time_theirs(getattr(work, name), 0.2))
        for name in HESSIANS:
            if name == "hessian_functorch" and turn > 0 and parameters > 500:
                continue
            call = getattr(work, name)
            times.setdefault(name, []).append(
                time_theirs(lambda: work.curvature(call().detach()), 0.2))
    report(parameters, times, table)


def report(parameters, times, table):
    for item, names in [("gradient", GRADIENTS), (STEP, STEPS), (CURVATURE, HESSIANS)]:
        our_median = statistics.median(m for m, _ in times[item])
        our_least = min(least for _, least in times[item])
        print(f"  {item:30s} {1e6 * our_median:12.1f} us   least {1e6 * our_least:12.1f} us")
        table.append([parameters, SAMPLES, item, "spinodal", our_median, our_least, 1, 1])
        for name in names:
            median = statistics.median(m for m, _ in times[name])
            least = min(least for _, least in times[name])
            ratio, ratio_least = median / our_median, least / our_least
            print(f"    torch {name:24s} {1e6 * median:12.1f} us   least {1e6 * least:12.1f} us"
                  f"   {ratio:8.1f} times ours, least by least {ratio_least:8.1f}", flush=True)
            table.append([parameters, SAMPLES, item, name, median, least, ratio, ratio_least])


def main():
    options = parse()
    torch.set_num_threads(1)
    table = []
    print(f"PyTorch {torch.__version__}, one thread, double; {options.rounds} rounds in turn")
    with tempfile.TemporaryDirectory() as folder:
        for width in WIDTHS:
            compare(options, folder, width, table)
    if options.out:
        with open(os.path.join(options.out, "peers.csv"), "w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["parameters", "samples", "item", "program", "median_seconds",
                             "least_seconds", "ratio_of_medians", "ratio_of_least"])
            writer.writerows([[f"{c:.6e}" if isinstance(c, float) else c for c in row]
                              for row in table])


if __name__ == "__main__":
    main()
