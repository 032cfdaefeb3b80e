#!/usr/bin/env node
// Starts the program that npm installed for this machine, and ends as it ends.
"use strict";

const { spawn } = require("node:child_process");

const platform = `@ssel/${process.platform}-${process.arch}`;

function program() {
  try {
    return require.resolve(`${platform}/bin/ssel`);
  } catch {
    console.error(`ssel: the package ${platform} is not installed. Either there is no build for this machine, or npm`);
    console.error("skipped optional dependencies (--omit=optional, --no-optional): install without that flag.");
    process.exit(1);
  }
}

if (typeof process.execve === "function") {
  // Node.js 22.15 and newer: this process becomes the program.
  process.execve(program(), ["ssel", ...process.argv.slice(2)]);
}
// A signal to this process is meant for the program. Where the terminal signals both, the program gets it twice within a few
// milliseconds, which it counts as one.
const child = spawn(program(), process.argv.slice(2), { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => {
  console.error(`ssel: cannot start: ${error.message}`);
  process.exit(1);
});
child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
