#!/usr/bin/env python3
"""Trains the decoder of examples/train_text with several masks and seeds, and writes what came of it.

Started by tools/train.sh, which builds the program. Runs are independent: each has a log, a
checkpoint and a record in the folder of results, is left alone where it is finished, and goes on
where it was stopped. The report says nothing that is not in the logs.
"""

import argparse
import csv
import datetime
import hashlib
import json
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import sys

from bench_report import table

ROOT = pathlib.Path(__file__).resolve().parent.parent
MASKS = {"dense": "`Causal`",
         "local": "`Window{w, 0}`",
         "strided": "`Causal & Strided{s}`",
         "union": "`Causal & (Window{w, 0} | Strided{s})`",
         "alternating": "`Window{w, 0}` and `Causal & Strided{s}` in turn"}
FULL = {"context": 2048, "batch": 1, "layers": 4, "width": 128, "heads": 4, "steps": 1600,
        "warmup": 50, "learning-rate": 0.003, "stride": 45, "window": 45, "evaluate-every": 50,
        "held-out": 16, "checkpoint-every": 50}
SEEDS = "1,2,3"
SOURCES = "the sources of this repository"
SMOKE = {**FULL, "context": 96, "layers": 2, "width": 16, "heads": 2, "steps": 12, "warmup": 3,
         "stride": 10, "window": 10, "evaluate-every": 4, "held-out": 3, "checkpoint-every": 4}


def fail(message):
    print(f"train_report.py: {message}", file=sys.stderr)
    sys.exit(2)


def corpus():
    """The library's own sources, which are always there: file after file, in the order of paths."""
    files = [p for folder in ("bench", "examples", "include", "tests")
             for p in sorted((ROOT / folder).rglob("*")) if p.suffix in (".hpp", ".cpp")]
    return b"".join(p.read_bytes() for p in files)


def output_of(*command):
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True,
                              check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def commit():
    name = output_of("git", "rev-parse", "--short=12", "HEAD") or "unknown"
    changed = output_of("git", "status", "--porcelain", "--", "include", "examples")
    return name + (", with uncommitted changes" if changed else "")


def machine(core):
    processor = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    try:
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        system = platform.system()
    processor = processor.group(1) if processor else "unknown"
    return (f"{processor} ({platform.machine()}), {system}, Linux {platform.release()}, "
            f"pinned to core {core}")


def compiler(build):
    """The compiler and the flags that CMake was told."""
    try:
        cache = (build / "CMakeCache.txt").read_text()
    except OSError:
        return "unknown"

    def value(name):
        found = re.search(rf"^{name}:\w+=(.*)$", cache, re.M)
        return found.group(1) if found else ""

    version = output_of(value("CMAKE_CXX_COMPILER"), "--version").split("\n")[0]
    return (f"{version}, -std=c++20 {value('CMAKE_CXX_FLAGS')} "
            f"{value('CMAKE_CXX_FLAGS_RELEASE')} -march={value('TARTAN_MARCH')}").replace("  ", " ")


def command(args, settings):
    """What does all of it again."""
    words = ["tools/train.sh"] + ["--smoke"] * args.smoke
    usual = SMOKE if args.smoke else FULL
    words += [f"--{name} {settings[name]}" for name in usual if settings[name] != usual[name]]
    words += [f"--{name} {getattr(args, name)}" for name, value in (("only", ",".join(MASKS)),
                                                                   ("seeds", SEEDS))
              if getattr(args, name) != value]
    return " ".join(words + ["--text FILE"] * (settings["text"] != SOURCES))


class Run:
    """One training."""

    def __init__(self, folder, mask, seed):
        self.mask, self.seed = mask, seed
        self.log, self.checkpoint, self.record, self.written = (
            folder / f"{mask}-{seed}.{end}" for end in ("csv", "checkpoint", "json", "txt"))

    def rows(self):
        try:
            with open(self.log, newline="") as file:
                return list(csv.DictReader(file))
        except OSError:
            return []

    def steps(self):
        rows = self.rows()
        return int(rows[-1]["step"]) if rows else 0

    def finished(self, steps):
        return self.record.exists() and self.steps() == steps

    def evaluations(self):
        """(step, seconds of training until then, held-out bits a byte), where there are any."""
        seconds, found = 0.0, []
        for row in self.rows():
            seconds += float(row["seconds"])
            if row["held_out_bits_per_byte"]:
                found.append((int(row["step"]), seconds, float(row["held_out_bits_per_byte"])))
        return found

    def step_seconds(self):
        return [float(row["seconds"]) for row in self.rows()]

    def train(self, program, text, settings, core):
        command = [program, "--text", text, "--attention", self.mask, "--seed", self.seed,
                   "--checkpoint", self.checkpoint, "--log", self.log, "--prompt", "template <",
                   "--generate", 400]
        for name in FULL:
            command += [f"--{name}", settings[name]]
        written = bytearray()
        with subprocess.Popen(["taskset", "-c", str(core), *map(str, command)],
                              stdout=subprocess.PIPE, env={**os.environ, "OMP_NUM_THREADS": "1"}
                              ) as process:
            for line in process.stdout:
                written += line
                sys.stdout.buffer.write(line)
                sys.stdout.flush()
        if process.returncode != 0:
            fail(f"train_text ended with status {process.returncode}")
        text_written = bytes(written).decode(errors="replace").split("----\n")
        self.written.write_text(text_written[1] if len(text_written) > 1 else "")
        self.record.write_text(json.dumps({"commit": commit(), "machine": machine(core),
                                           "compiler": compiler(program.parent.parent),
                                           "date": datetime.date.today().isoformat()}))


def pairs(mask, settings):
    """The pairs of a layer, on average over the layers."""
    n, w, s = settings["context"], settings["window"], settings["stride"]
    local = sum(min(i, w) + 1 for i in range(n))
    strided = sum(i // s + 1 for i in range(n))
    both = sum(min(i, w) // s + 1 for i in range(n))
    layers = settings["layers"]
    return {"dense": n * (n + 1) / 2, "local": local, "strided": strided,
            "union": local + strided - both,
            "alternating": (local * ((layers + 1) // 2) + strided * (layers // 2)) / layers}[mask]


class Result:
    """What the finished runs of one mask come to."""

    def __init__(self, mask, runs, settings):
        self.mask, self.seeds = mask, len(runs)
        self.by_seed = {run.seed: run.evaluations()[-1][2] for run in runs}
        self.final = list(self.by_seed.values())
        self.bits = statistics.mean(self.final)
        self.step_seconds = statistics.median(s for run in runs for s in run.step_seconds())
        self.pairs = pairs(mask, settings)
        self.curve = [tuple(statistics.mean(e[column] for e in at) for column in range(3))
                      for at in zip(*(run.evaluations() for run in runs))]

    @property
    def spread(self):
        return f"{min(self.final):.3f} to {max(self.final):.3f}"

    @property
    def total(self):
        return self.curve[-1][1]

    def bits_at(self, seconds):
        """Held-out bits a byte at the last look within so many seconds."""
        return next((bits for _, at, bits in reversed(self.curve) if at <= seconds), None)


def sentences(results):
    """What the figures say, in words."""
    lines = []
    best = min(results, key=lambda r: r.bits)
    lines.append(f"After as many steps, `{best.mask}` has the fewest bits: {best.bits:.3f} a byte.")
    dense = next((r for r in results if r.mask == "dense"), None)
    for r in results:
        if r is dense or dense is None:
            continue
        shared = [seed for seed in r.by_seed if seed in dense.by_seed]
        fewer = sum(r.by_seed[seed] < dense.by_seed[seed] for seed in shared)
        way = "fewer" if r.bits < dense.bits else "more"
        lines.append(f"`{r.mask}` has {abs(r.bits - dense.bits):.3f} bits {way} than `dense` on "
                     f"average, and fewer with {fewer} of {len(shared)} seeds; a step takes "
                     f"{r.step_seconds / dense.step_seconds:.2f} of its time.")
    if dense:
        quickest = min(results, key=lambda r: r.total)
        if quickest is not dense:
            at = dense.bits_at(quickest.total)
            text = f"When `{quickest.mask}` has finished, after {quickest.total:.0f} s, "
            text += (f"`dense` is at {at:.3f} bits, with a learning rate that has not fallen as far."
                     if at is not None else "`dense` has not been looked at once.")
            lines.append(text)
    return [f"- {line}" for line in lines] + [""]


def write_plot_data(out, results):
    """Blocks of lines, each under its quoted title, for tools/train_plots.gp."""
    with open(out / "curves.dat", "w") as file:
        for r in results:
            file.write(f'"{r.mask}"\n')
            file.writelines(f"{step} {seconds} {bits}\n" for step, seconds, bits in r.curve)
            file.write("\n\n")


def write_report(args, settings, runs, text):
    finished = [run for run in runs if run.finished(settings["steps"])]
    results = [Result(mask, of_mask, settings) for mask in MASKS
               if (of_mask := [run for run in finished if run.mask == mask])]
    if not results:
        fail(f"there is no finished run in {args.out}")
    records = [json.loads(run.record.read_text()) for run in finished]
    dense = next((r for r in results if r.mask == "dense"), None)
    rows = [[f"{r.mask}: {MASKS[r.mask]}", f"{r.pairs / results[0].pairs:.3f}" if dense else "",
             f"{r.bits:.3f}", r.spread, f"{r.seeds}", f"{r.step_seconds:.3g}",
             f"{dense.step_seconds / r.step_seconds:.2f}" if dense else ""] for r in results]

    def distinct(name):
        return "; ".join(sorted({record[name] for record in records}))

    missing = [f"{run.mask} with seed {run.seed}" for run in runs if run not in finished]
    lines = ["# Training with sparse attention", "",
             f"A decoder over bytes of {settings['layers']} layers, width {settings['width']} and "
             f"{settings['heads']} heads, trained by `examples/train_text` for {settings['steps']} "
             f"steps of {settings['batch']} × {settings['context']} bytes, with the library's exact "
             "gradients. Runs differ in the mask and the seed alone, and those of one seed learn "
             "from the same sequences; w = "
             f"{settings['window']}, s = {settings['stride']}. The text, {len(text)} bytes "
             f"(SHA-256 {hashlib.sha256(text).hexdigest()[:16]}…), is "
             f"{settings['text']}; its last tenth is held out, and looked at in "
             f"{settings['held-out']} sequences.", "",
             "```", f"machine: {distinct('machine')}", f"compiler: {distinct('compiler')}",
             f"commit: {distinct('commit')}", f"run: {distinct('date')}",
             f"command: {command(args, settings)}", "```", "",
             *table(["mask", "pairs", "held-out bits a byte", "of the seeds", "seeds", "s a step",
                     "speed-up"], rows),
             "*Pairs* are those of a layer against dense's. *Bits* are the mean over seeds after the "
             "last step, beside the lowest and the highest. *Seconds* are the median over all "
             "steps, forward, backward and Adam, on one thread; *speed-up* is over `dense`, of whole "
             "steps: what is not attention takes as long with every mask.", "",
             *sentences(results)]
    if missing:
        lines += [f"Not finished, and not counted: {', '.join(missing)}.", ""]
    lines += ['<img src="steps.svg" width="49%" alt="Held-out bits a byte against steps"> '
              '<img src="time.svg" width="49%" alt="Held-out bits a byte against seconds of '
              'training">', ""]
    best = min(results, key=lambda r: r.bits)
    sample = next(run for run in finished if run.mask == best.mask)
    if sample.written.exists() and sample.written.read_text().strip():
        lines += [f"What `{best.mask}` with seed {sample.seed} writes after `template <`, at "
                  "temperature 0.8:", "",
                  *(("    " + line).rstrip() for line in sample.written.read_text().split("\n")), ""]
    args.docs.mkdir(parents=True, exist_ok=True)
    (args.docs / "results.md").write_text("\n".join(lines).rstrip() + "\n")
    write_plot_data(args.out, results)
    subprocess.run(["gnuplot", "-e",
                    f"folder='{args.out}'; docs='{args.docs}'; curves={len(results)}; "
                    f"top={max(r.bits for r in results) + 1.5}",
                    ROOT / "tools" / "train_plots.gp"], check=True)
    print("\n".join(lines))
    print(f"written: {args.docs}/results.md, steps.svg, time.svg; logs: {args.out}")


def arguments():
    parser = argparse.ArgumentParser(description="trains with each mask and seed, and reports")
    parser.add_argument("--out", type=pathlib.Path, help="folder of logs and checkpoints "
                        "[build/train-results, with --smoke build/train-smoke]")
    parser.add_argument("--docs", type=pathlib.Path, help="folder of the report "
                        "[docs/training, with --smoke as --out]")
    parser.add_argument("--program", type=pathlib.Path,
                        default=ROOT / "build/train/examples/train_text")
    parser.add_argument("--text", help="the file to learn from [the repository's sources]")
    parser.add_argument("--only", default=",".join(MASKS), help="masks, as dense,union [all]")
    parser.add_argument("--seeds", default=SEEDS, help=f"seeds [{SEEDS}]")
    parser.add_argument("--core", type=int, help="the core to run on [the last one allowed]")
    parser.add_argument("--smoke", action="store_true", help="tiny sizes, whose figures mean nothing")
    parser.add_argument("--report", action="store_true", help="train nothing; report what is there")
    for name, value in FULL.items():
        parser.add_argument(f"--{name}", type=type(value), help=f"of train_text [{value}]")
    args = parser.parse_args()
    args.out = args.out or ROOT / "build" / ("train-smoke" if args.smoke else "train-results")
    args.docs = args.docs or (args.out if args.smoke else ROOT / "docs" / "training")
    if args.core is None:
        args.core = max(os.sched_getaffinity(0))
    return args


def common_settings(args):
    """What all runs of a folder have in common, and their text: fixed by the first."""
    text_file, settings_file = args.out / "text", args.out / "settings.json"
    before = json.loads(settings_file.read_text()) if settings_file.exists() else {}
    settings = before or dict(SMOKE if args.smoke else FULL, text=SOURCES)
    for name in FULL:
        given = getattr(args, name.replace("-", "_"))
        if before and given not in (None, before[name]):
            fail(f"the runs in {args.out} have --{name} {before[name]}, not {given} (name another "
                 "folder with --out, or remove this one)")
        settings[name] = settings[name] if given is None else given
    if args.text:
        text = pathlib.Path(args.text).read_bytes()
        settings["text"] = f"the file {pathlib.Path(args.text).name}"
    else:
        text = text_file.read_bytes() if before else corpus()
    if before and text != text_file.read_bytes():
        fail(f"the runs in {args.out} have another text (name another folder with --out)")
    text_file.write_bytes(text)
    settings_file.write_text(json.dumps(settings))
    return settings, text_file


def main():
    args = arguments()
    masks = args.only.split(",")
    if unknown := [m for m in masks if m not in MASKS]:
        fail(f"no mask is named '{unknown[0]}'; there are {', '.join(MASKS)}")
    if not re.fullmatch(r"\d+(,\d+)*", args.seeds):
        fail(f"--seeds must be numbers, as 1,2,3, got '{args.seeds}'")
    if args.smoke and not args.report:
        shutil.rmtree(args.out, ignore_errors=True)
    args.out.mkdir(parents=True, exist_ok=True)
    settings, text_file = common_settings(args)

    runs = [Run(args.out, mask, int(seed)) for seed in args.seeds.split(",") for mask in masks]
    for number, run in enumerate(runs, 1):
        title = f"[{number}/{len(runs)}] {run.mask}, seed {run.seed}"
        if run.finished(settings["steps"]):
            print(f"{title}: finished before", flush=True)
        elif not args.report:
            print(title, flush=True)
            run.train(args.program, text_file, settings, args.core)
    write_report(args, settings, runs, text_file.read_bytes())


if __name__ == "__main__":
    main()
