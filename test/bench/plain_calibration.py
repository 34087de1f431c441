"""Back-test of the core rules, written the obvious way: the yardstick of `npm run bench -- calibration`.

Usage: plain_calibration.py FILE [JOBS]. Prints one line of JSON with what it decided and how long it took.
"""
import csv, gzip, heapq, json, math, resource, sys, time
from collections import deque

SHIFTS = [(.6, 1), (-.6, 1), (1.2, 1), (-1.2, 1), (2, 1), (-2, 1), (0, .35), (0, .6), (0, 1.7), (1, .6), (-1, .6),
          (.8, 1.6), (-.8, 1.6)]
FORGETTING = [.99, .97, .90]


def clip(value, low, high):
    return max(low, min(value, high))


def sigmoid(x):
    return 1 / (1 + math.exp(-clip(x, -30, 30)))


def logit(p):
    return math.log(p / (1 - p))


def expected_absolute(d, s):
    """E|d + sZ| of a standard normal Z."""
    if s == 0:
        return abs(d)
    return s * math.sqrt(2 / math.pi) * math.exp(-d * d / (2 * s * s)) + d * math.erf(d / s / math.sqrt(2))


def debiased_ece(pairs, bins=10):
    pairs = sorted(pairs, key=lambda pair: pair[0])
    n, start, plug, bias, variance = len(pairs), 0, 0.0, 0.0, 0.0
    for b in range(bins):
        end = start + n // bins + (1 if b < n % bins else 0)
        part, start = pairs[start:end], end
        if not part:
            continue
        size = len(part)
        positives = sum(y for _, y in part)
        gap = sum(p for p, _ in part) / size - positives / size
        smoothed = (positives + .5) / (size + 1)
        s2 = smoothed * (1 - smoothed) / size
        plug += size / n * abs(gap)
        bias += size / n * (expected_absolute(gap, math.sqrt(s2)) - abs(gap))
        variance += (size / n) ** 2 * s2
    ece, margin = max(0, plug - bias), 1.645 * math.sqrt(variance)
    return ece, max(0, ece - margin), ece + margin


class Cluster:
    def __init__(self):
        self.weights = [.2] * 5
        self.platt = [[0., 1., 1., 0., .25] for _ in FORGETTING]
        self.bias, self.tau, self.hold, self.tokens, self.last = 0., .2, 100, 10., None
        self.harm, self.served, self.raw = [0.] * 3, [0.] * 13, [0.] * 13
        self.harms, self.outcomes = deque(maxlen=50), deque(maxlen=1000)
        self.lo, self.hi, self.up = -2., 3., 2.5
        self.n, self.recent, self.whole, self.in_flight = 0, None, None, 0

    def experts(self, p):
        x = logit(clip(p, .001, .999))
        return x, [p] + [sigmoid(m[0] + m[1] * x) for m in self.platt] + [sigmoid(self.bias + x)]

    def serve(self, p, predicted):
        _, experts = self.experts(p)
        m = math.log1p(max(0, predicted))
        q = clip(sum(w * e for w, e in zip(self.weights, experts)), 1e-9, 1 - 1e-9)
        return q, [math.exp(clip(m + t, 0, 14)) - 1 for t in (self.lo, self.hi, self.up)]

    def acts(self, q, now):
        days = 0 if self.last is None else max(0, now - self.last) / 86400
        if self.hold > 0 or min(20, self.tokens + .5 * days) - self.in_flight < 1:
            return False
        if len(self.harms) >= 20 and sum(self.harms) / len(self.harms) > .10:
            return False
        if min(q, 1 - q) > self.tau or self.in_flight >= 10 or self.n < 50:
            return False
        return 1 - 5 * self.recent[0] > .60

    def resolve(self, p, q, bounds, y, wait, at, executed):
        if self.last is not None:
            self.tokens = min(20, self.tokens + .5 * max(0, at - self.last) / 86400)
        self.last = at if self.last is None else max(self.last, at)
        wrong = (q >= .5) != (y == 1)
        self.hold = max(0, self.hold - 1)
        if executed:
            self.in_flight -= 1
            self.tokens = self.tokens - 1 if wrong else min(20, self.tokens + .05)
        self.learn(p, y)
        if min(q, 1 - q) <= max(self.tau, .03):
            self.tau = clip(self.tau + .05 * (.05 - wrong), 0, .5)
            self.harms.append(wrong)
            for j, c in enumerate((.15, .30, .60)):
                self.harm[j] = max(self.harm[j], 1) * (c / .08 if wrong else (1 - c) / .92)
            if sum(self.harm) / 3 >= 1000:
                self.harm, self.hold, self.tau = [0.] * 3, 100, min(self.tau, .10)
        self.raw = self.watch(self.raw, p, y, lambda s: s + 1, 3000)
        for name, away, bound, rate, missed in (("lo", -1, 0, .05, lambda b: wait < b),
                                                ("hi", 1, 1, .05, lambda b: wait > b),
                                                ("up", 1, 2, .10, lambda b: wait > b)):
            moved = getattr(self, name) + away * .2 * (missed(bounds[bound]) - rate)
            setattr(self, name, clip(moved, -14, 14))
        self.served = self.watch(self.served, q, y, lambda s: max(s, 1), 1000)
        self.outcomes.append((round(q * 65535) / 65535, y))
        self.n += 1
        if self.n >= 50 and self.n % 10 == 0:
            self.recent = debiased_ece(list(self.outcomes)[-300:])
            self.whole = debiased_ece(self.outcomes)

    def learn(self, p, y):
        x, experts = self.experts(p)
        scores = [w * (clip(e, .001, .999) if y else 1 - clip(e, .001, .999)) for w, e in zip(self.weights, experts)]
        self.weights = [.99 * s / sum(scores) + .002 for s in scores]
        for m, forgetting in zip(self.platt, FORGETTING):
            a, b, p00, p01, p11 = m
            trace = (p00 + p11) / forgetting
            scale = (2 / trace if trace > 2 else 1) / forgetting
            p00, p01, p11 = p00 * scale, p01 * scale, p11 * scale
            f = sigmoid(a + b * x)
            v = max(f * (1 - f), .001)
            g0, g1 = p00 + p01 * x, p01 + p11 * x
            gain = 1 / (1 / v + g0 + g1 * x)
            p00, p01, p11 = p00 - g0 * g0 * gain, p01 - g0 * g1 * gain, p11 - g1 * g1 * gain
            a = clip(a + (p00 + p01 * x) * (y - f), -6, 6)
            b = clip(b + (p01 + p11 * x) * (y - f), .05, 3)
            m[:] = [a, b, p00, p01, p11]
        f = sigmoid(self.bias + x)
        self.bias = clip(self.bias + .15 * (y - f) / math.sqrt(max(.05, f * (1 - f))), -6, 6)

    @staticmethod
    def watch(statistics, probability, y, before, alarm):
        q, x = clip(probability, 1e-4, 1 - 1e-4), logit(clip(probability, .001, .999))
        after = []
        for s, (a, b) in zip(statistics, SHIFTS):
            h = clip(sigmoid(a + b * x), .001, .999)
            nearest = clip(h, q - .02, q + .02)
            after.append(before(s) * (h / nearest if y else (1 - h) / (1 - nearest)))
        return [0.] * 13 if sum(after) / 13 >= alarm else after


def main(path, limit):
    begin, cpu = time.perf_counter(), time.process_time()
    with open(path, "rb") as head:
        zipped = head.read(2) == b"\x1f\x8b"
    cluster, pending = Cluster(), []
    jobs = executed = harmful = 0
    deciding = resolving = 0.0

    def settle(until):
        nonlocal resolving
        while pending and pending[0][0] <= until:
            at, _, p, q, bounds, y, wait, ran = heapq.heappop(pending)
            start = time.perf_counter()
            cluster.resolve(p, q, bounds, y, wait, at, ran)
            resolving += time.perf_counter() - start

    with (gzip.open if zipped else open)(path, "rt", newline="") as file:
        for row in csv.DictReader(file):
            if jobs == limit:
                break
            now, p, y = float(row["submitted_at"]), float(row["p_long_wait"]), int(row["long_wait"])
            settle(now)
            start = time.perf_counter()
            q, bounds = cluster.serve(p, float(row["predicted_wait_s"]))
            ran = cluster.acts(q, now)
            deciding += time.perf_counter() - start
            if ran:
                cluster.in_flight += 1
                executed += 1
                harmful += (q >= .5) != (y == 1)
            heapq.heappush(pending, (float(row["label_at"]), jobs, p, q, bounds, y, float(row["actual_wait_s"]), ran))
            jobs += 1
    settle(math.inf)
    seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"version": sys.version.split()[0], "jobs": jobs, "executed": executed, "harmful": harmful,
                      "seconds": seconds, "cpuSeconds": cpu, "decideMicros": 1e6 * deciding / jobs, "resolveMicros": 1e6 * resolving / jobs,
                      "residentMegabytes": kilobytes / 1024}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None)
