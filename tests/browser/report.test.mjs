// The report of a run, as a person sees it: `node --test tests/browser`.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

import { drawn, launch, open, overflows, ssel, until, violations } from "./browser.mjs";

const SCRIPT = `
local sse = require("ssel").sse
local ssel = require("ssel")
options = {
  scenarios = {
    readers = { executor = "constant-vus", vus = 4, duration = "4s" },
  },
  thresholds = { sse_first_event = { "p(95) < 10s" }, http_req_failed = { "rate < 0.01" } },
}
default = function()
  sse.open(ssel.target.url("/.sse?n=10&interval=50ms"), {}, function(client)
    client:on("event", function(event) end)
  end)
  ssel.check(1, { ["a check with <b>&"] = function(v) return v == 1 end })
end
`;

const folder = mkdtempSync(join(tmpdir(), "ssel-browser-"));
const file = join(folder, "report.html");
const url = pathToFileURL(file).href;
let browser;

before(async () => {
  writeFileSync(join(folder, "script.lua"), SCRIPT);
  const { code, out, err } = await ssel("run", join(folder, "script.lua"), "--report", file).done;
  assert.equal(code, 0, out + err);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

test("the page is small beside its data", () => {
  const page = readFileSync(file, "utf8");
  const data = page.match(/<script type="application\/octet-stream" id="data">([^<]*)/)[1];
  assert.ok(page.length - data.length < 150_000, `${page.length - data.length} bytes`);
});

for (const [name, options] of Object.entries({
  "1400 wide, light": { colorScheme: "light" },
  "1400 wide, dark": { colorScheme: "dark" },
  "400 wide": { viewport: { width: 400, height: 800 } },
})) {
  test(`every chart is drawn, nothing is wider than the window: ${name}`, async () => {
    const { page, trouble, context } = await open(browser, url, options);
    await until("charts", async () => { const { all, inked } = await drawn(page); return all > 4 && all === inked; });
    assert.equal(await overflows(page), false);
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(trouble, []);
    await context.close();
  });
}

test("without JavaScript the figures are all there", async () => {
  const { page, trouble, context } = await open(browser, url, { javaScriptEnabled: false });
  const text = await page.innerText("main");
  for (const part of ["Thresholds", "p(95) < 10s", "a check with <b>&", "sse_first_event", "http_reqs"]) {
    assert.ok(text.includes(part), part);
  }
  const figures = await page.locator("figure").count();
  const tables = await page.locator("figure table, figure svg").count();
  assert.ok(figures > 5 && tables >= figures - 2, `${tables} tables for ${figures} figures`);
  assert.deepEqual(trouble, []);
  await context.close();
});

test("the keyboard moves the cursor and says what is there", async () => {
  const { page, context } = await open(browser, url);
  await until("charts", async () => (await drawn(page)).all > 4);
  await page.locator("#chart-load .plot").focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowRight");
  const said = await page.locator("#chart-load .says").innerText();
  assert.match(said, /active VUs \d/);
  await context.close();
});

test("a click on the head of a table sorts it", async () => {
  const { page, context } = await open(browser, url);
  await until("a button", async () => (await page.locator("#metrics th button").count()) > 0);
  const button = page.locator("#metrics table").first().locator("th button", { hasText: "p95" });
  await button.click();
  const values = await page.locator("#metrics table").first().locator("tbody tr").evaluateAll(rows => rows.map(row => +row.cells[6].dataset.v));
  assert.deepEqual(values, [...values].sort((a, b) => a - b));
  await context.close();
});

test("a live page grows while the run goes on, and is whole at its end", async () => {
  const run = ssel("run", join(folder, "script.lua"), "--duration", "8s", "--vus", "2", "--live=127.0.0.1:0");
  const address = await until("the address", () => run.said().match(/https?:\/\/\S+/)?.[0]);
  const { page, trouble, context } = await open(browser, address);
  await until("the first charts", async () => (await drawn(page)).inked > 2);
  await until("the state", async () => (await page.innerText("#live")) === "live");
  await until("the end", async () => (await page.innerText("#live")).includes("ended"));
  assert.ok((await page.locator("#chart-load table tbody tr").count()) >= 5);
  assert.ok((await page.locator("#chart-streams canvas").count()) === 1);
  assert.match(await page.innerText("#headline"), /The run passed/);
  assert.deepEqual(trouble.filter(line => !line.includes("ERR_")), []);
  await context.close();
  const { code, out, err } = await run.done;
  assert.equal(code, 0, out + err);
});
