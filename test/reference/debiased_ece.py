#!/usr/bin/env python3
"""Writes debiased_ece.json: what calibration/gate.py of the reference data computes on samples that are hard on bins and stretches.

    debiased_ece.py FOLDER > debiased_ece.json && npx biome format --write debiased_ece.json

FOLDER holds gate.py; needs numpy.

Inputs are whole numbers: q in 1/1000 or 1/64, times in seconds. They come from a linear congruential generator, so that no library matters.
"""
import json, sys

sys.path.insert(0, sys.argv[1])
import gate
import numpy as np


def stream(seed):
    """Numerical Recipes' generator: the upper 16 of 32 bits, as a share of 1."""
    while True:
        seed = (seed * 1664525 + 1013904223) % 2**32
        yield (seed >> 16) / 65536


def sample(n, seed, steps, step_seconds, burst=1, skew=0., top=1.):
    """n jobs, q in `steps` steps; `burst` at a time share a second, `step_seconds` apart on average."""
    u, rows, time = stream(seed), [], 1767225600
    for i in range(n):
        if i % burst == 0:
            time += int(next(u) * 2 * step_seconds)
        k = round(next(u) * top * steps)
        rows.append((k, int(next(u) < k / steps + skew), time))
    return dict(steps=steps, rows=rows)


CASES = {
    'one job': sample(1, 1, 1000, 60),
    'two jobs, one stretch': sample(2, 2, 1000, 1),
    'nine jobs': sample(9, 3, 1000, 4000),
    'eleven jobs': sample(11, 14, 1000, 4000),
    'a ring, calibrated': sample(1000, 4, 1000, 60),
    'a ring, long waits more than said': sample(1000, 5, 1000, 60, skew=.2),
    'few distinct q': sample(400, 6, 8, 600),
    'only small q, many at 0': sample(300, 7, 64, 600, top=.05, skew=.01),
    'bursts of 40 at a time': sample(800, 8, 1000, 40000, burst=40),
    'one burst': sample(200, 9, 1000, 60, burst=200, skew=.1),
    'five stretches, a job each': sample(5, 10, 1000, 7200),
    'four stretches': sample(4, 15, 1000, 7200),
    'over years': sample(120, 11, 1000, 2_000_000),
    'stretches of a twentieth of a day': sample(700, 12, 64, 120),
    'a constant q at the base rate': dict(steps=10, rows=[(2, int(i % 5 == 0), 1767225600 + 600 * i) for i in range(300)]),
    'a constant q beside one outlier': dict(steps=10, rows=[(3, int(i % 5 == 0), 1767225600 + 600 * i) for i in range(99)] + [(9, 1, 1767225600)]),
    'certainties': dict(steps=1, rows=[(int(i % 3 == 0), int(i % 7 == 0), 1767225600 + 900 * i) for i in range(150)]),
    'only long waits': dict(steps=10, rows=[(i % 11, 1, 1767225600 + 900 * i) for i in range(60)]),
    'only short waits, q at 0': dict(steps=10, rows=[(0, 0, 1767225600 + 900 * i) for i in range(60)]),
    # 300.6 s a stretch, a fifth of the jobs exactly at its edges: the rounded quotient would put them one too far.
    'times at the edges of stretches': dict(steps=16, rows=[(i * 7 % 17, int(i * 7 % 17 > i * 5 % 16), 1767225897 + (1503 * i // 5 if i % 5 == 0 else 100 * i)) for i in range(21)]),
}


def skill_bound(q, y, times):
    """What `tells_more_than_the_base_rate` compares with 0."""
    q, y, block = np.asarray(q, float), np.asarray(y, float), gate.blocks(times)
    if block.max() + 1 < gate.STRETCHES:
        return None
    d = (q - q.mean()) * (y - y.mean())
    return d.mean() - gate.Z99 * np.sqrt(max(gate.variance_of_mean(d, block), d.var() / len(d)))


def right(steps, rows):
    k, y, times = zip(*rows)
    q = [v / steps for v in k]
    ece, error = gate.debiased_ece(q, y, times)
    return dict(ece=ece, error=error, skillBound=skill_bound(q, y, times), skill=bool(gate.tells_more_than_the_base_rate(q, y, times)))


print('[')
print(',\n'.join(json.dumps(dict(name=name, longWaitSeconds=gate.T, **case, right=right(**case)), separators=(',', ':')) for name, case in CASES.items()))
print(']')
