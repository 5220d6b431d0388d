#!/usr/bin/env python3
"""Turns the JSON files of tools/bench.sh into report.md and the data of the plots.

Usage: bench_report.py FOLDER. Every figure is a median over the rounds of one process, and every
ratio is one of two such medians, so that the drift of the machine falls on both. Where one thread
works, its processor time counts: what other programs take from it is not the code's doing. Where
several do, it is wall time.
"""

import json
import math
import pathlib
import re
import statistics
import sys

NAME = re.compile(r"(?P<who>[^/]+)/(?P<pattern>.+)/(?P<scalar>float|double|half|bfloat16)"
                  r"/n:(?P<n>\d+)/d:(?P<d>\d+)/t:(?P<threads>\d+)/")
SCALE_PLOT = ["Strided<S>", "Local<W>", "Local<W> | (Causal & Columns<S>)",
              "Local<W> | Strided<S>", "Causal & (Local<W> | Strided<S>)"]
FAMILIES = {"window": "Local<W>", "stride": "Strided<S>",
            "crossing": "Strided<S> | Columns<T>, lattices that cross irregularly",
            "contains only": "a pattern with contains() and no bands"}


class Measurement:
    """The rounds of one benchmark."""

    def __init__(self, key, entry):
        self.who, self.pattern, self.scalar = key["who"], key["pattern"], key["scalar"]
        self.n, self.d, self.threads = int(key["n"]), int(key["d"]), int(key["threads"])
        self.pairs, self.flops, self.bytes = entry["pairs"], entry["flops"], entry["bytes"]
        self.predicted = entry["predicted"]
        self.times, self.walls = [], []

    @property
    def wall(self):
        return statistics.median(self.walls)

    @property
    def time(self):
        return statistics.median(self.times)

    @property
    def gflops(self):
        return self.flops / self.time * 1e-9

    @property
    def counted(self):
        return self.n * self.n / self.pairs

    @property
    def spread(self):
        """Half of the rounds lie within this part of the median, from end to end."""
        if len(self.times) < 4:
            return 0.0
        low, _, high = statistics.quantiles(self.times, n=4)
        return (high - low) / self.time


class Run:
    """One JSON file: one process."""

    def __init__(self, path):
        data = json.loads(path.read_text())
        self.context = data["context"]
        # Where one thread and several are compared, both by the same clock.
        self.timed_by_wall = self.context["suite"] in ("threads", "training_threads")
        found = {}
        for entry in data["benchmarks"]:
            if entry["run_type"] != "iteration":
                continue
            key = NAME.match(entry["name"])
            unit = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}[entry["time_unit"]]
            m = found.setdefault(key.group(0), Measurement(key, entry))
            clock = "real_time" if m.threads > 1 or self.timed_by_wall else "cpu_time"
            m.times.append(entry[clock] * unit)
            m.walls.append(entry["real_time"] * unit)
        self.all = list(found.values())

    def get(self, who, pattern, scalar="float", d=64, threads=1):
        for m in self.all:
            if (m.who, m.pattern, m.scalar, m.d, m.threads) == (who, pattern, scalar, d, threads):
                return m
        return None

    def peak(self, scalar="float"):
        return max(m.gflops for m in self.all if m.pattern.startswith("FMA") and m.scalar == scalar)


def runs(folder, suite):
    """The runs of a suite by N."""
    found = {}
    for path in folder.glob(f"{suite}-*.json"):
        found[int(path.stem.split("-")[1])] = Run(path)
    return dict(sorted(found.items()))


def table(header, rows):
    """A Markdown table, padded so that it reads well on a terminal, too."""
    cells = [[c.replace("|", "\\|") for c in row] for row in [header, *rows]]
    width = [max(len(row[i]) for row in cells) for i in range(len(header))]
    lines = ["| " + " | ".join(c.ljust(w) if i == 0 else c.rjust(w)
                               for i, (c, w) in enumerate(zip(row, width))) + " |" for row in cells]
    rule = "|" + "|".join("-" * (w + 2) if i == 0 else "-" * (w + 1) + ":"
                          for i, w in enumerate(width)) + "|"
    return [lines[0], rule, *lines[1:], ""]


def duration(seconds):
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{three_digits(seconds / size)} {unit}"
    return f"{three_digits(seconds / 1e-6)} µs"


def three_digits(value):
    return f"{value:.{0 if value >= 99.95 else 1 if value >= 9.995 else 2}f}"


def by_counted(measurements):
    return sorted(measurements, key=lambda m: m.counted)


def spread_sentence(run):
    spreads = [m.spread for m in run.all]
    return (f"The middle half of the rounds spans {100 * statistics.median(spreads):.0f} % of the "
            f"time, in the noisiest line {100 * max(spreads):.0f} %.") if max(spreads) else ""


def scale_section(n, run):
    dense, peak = run.get("tartan", "Dense"), run.peak()
    rows = []
    naive = run.get("naive", "Dense")
    if naive:
        rows.append(["naive dense: Eigen products", duration(naive.time), "1.00",
                     f"{dense.time / naive.time:.2f}", "", f"{naive.gflops:.0f}",
                     f"{naive.gflops / peak:.2f}", ""])
    for m in by_counted(m for m in run.all if m.who == "tartan"):
        loop = run.get("row loop", m.pattern)
        speedup = dense.time / m.time
        rows.append([m.pattern, duration(m.time), three_digits(m.counted), three_digits(speedup),
                     f"{speedup / m.counted:.2f}", f"{m.gflops:.0f}", f"{m.gflops / peak:.2f}",
                     f"{loop.time / m.time:.2f}" if loop else ""])
    root = round(math.sqrt(n))
    return [f"### N = {n}, S = W = {root}", "",
            f"FMA peak in this run: {peak:.0f} GFLOP/s. {spread_sentence(run)}", "",
            *table(["pattern", "time", "counted", "speed-up", "efficiency",
                    "GFLOP/s", "of peak", "row loop / ours"], rows)]


def families_section(n, run):
    dense = run.get("tartan", "Dense")
    rows = []
    for m in sorted(run.all, key=lambda m: (re.sub(r"\d+$", "", m.pattern), -m.counted)):
        speedup = dense.time / m.time
        rows.append([m.pattern, f"{m.pairs / n:.0f}", duration(m.time), three_digits(m.counted),
                     three_digits(speedup), f"{speedup / m.counted:.2f}",
                     three_digits(1 / m.predicted)])
    return [f"### N = {n}, S = {round(math.sqrt(n))}", "", spread_sentence(run), "",
            *table(["pattern", "keys a row", "time", "counted", "speed-up", "efficiency",
                    "predicted"], rows)]


def threads_section(found):
    rows = []
    for n, run in found.items():
        for m in run.all:
            one = run.get("tartan", m.pattern, threads=1)
            if m.threads > 1:
                rows.append([m.pattern, str(n), duration(one.time), str(m.threads), duration(m.time),
                             f"{m.gflops:.0f}", f"{one.time / m.time:.2f}"])
    rows.sort()
    if not rows:
        return ["This machine has one thread.", ""]
    return table(["pattern", "N", "one thread", "threads", "time", "GFLOP/s", "speed-up"], rows)


def shapes_section(run):
    rows = []
    for m in run.all:
        if m.who != "tartan":
            continue
        dense = run.get("tartan", "Dense", m.scalar, m.d)
        speedup = dense.time / m.time
        rows.append((m.scalar, m.d, m.counted,
                     [m.pattern, m.scalar, str(m.d), duration(m.time), f"{m.gflops:.0f}",
                      f"{m.gflops / run.peak(m.scalar):.2f}", three_digits(speedup),
                      f"{speedup / m.counted:.2f}"]))
    rows.sort(key=lambda r: (r[0] != "float", r[1], r[2]))
    memory = run.get("machine", "memory read", d=0)
    return [f"FMA peak: {run.peak('float'):.0f} GFLOP/s in float, {run.peak('double'):.0f} in "
            f"double; one core reads memory at {memory.bytes / memory.time * 1e-9:.0f} GB/s.", "",
            *table(["pattern", "scalar", "head_dim", "time", "GFLOP/s", "of peak",
                    "speed-up", "efficiency"], [r[3] for r in rows])]


def models_section(n, run):
    masks = ["Dense", "Local<W> | Strided<S>"]
    heads, scores, scalars = [], [], []
    for mask in masks:
        single, multi = run.get("single calls", mask), run.get("multi-head", mask)
        grouped, short = run.get("grouped", mask), run.get("short heads", mask)
        blocks = run.get("calls on columns", mask)

        def on_all(who):
            return next((m for m in run.all
                         if (m.who, m.pattern) == (who, mask) and m.threads > 1), None)
        heads.append([mask, duration(single.time), f"{blocks.time / single.time:.2f}",
                      f"{multi.time / single.time:.2f}", f"{grouped.time / single.time:.2f}",
                      *[f"{one.wall / many.wall:.2f}" if many else ""
                        for one, many in ((multi, on_all("multi-head")),
                                          (short, on_all("short heads")))]])
        none = run.get("score", f"none, {mask}")
        for m in run.all:
            if m.who == "score" and m.pattern.endswith(f", {mask}") and m is not none:
                scores.append([m.pattern[:-len(mask) - 2], mask, duration(m.time),
                               f"{100 * (m.time / none.time - 1):.0f} %"])
        base = run.get("scalar", mask)
        for m in run.all:
            if m.who == "scalar" and m.pattern == mask:
                scalars.append([m.scalar, mask, duration(m.time), f"{base.time / m.time:.2f}"])
    scores.sort(key=lambda row: (row[0], row[1]))
    return [f"## Heads, score modifiers, scalars: N = {n}, head_dim 64", "",
            "Eight heads: times as multiples of eight calls of `attention()` on matrices of their "
            "own (first column). *Grouped* has two key/value heads. Short heads are of "
            f"{n // 8} tokens.", "",
            *table(["pattern", "8 calls", "8 calls on columns", "multi-head", "grouped",
                    "speed-up on all threads", "of short heads"], heads),
            "What score modifiers add to the time, one head:", "",
            *table(["modifier", "pattern", "time", "added"], scores),
            "Scalar types, one head:", "",
            *table(["scalar", "pattern", "time", "times as fast as float"], scalars)]


def decoding_section(n, run):
    rows = []
    for m in run.all:
        if m.who != "decode":
            continue
        read = run.get("read", m.pattern)
        rows.append([m.pattern, f"{m.pairs:.0f}", duration(read.time), duration(m.time),
                     f"{m.time / read.time:.2f}", f"{m.bytes / m.time * 1e-9:.0f}"])
    return [f"## Decoding a token: float, head_dim 64, a context of {n}, one thread", "",
            "*Read* is the time of reading as many bytes of the same cache in order.", "",
            *table(["pattern", "keys", "read", "decode", "decode / read", "GB/s"], sorted(rows))]


def training_section(n, run):
    rows, dense = [], run.get("backward", "Dense")
    for m in by_counted(m for m in run.all if m.who == "backward"):
        forward = run.get("forward", m.pattern)
        speedup = dense.time / m.time
        rows.append([m.pattern, duration(forward.time), duration(m.time),
                     f"{m.time / forward.time:.2f}", f"{m.gflops:.0f}", three_digits(m.counted),
                     three_digits(speedup), f"{speedup / m.counted:.2f}"])
    return [f"### Gradients, N = {n}", "", spread_sentence(run), "",
            *table(["pattern", "forward", "backward", "backward / forward", "GFLOP/s", "counted",
                    "speed-up", "efficiency"], rows)]


def training_threads_section(found):
    rows = []
    for n, run in found.items():
        for m in run.all:
            one = run.get("backward", m.pattern, threads=1)
            if m.who == "backward" and m.threads > 1:
                rows.append([m.pattern, str(n), duration(one.time), str(m.threads),
                             duration(m.time), f"{one.time / m.time:.2f}"])
    rows.sort()
    if not rows:
        return ["This machine has one thread.", ""]
    return ["### Gradients of one head, on one thread and all", "",
            *table(["pattern", "N", "one thread", "threads", "time", "speed-up"], rows)]


def families(run):
    """Of the density suite: family -> [(density, time / dense time, parameter)], by density."""
    dense, found = run.get("tartan", "Dense"), {}
    for m in run.all:
        family, _, parameter = m.pattern.partition("/")
        if parameter:
            found.setdefault(family, []).append((1 / m.counted, m.time / dense.time, parameter))
    return {family: sorted(found[family]) for family in FAMILIES}


def crossing(points):
    """The density at which a family's time reaches that of dense, between two points; or None.
    Less than 5 % more than dense time is noise: a full window *is* dense."""
    for (d0, t0, _), (d1, t1, _) in zip(points, points[1:]):
        if t0 <= 1.05 < t1:  # noise apart
            part = max(0, math.log(1 / t0) / math.log(t1 / t0))
            return d0 * (d1 / d0) ** part
    return None



def density_sentences(found):
    lines = []
    for family, points in found.items():
        title, at = FAMILIES[family], crossing(points)
        if at:
            lines.append(f"- {title}: dense wins from a density of **{at:.2f}** on.")
        elif min(time for _, time, _ in points) >= 1:
            lines.append(f"- {title}: dense wins at every density measured; at "
                         f"{points[0][0]:.3f} the pattern takes {points[0][1]:.1f} times as long.")
        else:
            lines.append(f"- {title}: dense never wins; at a density of "
                         f"{points[-1][0]:.2f} the pattern takes {points[-1][1]:.2f} of dense time.")
    return lines


def density_section(found):
    rows = [[FAMILIES[family], parameter, f"{density:.3f}", f"{time:.3f}", f"{time / density:.2f}"]
            for family, points in found.items() for density, time, parameter in points]
    return [*density_sentences(found), "",
            *table(["family", "parameter", "density", "time / dense time", "time / (density · dense)"],
                   rows)]


def losses(scale, density):
    """Where tartan does badly, found in the figures."""
    lines = []
    for n, run in scale.items():
        dense = run.get("tartan", "Dense")
        worst = min((m for m in run.all if m.who == "tartan"),
                    key=lambda m: dense.time / m.time / m.counted)
        lines.append(f"- N = {n}: the lowest efficiency is that of `{worst.pattern}`: "
                     f"{dense.time / worst.time / worst.counted:.2f}.")
        for m in run.all:
            ours = run.get("tartan", m.pattern)
            if m.who in ("row loop", "naive") and m.time < ours.time:
                lines.append(f"- N = {n}: {m.who} beats tartan on `{m.pattern}`: "
                             f"{duration(m.time)} against {duration(ours.time)}.")
    return lines + density_sentences(density)


def extras(folder):
    lines = []
    if (folder / "million.json").exists():
        m = json.loads((folder / "million.json").read_text())
        lines += ["## A million tokens", "",
                  f"{m['tokens']} tokens of `Local<1024> | Strided<1024>`, float, head_dim "
                  f"{m['head_dim']}, all threads: {m['seconds']:.2f} s, "
                  f"{4e-9 * m['pairs'] * m['head_dim'] / m['seconds']:.0f} GFLOP/s; "
                  f"{m['bytes_beyond'] / 2**20:.1f} MiB of memory beyond the "
                  f"{m['input_output_bytes'] / 2**20:.0f} MiB of inputs and output.", ""]
    if (folder / "cache.json").exists():
        c = json.loads((folder / "cache.json").read_text())
        lines += ["## A bounded cache", "",
                  f"{c['tokens']} tokens decoded with `Sinks<4> | Window<511, 0>`, two key/value "
                  f"heads of 64: {1e6 * c['seconds'] / c['tokens']:.1f} µs a token; the process "
                  f"held at most {c['peak_bytes_early'] / 2**20:.1f} MiB after a tenth of them, "
                  f"and {c['peak_bytes'] / 2**20:.1f} MiB at the end.", ""]
    if (folder / "compile_time.json").exists():
        c = json.loads((folder / "compile_time.json").read_text())
        lines += ["## Compile time", "",
                  f"With the flags above: `<Eigen/Core>` {c['eigen_core']:.2f} s, "
                  f"`<tartan/tartan.hpp>` {c['tartan_header']:.2f} s "
                  f"({c['tartan_header'] / c['eigen_core']:.2f} times); a program with three "
                  f"patterns {c['three_patterns']:.1f} s.", ""]
    return lines


def write_plot_data(folder, scale, density):
    """Blocks of lines, each under its quoted title, for tools/bench_plots.gp."""
    with open(folder / "speedup.dat", "w") as out:
        for pattern in SCALE_PLOT:
            out.write(f'"{pattern}"\n')
            for n, run in scale.items():
                m = run.get("tartan", pattern)
                out.write(f"{n} {m.counted} {run.get('tartan', 'Dense').time / m.time}\n")
            out.write("\n\n")
    with open(folder / "density.dat", "w") as out:
        for family, points in density.items():
            out.write(f'"{FAMILIES[family]}"\n')
            out.writelines(f"{d} {t}\n" for d, t, _ in points)
            out.write("\n\n")
    n, run = [(n, run) for n, run in scale.items() if run.get("row loop", "Local<W>")][-1]
    with open(folder / "gflops.dat", "w") as out:
        out.write(f'# N = {n}: pattern, ours, row loop, naive dense, FMA peak\n')
        for m in by_counted(m for m in run.all if m.pattern in SCALE_PLOT + ["Dense", "Causal"]
                            and m.who == "tartan"):
            rivals = [run.get(who, m.pattern) for who in ("row loop", "naive")]
            out.write(" ".join([f'"{m.pattern}"', f"{m.gflops}"]
                               + [f"{r.gflops}" if r else "NaN" for r in rivals]
                               + [f"{run.peak()}"]) + "\n")


def main():
    folder = pathlib.Path(sys.argv[1])
    scale = runs(folder, "scale")
    threads = runs(folder, "threads")
    (shapes_n, shapes), = runs(folder, "shapes").items()
    (density_n, density), = runs(folder, "density").items()
    context = shapes.context
    found = families(density)
    lines = ["# tartan: benchmark", "", "```", (folder / "machine.txt").read_text().rstrip(),
             f"compiler: {context['compiler']}", f"flags: {context['flags']}",
             f"Eigen: {context['eigen']}, {context['lanes']} floats in a vector", "```", "",
             "Every result was checked against `reference::attention` before it was timed. Times "
             "are medians of interleaved rounds in one process: processor time for one thread, "
             "wall time for several. GFLOP/s counts the attended pairs only, 4 · count · d. "
             "*Speed-up* is over our own dense attention at the same size, *counted* is "
             "N² / count, *efficiency* is the one over the other.", "",
             "## Scale: float, head_dim 64, one thread", ""]
    for n, run in scale.items():
        lines += scale_section(n, run)
    lines += ["## Families of patterns: float, head_dim 64, one thread", "",
              "*Predicted* is the speed-up that `work()` tells beforehand.", ""]
    for n, run in runs(folder, "families").items():
        lines += families_section(n, run)
    lines += ["## One thread and all", "", *threads_section(threads),
              f"## Widths and scalars, N = {shapes_n}, one thread", "", *shapes_section(shapes),
              f"## The density at which dense wins, N = {density_n}, one thread", "",
              *density_section(found)]
    for n, run in runs(folder, "models").items():
        lines += models_section(n, run)
    for n, run in runs(folder, "decoding").items():
        lines += decoding_section(n, run)
    lines += ["## Gradients: float, head_dim 64, one thread", "",
              "attention_backward() beside attention(). GFLOP/s counts five products for each "
              "attended pair, 10 · count · d; *speed-up* is over our own dense backward pass.", ""]
    for n, run in runs(folder, "training").items():
        lines += training_section(n, run)
    lines += training_threads_section(runs(folder, "training_threads"))
    lines += [*extras(folder),
              "## Where it loses", "", *losses(scale, found), ""]
    (folder / "report.md").write_text("\n".join(lines))
    write_plot_data(folder, scale, found)


if __name__ == "__main__":
    main()
