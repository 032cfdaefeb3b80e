#!/usr/bin/env python3
"""Instructions for each event, sample, request and chunk, counted by valgrind, beside the figures of instructions.txt.

    benches/instructions.py                  measures, fails where a figure is more than 4 % above the one of instructions.txt
    benches/instructions.py --accept         writes what it measured into instructions.txt
    SSEL=path/of/ssel benches/instructions.py    measures that program; default: target/dist/ssel, which is built if need be

Counts are the same on a loaded machine, unlike times. Each figure is the difference between a long and a short run of the same
program, divided by how much longer it was: what a start costs is not in it. The server runs outside of valgrind and is always
faster than the client, so that each read fills its buffer. A new compiler changes the figures a little: accept them.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIGURES = ROOT / "benches" / "instructions.txt"
TOLERANCE = 0.04
# valgrind makes a program some fifty times slower. A clock that is slower as well keeps the number of events that a VU handles
# in its slice of time; what waits for a server has to wait by the real one.
REAL, SLOW = "real", "slow"
SLOW_CLOCK = r"""
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static struct timespec start[2];

__attribute__((constructor)) static void begin(void) {
  for (int id = 0; id < 2; id++) syscall(SYS_clock_gettime, id, &start[id]);
}

/* CLOCK_REALTIME is 0, CLOCK_MONOTONIC 1; the others count processor time. */
int clock_gettime(clockid_t id, struct timespec *time) {
  int result = syscall(SYS_clock_gettime, id, time);
  if (id == CLOCK_REALTIME || id == CLOCK_MONOTONIC) {
    long long since = (time->tv_sec - start[id].tv_sec) * 1000000000LL + time->tv_nsec - start[id].tv_nsec;
    long long now = start[id].tv_nsec + since / 100;
    time->tv_sec = start[id].tv_sec + now / 1000000000;
    time->tv_nsec = now % 1000000000;
  }
  return result;
}
"""


def main():
    os.chdir(ROOT)
    ssel, count = programs()
    server = subprocess.Popen([ssel, "serve", "--addr", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
    try:
        url = next(word for word in server.stdout.readline().split() if word.startswith("http://"))
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            (folder / "clock.c").write_text(SLOW_CLOCK)
            subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", folder / "clock.so", folder / "clock.c"], check=True)
            measured = {name: figure(folder, clock, short, make) for name, clock, short, make in rows(ssel, count, url)}
    finally:
        server.kill()
        server.wait()
    if "--accept" in sys.argv:
        FIGURES.write_text("".join(f"{name}: {round(figure)}\n" for name, figure in measured.items()))
        print(f"written to {FIGURES.relative_to(ROOT)}")
        return
    sys.exit(compare(measured))


def programs():
    """The program, and the example that does nothing but decode."""
    ssel = os.environ.get("SSEL") or cargo("build", "--profile", "dist", "--bin", "ssel")
    return ssel, cargo("build", "--release", "--package", "ssel-sse", "--example", "count")


def cargo(*arguments):
    command = ["cargo", *arguments, "--locked", "--message-format=json-render-diagnostics"]
    messages = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return re.findall(r'"executable":"([^"]+)"', messages)[-1]


def rows(ssel, count, url):
    """Name, which clock, how many of the thing there are in the short run, and the command for a number of them."""

    def run(script):
        def command(folder, n):
            file = folder / f"{n}.lua"
            file.write_text(f"local N, URL = {n}, '{url}'\n{script}")
            return [ssel, "run", "-q", "--no-summary", "--workers", "1", str(file)]

        return command

    capture = "tests/data/streams/vllm_chat.txt"
    events = int(subprocess.check_output([count, capture], text=True).split()[0])
    yield "decoder: an event of a captured stream", REAL, 50 * events, lambda _, n: [count, capture, str(n // events)]
    yield "run: a sample of a trend", SLOW, 50_000, run(
        "local trend = metrics.trend('t') function default() for n = 1, N do trend:add(n % 1000) end end"
    )
    stream = "URL .. '/.sse?interval=0&size=200&n=' .. N"
    yield "run: an event", SLOW, 20_000, run(f"function default() sse.open({stream}, function() end) end")
    yield "run: an event with a callback", SLOW, 20_000, run(
        f"local bytes = 0 function default() sse.open({stream}, function(client)"
        " client:on('event', function(event) bytes = bytes + #event.data end) end) end"
    )
    yield "run: a chunk of a language model", SLOW, 2_000, run(
        "function default() llm.chat{ url = URL .. '/v1?ttft=0&itl=0&tokens=' .. N, model = 'ssel', prompt = 'Hello' } end"
    )
    yield "run: a request", REAL, 1_000, run("options = { iterations = N } function default() http.get(URL .. '/bytes/100') end")
    yield "wrk: a request", REAL, 5_000, lambda _, n: [ssel, "wrk", "-t1", "-c1", f"-n{n}", f"{url}/bytes/100"]


def figure(folder, clock, short, make):
    """The marginal cost of one unit: the minimum of several runs, because other work in a run only adds to it."""
    first, second = (min(instructions(folder, clock, make(folder, n)) for _ in range(3)) for n in (short, 3 * short))
    return (second - first) / (2 * short)


def instructions(folder, clock, command):
    log = folder / "valgrind.log"
    subprocess.run(
        ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", f"--log-file={log}", *command],
        env=os.environ | ({"LD_PRELOAD": folder / "clock.so"} if clock == SLOW else {}),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return int(re.search(r"I\s+refs:\s+([\d,]+)", log.read_text())[1].replace(",", ""))


def compare(measured):
    """Prints a table; true where a figure is too high."""
    lines = FIGURES.read_text().splitlines() if FIGURES.exists() else []
    accepted = {name: int(value) for name, value in (line.rsplit(": ", 1) for line in lines)}
    worse = 0
    print(f"{'instructions for each':42} {'accepted':>9} {'now':>9}")
    for name, now in measured.items():
        before = accepted.get(name)
        change = "new" if before is None else f"{now / before - 1:+.1%}"
        if before is None or now > before * (1 + TOLERANCE):
            worse += 1
            change += "  <-"
        print(f"{name:42} {before or '-':>9} {now:>9.0f}  {change}")
    if worse:
        print(f"\n{worse} more than {TOLERANCE:.0%} above {FIGURES.relative_to(ROOT)}; where that is meant, or the compiler is")
        print("another one: benches/instructions.py --accept, and commit the file")
    return worse > 0


main()
