# SPDX-License-Identifier: MIT
"""Fills the tables of docs/performance.md from the CSV files of `make bench`, `make bench-peers` and `make bench-python`.

A table stands between <!-- table: NAME --> and <!-- end of table -->. usage: fill_page.py FOLDER PAGE
"""
import csv
import os
import re
import subprocess
import sys
import time


def read(folder, name):
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        return []
    with open(path) as file:
        return list(csv.DictReader(file))


def seconds(text):
    value = float(text)
    for unit, factor in [("s", 1), ("ms", 1e3), ("µs", 1e6)]:
        if value * factor >= 1:
            return f"{value * factor:.3g} {unit}"
    return f"{value * 1e9:.3g} ns"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def output(*command):
    return subprocess.run(command, capture_output=True, text=True).stdout.splitlines()[0].strip()


def measured(folder):
    when = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(os.path.getmtime(
        os.path.join(folder, "items.csv"))))
    with open("/proc/cpuinfo") as file:
        cpu = next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    blas = output("dpkg-query", "-W", "-f=${Version}\n", "libopenblas0-pthread")
    with open(os.path.join(folder, "commit.txt")) as file:
        commit = file.read().strip()
    rows = [["when", when], ["commit", commit],
            ["processor", f"{cpu}, {os.cpu_count()} cores"],
            ["compiler", output("cc", "--version") + ", -O3 -ffp-contract=off"],
            ["OpenBLAS", blas + ", one thread"]]
    return table(["", ""], rows)


def ceilings(folder):
    rows = [r for r in read(folder, "items.csv") if r["item"].startswith("ceiling")]
    rate = {"ceiling: copy 32 MiB": ("GB/s", 2 * 32 * 2**20 / 1e9),
            "ceiling: product 512": ("GFLOP/s", 2 * 512**3 / 1e9)}
    body = []
    for r in rows:
        unit, work = rate.get(r["item"], ("10⁹/s", 1e-9))
        body.append([r["item"][9:], seconds(r["least_seconds"]), seconds(r["median_seconds"]),
                     f"{work / float(r['least_seconds']):.3g} {unit}"])
    return table(["ceiling", "least", "median", "rate"], body)


def items(folder):
    body = []
    for r in read(folder, "items.csv"):
        if r["item"].startswith("ceiling"):
            continue
        floor, median = float(r["floor_seconds"]), float(r["median_seconds"])
        spread = float(r["quartile3_seconds"]) - float(r["quartile1_seconds"])
        body.append([r["item"], r["parameters"], r["samples"], seconds(r["median_seconds"]),
                     seconds(r["least_seconds"]), f"{100 * spread / median:.0f} %",
                     seconds(floor) if floor > 0 else "",
                     f"{median / floor:.1f}" if floor > 0 else "",
                     f"{float(r['least_seconds']) / floor:.1f}" if floor > 0 else ""])
    return table(["item", "P", "N", "median", "least", "spread", "floor", "median / floor",
                  "least / floor"], body)


def peers(folder):
    body = []
    for r in read(folder, "peers.csv"):
        name = r["program"].split("_", 1)[-1].replace("_", " ")
        body.append([r["item"], r["parameters"], name, seconds(r["median_seconds"]),
                     seconds(r["least_seconds"]), f"{float(r['ratio_of_medians']):.1f}",
                     f"{float(r['ratio_of_least']):.1f}"])
    return table(["item", "P", "how", "median", "least", "times ours (medians)",
                  "times ours (least)"], body)


def notebook(folder):
    body = [[r["item"], r["who"], seconds(r["median_seconds"]), seconds(r["least_seconds"]), f"{float(r['median_ratio']):.3g}",
             f"{float(r['least_ratio']):.3g} … {float(r['largest_ratio']):.3g}"] for r in read(folder, "notebook.csv")]
    return table(["item", "who", "median", "least", "median ratio", "ratios"], body)


def scaling(folder):
    body = [[r["item"], r["variable"], f"{r['from']} … {r['to']}", r["expected"],
             f"{float(r['counted']):.2f}", f"{float(r['fitted']):.2f}",
             f"{float(r['last_pair']):.2f}"] for r in read(folder, "scaling.csv")]
    return table(["item", "variable", "range", "expected", "counted", "fitted", "last pair"], body)


def threads(folder):
    body = [[r["what"], r["width"], r["samples"], seconds(r["one_thread_seconds"]),
             seconds(r["two_threads_seconds"]), r["speedup"], r["pure_speedup"], r["ratio"],
             f"{float(r['speedup_of_least']) / float(r['pure_speedup_of_least']):.3f}"]
            for r in read(folder, "threads.csv")]
    return table(["what", "w", "N", "one thread", "two threads", "speed-up", "pure loop",
                  "ratio", "ratio of least"], body)


def main():
    folder, page = sys.argv[1:]
    with open(page) as file:
        text = file.read()
    sources = {measured: "items.csv", ceilings: "items.csv", items: "items.csv", peers: "peers.csv", notebook: "notebook.csv",
               scaling: "scaling.csv", threads: "threads.csv"}
    for make, source in sources.items():
        if not os.path.exists(os.path.join(folder, source)):
            continue  # what was not measured stays as it is
        pattern = rf"(<!-- table: {make.__name__} -->\n).*?(<!-- end of table -->)"
        text = re.sub(pattern, lambda m: m[1] + make(folder) + "\n" + m[2], text, flags=re.S)
    with open(page, "w") as file:
        file.write(text)


if __name__ == "__main__":
    main()
