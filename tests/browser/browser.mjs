// What the tests of this folder share: the browser, the program under test, and the checks every page has to pass.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const SSEL = process.env.SSEL ?? "target/debug/ssel";

export const launch = () => chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});

/** Starts ssel; `done` resolves to its exit code and what it printed. */
export const ssel = (...args) => {
  const child = spawn(SSEL, args, { stdio: ["ignore", "pipe", "pipe"] });
  let out = "", err = "";
  child.stdout.on("data", data => { out += data; });
  child.stderr.on("data", data => { err += data; });
  const done = new Promise(resolve => child.on("close", code => resolve({ code, out, err })));
  return { child, done, said: () => out + err };
};

/** Waits until `holds` is true, for a minute at most. */
export const until = async (what, holds) => {
  for (let tries = 0; tries < 600; tries++) {
    const value = await holds();
    if (value) return value;
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  throw new Error(`waited in vain: ${what}`);
};

/** A page, and the errors it throws and the requests it makes. */
export const open = async (browser, url, options = {}) => {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, ...options });
  const page = await context.newPage();
  const trouble = [];
  page.on("pageerror", error => trouble.push(`error: ${error.message}`));
  page.on("console", message => { if (message.type() === "error") trouble.push(`console: ${message.text()}`); });
  page.on("request", request => {
    if (url.startsWith("file:") && request.url() !== url) trouble.push(`request to ${request.url()}`);
  });
  await page.goto(url);
  return { page, trouble, context };
};

/** What axe-core finds wrong with the page. */
export const violations = async page => {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations.map(v => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map(n => n.target.join(" ")).join(", ")}`);
};

/** How many canvases of charts have something drawn on them, and how many there are. */
export const drawn = page => page.evaluate(() => {
  const canvases = [...document.querySelectorAll(".plot canvas")];
  const has_ink = canvas => {
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    for (let i = 3; i < pixels.length; i += 4) if (pixels[i] > 0) return true;
    return false;
  };
  return { all: canvases.length, inked: canvases.filter(has_ink).length };
});

/** Whether the page is wider than its window. */
export const overflows = page => page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth + 1);
