#!/usr/bin/env python3
"""Does a seed give the same run again? `replay.py PROGRAM [--seed N] [--seeds N] [--steps N] ...`
runs the seeds in one process, and each of them alone in another, as somebody does who looks into a
failure. What happened must have the same hash, and be counted alike, although a new process has
other addresses, ids and hash keys."""

import argparse
import re
import subprocess
import sys


def numbers_of(program, arguments, seed, seeds):
    """What the program tells of each seed."""
    command = [program, *arguments, "--numbers", "--seed", str(seed), "--seeds", str(seeds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.returncode}\n{done.stderr}")
    told = re.findall(r"^seed (\d+): (.*(?:\n  .*)*)", done.stdout, re.M)
    return {int(number): text for number, text in told}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1)
    known, arguments = parser.parse_known_args()
    seeds = range(known.seed, known.seed + known.seeds)
    together = numbers_of(known.program, arguments, known.seed, known.seeds)
    if list(together) != list(seeds) or not all("hash" in text for text in together.values()):
        sys.exit(f"no hash of each seed: {together}")
    different = 0
    for seed in seeds:
        alone = numbers_of(known.program, arguments, seed, 1).get(seed)
        if alone != together[seed]:
            different += 1
            print(f"seed {seed} among others: {together[seed]}\nseed {seed} alone: {alone}")
    print(f"{len(seeds)} seeds run twice, {different} of them were different")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
