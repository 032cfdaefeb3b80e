#!/usr/bin/env python3
"""A joined run over a real network: hosts in network namespaces, with a slow link, a link that is cut and mended, and a clock that is an
hour ahead. Needs root, ip(8) and faketime(1); netem(8) delays the slow link, or a relay where the kernel has none.

    SSEL=target/debug/ssel tests/network/joined.py
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

SSEL = os.path.abspath(os.environ.get("SSEL", "target/debug/ssel"))
PREFIX = f"ssel{os.getpid() % 10000}"
PORT = 7735
DELAY = 0.05

SCRIPT = """
options = { vus = 8, duration = env.SECONDS .. "s" }
function setup() return { word = "hello" } end
function default(data)
  local res = sse.open(target.url("/.sse?n=5&interval=10ms"), function() end)
  check(res, { five = res.events == 5 and data.word == "hello" })
end
"""


def ip(*words, ok=True):
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    if ok and done.returncode != 0:
        raise RuntimeError(f"ip {' '.join(words)}: {done.stderr}")
    return done.returncode == 0


class Hosts:
    """So many hosts at one switch, 10.77.0.1 and so on, each a network namespace."""

    def __init__(self, count):
        self.names = [f"{PREFIX}h{n}" for n in range(count)]
        self.switch = f"{PREFIX}sw"
        ip("netns", "add", self.switch)
        ip("-n", self.switch, "link", "add", "br0", "type", "bridge")
        ip("-n", self.switch, "link", "set", "br0", "up")
        for n, name in enumerate(self.names):
            ip("netns", "add", name)
            ip("link", "add", "eth0", "netns", name, "type", "veth", "peer", "name", f"port{n}", "netns", self.switch)
            ip("-n", self.switch, "link", "set", f"port{n}", "master", "br0", "up")
            ip("-n", name, "addr", "add", f"10.77.0.{n + 1}/24", "dev", "eth0")
            ip("-n", name, "link", "set", "lo", "up")
            ip("-n", name, "link", "set", "eth0", "up")

    def link(self, host, state):
        ip("-n", self.switch, "link", "set", f"port{host}", state)

    def delay(self, host):
        """Delays what the host sends, by the kernel if it can: then true."""
        words = ["tc", "-n", self.names[host], "qdisc", "add", "dev", "eth0", "root", "netem", "delay", f"{DELAY * 2}s"]
        return subprocess.run(words, capture_output=True).returncode == 0

    def run(self, host, words, **more):
        return subprocess.Popen(["ip", "netns", "exec", self.names[host], *words], **more)

    def close(self):
        for name in [*self.names, self.switch]:
            ip("netns", "del", name, ok=False)


RELAY = """
import socket, sys, threading, time, queue
def pump(source, to, delay):
    late = queue.Queue()
    def send():
        while True:
            due, data = late.get()
            time.sleep(max(0, due - time.monotonic()))
            try:
                to.sendall(data) if data else to.shutdown(socket.SHUT_WR)
            except OSError:
                return
            if not data: return
    threading.Thread(target=send, daemon=True).start()
    while True:
        try: data = source.recv(65536)
        except OSError: data = b""
        late.put((time.monotonic() + delay, data))
        if not data: return
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    near, _ = listener.accept()
    try: far = socket.create_connection((sys.argv[2], int(sys.argv[1])))
    except OSError:
        near.close(); continue
    for s in (near, far): s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for a, b in ((near, far), (far, near)):
        threading.Thread(target=pump, args=(a, b, float(sys.argv[3])), daemon=True).start()
"""


class Joined(unittest.TestCase):
    def setUp(self):
        self.hosts = Hosts(4)
        self.folder = tempfile.mkdtemp()
        self.others = []
        self.parts = []
        with open(os.path.join(self.folder, "load.lua"), "w") as file:
            file.write(SCRIPT)

    def tearDown(self):
        for process in [*self.others, *self.parts]:
            if process.poll() is None:
                process.kill()
            process.wait()
        self.hosts.close()
        shutil.rmtree(self.folder)

    def start(self, seconds, clocks=(), slow=()):
        env = {name: value for name, value in os.environ.items() if not name.startswith("SSEL_")}
        env |= {"SSEL_JOIN_TOKEN": "of-this-test", "SECONDS": str(seconds)}
        for part in range(4):
            folder = os.path.join(self.folder, f"host{part}")
            os.mkdir(folder)
            address = f"10.77.0.1:{PORT}"
            if part in slow and not self.hosts.delay(part):
                self.others.append(self.hosts.run(part, [sys.executable, "-c", RELAY, str(PORT), "10.77.0.1", str(DELAY)]))
                address = f"127.0.0.1:{PORT}"
            words = [SSEL, "run", "--quiet", "../load.lua", "--part", f"{part}/4", "--join", address]
            words += ["--summary-export", "summary.json"]
            if part in clocks:
                # The clock on the wall, not the one that timers go by.
                words = ["env", "DONT_FAKE_MONOTONIC=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", "faketime", "-f", "+1h", *words]
            streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
            self.parts.append(self.hosts.run(part, words, cwd=folder, env=env, **streams))

    def said(self, limit):
        until = time.monotonic() + limit
        said = []
        for part in self.parts:
            out, err = part.communicate(timeout=max(1, until - time.monotonic()))
            said.append((part.returncode, out, err))
        with open(os.path.join(self.folder, "host0", "summary.json")) as file:
            return said, json.load(file)

    def test_a_slow_link_a_cut_link_and_a_wrong_clock_lose_nothing(self):
        self.start(24, clocks=[3], slow=[1])
        time.sleep(12)
        self.hosts.link(2, "down")
        time.sleep(8)
        self.hosts.link(2, "up")
        said, summary = self.said(120)
        shown = json.dumps(summary["parts"], indent=1) + "".join(err for _, _, err in said)
        self.assertEqual([code for code, _, _ in said], [0] * 4, shown)
        self.assertEqual([part["end"] for part in summary["parts"]], ["ended"] * 4, shown)
        iterations = sum(part["iterations"] for part in summary["parts"])
        self.assertEqual(summary["iterations_complete"], iterations)
        for metric, times in [("iterations", 1), ("http_reqs", 1), ("sse_event", 5)]:
            self.assertEqual(summary["metrics"][metric]["values"]["count"], iterations * times, metric)
        self.assertTrue(all(check["fails"] == 0 for check in summary["checks"]))
        # The clock of part 0 is read to half of the round trip.
        self.assertLess(summary["start_skew"], DELAY * 2 + 0.1)
        notes = "\n".join(summary["notes"])
        self.assertIn("the clock of part 3", notes)
        self.assertIn("1h", notes)

    def test_a_link_that_stays_cut_holds_nobody_up(self):
        self.start(15)
        time.sleep(10)
        self.hosts.link(3, "down")
        began = time.monotonic()
        outs = [part.communicate(timeout=100) for part in self.parts[:3]]
        self.assertLess(time.monotonic() - began, 60)
        self.assertEqual([part.returncode for part in self.parts[:3]], [0] * 3, outs)
        out, err = self.parts[3].communicate(timeout=100)
        self.assertEqual(self.parts[3].returncode, 111, err)
        self.assertIn("http_reqs", out)
        with open(os.path.join(self.folder, "host0", "summary.json")) as file:
            summary = json.load(file)
        self.assertEqual([part["end"] for part in summary["parts"]], ["ended"] * 3 + ["lost"])
        self.assertEqual(summary["client"]["verdict"], "limited")
        self.assertIn("part 3", "\n".join(summary["notes"]))


if __name__ == "__main__":
    unittest.main(verbosity=2)
