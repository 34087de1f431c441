#!/usr/bin/env python3
"""Writes calibration.json: what scikit-learn says of samples that are hard on bins.

    calibration.py > calibration.json && npx biome format --write calibration.json

Needs scikit-learn; written with its 1.9 and numpy 2.4.

The large samples are not in the file, but how to make them: `generated` below, in arithmetic that is exact in doubles.
"""
import json

import numpy as np
from sklearn.calibration import calibration_curve
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

BINS = 15


def generated(n, seed, steps, slope=1., shift=0., squared=False):
    """n pairs: p in 0/steps .. steps/steps, y with a chance of slope p + shift; the upper 16 bits of Numerical Recipes' generator."""
    pairs = []
    for _ in range(n):
        draws = []
        for _ in range(2):
            seed = (seed * 1664525 + 1013904223) % 2**32
            draws.append((seed >> 16) / 65536)
        u = draws[0] * draws[0] if squared else draws[0]
        p = int(u * (steps + 1)) / steps
        pairs.append((p, int(draws[1] < slope * p + shift)))
    return pairs


LISTED = {
    'one job': [(.3, 1)],
    'two jobs': [(.3, 1), (.6, 0)],
    'fewer jobs than bins': [(.1, 0), (.2, 0), (.2, 1), (.5, 1), (.9, 1), (.9, 0), (1., 1)],
    'one job for each bin': [(k / 15, int(k % 3 == 0)) for k in range(15)],
    # Positions of the edges are whole numbers but for a rounding error, which decides where a job at an edge goes.
    'one job more than bins': [(k / 15, int(k % 3 == 0)) for k in range(16)],
    'twice as many and one': [(k / 31, int(k % 4 == 0)) for k in range(31)],
    'constant at the base rate': [(.2, int(k % 5 == 0)) for k in range(300)],
    'constant and wrong': [(.5, int(k % 10 == 0)) for k in range(300)],
    'one outlier above': [(.3, int(k % 5 == 0)) for k in range(99)] + [(.8, 1)],
    'one outlier below': [(0., 0)] + [(.3, int(k % 5 == 0)) for k in range(99)],
    'certainties, some wrong': [(float(k % 2), int(k % 2 != (k % 7 == 0))) for k in range(60)],
    'always long': [((k % 11) / 10, 1) for k in range(60)],
    'never long': [((k % 11) / 10, 0) for k in range(60)],
}
GENERATED = {
    '100 jobs, two decimals': dict(n=100, seed=1, steps=100),
    '1,000 jobs, three decimals': dict(n=1000, seed=2, steps=1000),
    '1,000 jobs, one decimal': dict(n=1000, seed=3, steps=10, slope=.7),
    '1,000 jobs, four values': dict(n=1000, seed=4, steps=3, slope=.5, shift=.2),
    '1,000 jobs, most near 0': dict(n=1000, seed=5, steps=50, squared=True, slope=1.3),
    '10,000 jobs, two decimals': dict(n=10000, seed=6, steps=100, shift=.05),
    '10,000 jobs, fine': dict(n=10000, seed=7, steps=65000, squared=True, slope=.8),
    '10,001 jobs, nine values': dict(n=10001, seed=8, steps=8),
}


def right(pairs):
    p, y = (np.array(column) for column in zip(*pairs))
    true, mean = calibration_curve(y, p, n_bins=BINS, strategy='quantile')
    # It keeps its counts to itself: they come from the edges it makes.
    edges = np.percentile(p, np.linspace(0, 1, BINS + 1) * 100)
    counts = np.bincount(np.searchsorted(edges[1:-1], p), minlength=BINS)
    counts = counts[counts > 0]
    share, base = counts / len(p), y.mean()
    both = 0 < y.sum() < len(y)
    return dict(
        counts=counts.tolist(),
        ece=(share * abs(mean - true)).sum(),
        mce=abs(mean - true).max(),
        brier=((p - y)**2).mean() if not both else brier_score_loss(y, p),
        reliability=(share * (mean - true)**2).sum(),
        resolution=(share * (true - base)**2).sum(),
        uncertainty=base * (1 - base),
        auroc=roc_auc_score(y, p) if both else None,
        auprc=average_precision_score(y, p) if y.any() else None,
    )


cases = [dict(name=name, pairs=pairs, right=right(pairs)) for name, pairs in LISTED.items()]
cases += [dict(name=name, generated=dict(dict(slope=1., shift=0., squared=False), **how), right=right(generated(**how))) for name, how in GENERATED.items()]
print('[')
print(',\n'.join(json.dumps(case, separators=(',', ':')) for case in cases))
print(']')
