#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How well ranks would share the chains of Figure 2, from measured times of its chains.

    spinodal-chains 12 >chains.csv
    farm_model.py chains.csv [--serial SECONDS] [--bytes BYTES] [--latency SECONDS] [--rate BYTES_PER_SECOND]

Chains of more seeds are drawn from the measured ones, seed by seed, with a fixed generator. Ranks take the next chain of a list when
they have done one, as the counter of `comm` lets them; between the stages and behind them all meet, exchange what they have sent,
and rank 0 writes. Efficiency is the time of one rank by that of R ranks times R.
"""
import argparse
import csv
import heapq
import math
import random


def read_chains(path):
    """Of each seed the chain up, and those down: (seconds, forecast of the sweep)."""
    up, down = {}, {}
    with open(path, encoding="utf-8") as file:
        for row in csv.DictReader(file):
            chain = float(row["seconds"]), float(row["forecast"]), int(row["points"]), int(row["chain"])
            if row["stage"] == "1":
                up[int(row["seed"])] = chain
            else:
                down.setdefault(int(row["seed"]), []).append(chain)
    return up, {seed: sorted(chains, key=lambda c: c[3]) for seed, chains in down.items()}


def makespan(seconds, ranks):
    """Jobs are taken in this order, each by the rank that is free first."""
    if ranks >= len(seconds):
        return max(seconds, default=0.0)
    free = [0.0] * ranks
    for job in seconds:
        heapq.heapreplace(free, free[0] + job)
    return max(free)


def orders(chains):
    """Seconds of the chains in three orders."""
    return {
        "by number": [c[0] for c in chains],
        "by forecast": [c[0] for c in sorted(chains, key=lambda c: -c[1])],
        "if times were known": sorted((c[0] for c in chains), reverse=True),
    }


def overhead(arguments, points, ranks):
    """Both exchanges, and what rank 0 does alone behind them."""
    serial = arguments.serial * points
    if ranks == 1:
        return serial
    steps = math.ceil(math.log2(ranks))
    return serial + arguments.bytes * points / arguments.rate + 2 * ranks * 2 * steps * arguments.latency


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chains")
    parser.add_argument("--serial", type=float, default=0.0, help="seconds a point that only one rank works")
    parser.add_argument("--bytes", type=float, default=0.0, help="of a message, one a point")
    parser.add_argument("--latency", type=float, default=1e-6)
    parser.add_argument("--rate", type=float, default=1e10)
    arguments = parser.parse_args()
    up, down = read_chains(arguments.chains)
    print("| ranks | seeds | order | chains up | chains down | sharing alone | with exchange and writing |")
    print("|---|---|---|---|---|---|---|")
    for ranks in (2, 8, 64, 1024):
        for seeds in (ranks, 4 * ranks, 16 * ranks):
            drawn = random.Random(1).choices(sorted(up), k=seeds)
            first = [up[s] for s in drawn]
            second = [chain for s in drawn for chain in down[s]]
            points = sum(c[2] for c in first + second)
            work = sum(c[0] for c in first + second)
            for name, ordered in orders(second).items():
                spans = makespan([c[0] for c in first], ranks), makespan(ordered, ranks)
                alone = work / (ranks * sum(spans))
                one, many = (work + overhead(arguments, points, 1)), sum(spans) + overhead(arguments, points, ranks)
                print(f"| {ranks} | {seeds} | {name} | {sum(c[0] for c in first) / ranks / spans[0]:.3f} | "
                      f"{sum(c[0] for c in second) / ranks / spans[1]:.3f} | {alone:.3f} | {one / (ranks * many):.3f} |")


if __name__ == "__main__":
    main()
