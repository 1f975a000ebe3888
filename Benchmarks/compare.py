"""Ours against ONNX Runtime, OpenVINO and ncnn on identical random weights, interleaved; see README.md."""

import argparse
import os
import random
import sys
import time
from pathlib import Path

import numpy as np

from comparison.cases import CASES, ROOT, prepare
from comparison.figures import median, memory_lines, ratio, ratio_lines, table
from comparison.process import ContenderFailed, Process

HERE = Path(__file__).resolve().parent
# Largest difference from the reference (ONNX Runtime, fp32, plain graph), as a share of its largest value; int8: root
# mean square of the difference, as a share of the reference's.
TOLERANCE = {"fp32": 1e-3, "int8": 0.1}


def parsed():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", metavar="CASE", help="cases whose name contains this; repeatable")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="default: 1 2")
    parser.add_argument("--peers", nargs="*", help="of onnxruntime, openvino, ncnn; default: all")
    parser.add_argument("--rounds", type=int, default=40, help="most rounds of a comparison")
    parser.add_argument("--seconds", type=float, default=60, help="a comparison ends after this, but not before 10 rounds")
    parser.add_argument("--quick", action="store_true", help="5 rounds each: a rough look")
    parser.add_argument(
        "--processor-time", action="store_true",
        help="compare the processor time of a run instead of the time that passed: for a busy machine and one thread "
        "(with more, spinning counts as work)")
    parser.add_argument("--list", action="store_true", help="print the cases and end")
    parser.add_argument("--program", default=str(ROOT / ".build/release/monitor-bench"))
    return parser.parse_args()


def commands(case, folder, threads, options, facts):
    """What to start, by contender."""
    result = {
        "ours": [
            options.program, "contender", "--network", case.kind, "--weights", str(folder / "weights.safetensors"),
            "--input", str(folder / "input.bin"), "--width", str(case.width), "--height", str(case.height),
            "--threads", str(threads), "--precision", case.precision]}
    files = {"onnxruntime": "onnxruntime.onnx", "openvino": "openvino.xml", "ncnn": "ncnn"}
    for peer in case.peers:
        if peer in facts["without"]:
            print(f"{case.name}: no {peer}: {facts['without'][peer]}", file=sys.stderr)
        elif options.peers is None or peer in options.peers:
            shape = ",".join(str(extent) for extent in case.shape)
            result[peer] = [
                sys.executable, "-m", "comparison.peer", peer, str(folder / files[peer]), str(folder / "input.bin"),
                shape, str(threads)]
    return result


def difference(case, folder, process):
    """From the reference, in the measure of TOLERANCE; the worst of all outputs."""
    path = folder / f"outputs-{process.name}.bin"
    sizes = [int(word) for word in process.ask(f"check {path}").split()[1:]]
    found, reference = np.fromfile(path, np.float32), np.fromfile(folder / "reference.bin", np.float32)
    path.unlink()
    if found.size != reference.size:
        raise ContenderFailed(f"{process.name}: {found.size} values instead of {reference.size}")
    if not np.isfinite(found).all():
        raise ContenderFailed(f"{process.name}: outputs that are not finite")
    worst, start = 0.0, 0
    for size in sizes:
        ours, theirs = found[start:start + size].astype(float), reference[start:start + size].astype(float)
        if case.precision == "int8":
            worst = max(worst, float(np.sqrt(np.mean((ours - theirs) ** 2) / np.mean(theirs**2))))
        else:
            worst = max(worst, float(np.abs(ours - theirs).max() / np.abs(theirs).max()))
        start += size
    return worst


class Comparison:
    """All contenders of one case and number of threads."""

    def __init__(self, case, threads, options):
        self.case, self.threads, self.options = case, threads, options
        self.folder = HERE / ".peers/cases" / case.name
        self.facts = prepare(case, self.folder)
        self.processes, self.times, self.peaks, self.differences, self.first, self.memory = {}, {}, [], {}, {}, {}

    def run(self):
        cores = sorted(os.sched_getaffinity(0))
        if self.threads > len(cores):
            print(f"{self.case.name}: skipped, {self.threads} threads on {len(cores)} cores", file=sys.stderr)
            return False
        cores = set(cores[-self.threads:])
        every = commands(self.case, self.folder, self.threads, self.options, self.facts)
        every["peak"] = [self.options.program, "peak", "--threads", str(self.threads), "--serve"]
        try:
            for name, command in every.items():
                self._start(name, command, cores)
            if self.processes.keys() - {"peak"}:
                self._race()
        finally:
            for process in self.processes.values():
                process.close()
        return bool(self.times)

    def _start(self, name, command, cores):
        try:
            process = Process(name, command, cores, HERE, self.folder / f"{name}.log")
            self.processes[name] = process
            if name == "peak":
                return
            self.first[name] = float(process.ask("run").split()[0])
            self.differences[name] = difference(self.case, self.folder, process)
        except ContenderFailed as failure:
            print(f"{self.case.name}: {failure}", file=sys.stderr)
            if name in self.processes:
                self.processes.pop(name).close()
            return
        limit = TOLERANCE[self.case.precision]
        if not self.differences[name] <= limit:
            raise SystemExit(
                f"{self.case.name}: {name} differs from the reference by {self.differences[name]:.2g}, more than "
                f"{limit}: nothing is compared")

    def _race(self):
        """Every contender's turn comes once a round, in random order; its first run of a turn warms the caches."""
        order = random.Random(1)
        names = list(self.processes)
        self.times = {name: [] for name in names if name != "peak"}
        rounds, start = 0, time.monotonic()
        while rounds < self.options.rounds and (rounds < 10 or time.monotonic() - start < self.options.seconds):
            order.shuffle(names)
            for name in names:
                # Threads of the last contender may still spin.
                time.sleep(0.01)
                process = self.processes[name]
                if name == "peak":
                    self.peaks.append(float(process.ask("run")))
                    continue
                process.ask("run")
                clock = 1 if self.options.processor_time else 0
                self.times[name] += [float(process.ask("run").split()[clock]) for _ in range(2)]
            rounds += 1
        self.rounds = rounds
        self.memory = {name: int(self.processes[name].ask("memory")) for name in self.times}

    def _net(self):
        """Highest resident KiB less those of the bare interpreter, by contender."""
        ready = {name: self.processes[name].ready for name in self.memory}
        return {
            name: self.memory[name] - (int(words[2]) if len(words) > 2 else 0) for name, words in ready.items()}

    def table(self):
        gflop = self.facts["flop"] * 1e-9
        rows = [[
            "", "best ms", "median", "p90", "GFLOP/s", "% of peak", "% median", "memory MiB", "net", "load ms",
            "first run", "difference", "ours / it", "best"]]
        net = self._net()
        for name, times in self.times.items():
            ordered = sorted(times)
            rate = 1000 * gflop / ordered[0]
            cells = [
                name, f"{ordered[0]:.2f}", f"{median(times):.2f}", f"{ordered[int(0.9 * len(ordered))]:.2f}",
                f"{rate:.1f}", f"{100 * rate / max(self.peaks):.0f}",
                f"{100 * 1000 * gflop / median(times) / median(self.peaks):.0f}", f"{self.memory[name] / 1024:.0f}",
                f"{net[name] / 1024:.0f}", f"{float(self.processes[name].ready[1]):.0f}", f"{self.first[name]:.0f}",
                f"{self.differences[name]:.1e}"]
            if name == "ours" or "ours" not in self.times:
                cells += ["", ""]
            else:
                ours = self.times["ours"]
                cells += [f"{ratio(ours, times):.3f}", f"{min(ours) / ordered[0]:.3f}"]
            rows.append(cells)
        title = (
            f"{self.case.model} {self.case.size}, {self.threads} thread(s): {gflop:.2f} GFLOP, {self.rounds} rounds, "
            f"multiply-add peak {max(self.peaks):.1f} GFLOP/s (median {median(self.peaks):.1f})")
        return table(title, rows)

    def ratios(self):
        return ratio_lines(self.case.model, self.case.size, self.threads, self.times)

    def memories(self):
        return memory_lines(self.case.model, self.case.size, self.threads, self.memory, self._net())


def main():
    options = parsed()
    if options.quick:
        options.rounds = 5
    if options.processor_time:
        options.threads = [1]
        print("Times are processor times.\n")
    chosen = [case for case in CASES if not options.only or any(part in case.name for part in options.only)]
    if options.list or not chosen:
        print("\n".join(case.name for case in CASES))
        return 0 if options.list else 2
    memories, ratios = [], []
    for case in chosen:
        for threads in options.threads:
            comparison = Comparison(case, threads, options)
            if comparison.run():
                print(comparison.table(), flush=True)
                memories += comparison.memories()
                ratios += comparison.ratios()
    print("\n".join(memories + ratios))
    return 0


if __name__ == "__main__":
    sys.exit(main())
