"""figures.py KERNEL ROWS NAME FIGURE PERCENT: what MLEnv's rows say against the kernel's counters at the same moments."""
import calendar
import json
import statistics
import sys
import time

kernel_file, rows_file, name, figure, percent = sys.argv[1:]
COLUMN = {"cpu": 3, "memory": 4, "written": 5, "received": 6, "sent": 7}[figure]
FIELD = {
    "cpu": "cpu_percent",
    "memory": "memory_used_gb",
    "written": "disk_write_mb",
    "received": "network_rx_mb",
    "sent": "network_tx_mb",
}[figure]

samples, container = [], None
for line in open(kernel_file):
    parts = line.split()
    if len(parts) == 8 and parts[2] == name:
        container = parts[1]
        samples.append((float(parts[0]), float(parts[COLUMN])))


def at(when):
    """The counter at a moment, between the two samples around it."""
    for (t0, v0), (t1, v1) in zip(samples, samples[1:]):
        if t0 <= when <= t1:
            return v0 + (v1 - v0) * (when - t0) / (t1 - t0)
    return None


rows = []
for row in json.load(open(rows_file)):
    when = calendar.timegm(time.strptime(row["timestamp"][:19].replace("T", " "), "%Y-%m-%d %H:%M:%S"))
    if row["container_id"] == container and row[FIELD] is not None and at(when) is not None:
        rows.append((when, row[FIELD]))
rows.sort()
if len(rows) < 4:
    sys.exit(f"{len(rows)} rows of {name} with {FIELD}, {len(samples)} samples of the kernel")

(first, a), (last, b) = rows[0], rows[-1]
if figure == "cpu":
    told = statistics.mean(value for _, value in rows[1:])
    right = (at(last) - at(first)) / (last - first) / 10_000
elif figure == "memory":
    told = statistics.median(value * 2**30 for _, value in rows)
    right = statistics.median(at(when) for when, _ in rows)
else:
    told, right = (b - a) * 2**20, at(last) - at(first)
print(f"# {name} {figure}: MLEnv {told:.1f}, kernel {right:.1f}, {len(rows)} rows over {last - first} s", file=sys.stderr)
if right <= 0 or abs(told - right) > float(percent) / 100 * right:
    sys.exit(f"{figure} of {name}: MLEnv says {told:.1f}, the kernel {right:.1f}")
