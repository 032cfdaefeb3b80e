"use strict";
// Draws the charts of a report from its data, which Rust wrote. The page is complete without this script: every chart
// has a sentence and a table beside it.
(() => {
  const root = document.documentElement;
  const color = name => getComputedStyle(root).getPropertyValue(name).trim();
  const series_color = n => color("--c" + (n % 7));

  // ---- numbers ------------------------------------------------------------------------------------------------
  const digits = v => (v === 0 ? "0" : Math.abs(v) >= 100 ? v.toFixed(0) : Math.abs(v) >= 10 ? v.toFixed(1) : v.toFixed(2)).replace(/\.?0+$/, m => m.startsWith(".") ? "" : m);
  const scaled = (v, steps) => {
    for (const [size, unit] of steps) if (Math.abs(v) >= size) return digits(v / size) + unit;
    const [size, unit] = steps[steps.length - 1];
    return digits(v / size) + unit;
  };
  const TIME = [[60, "min"], [1, "s"], [1e-3, "ms"], [1e-6, "µs"]];
  const PLAIN = [[1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""]];
  const DATA = [[1e9, " GB"], [1e6, " MB"], [1e3, " kB"], [1, " B"]];
  const format = (v, unit) => {
    if (v == null) return "–";
    if (v === 0) return "0";
    if (unit === "s") return scaled(v, TIME);
    if (unit === "B") return scaled(v, DATA);
    if (unit === "B/s") return scaled(v, DATA) + "/s";
    if (unit === "%") return digits(v * 100) + "%";
    const small = Math.abs(v) < 1 ? String(+v.toPrecision(3)) : scaled(v, PLAIN);
    return unit ? small + (unit.startsWith("/") ? unit : " " + unit) : small;
  };
  const clock = s => {
    const m = Math.floor(s / 60), h = Math.floor(m / 60), two = n => String(n).padStart(2, "0");
    return h ? h + ":" + two(m % 60) + ":" + two(Math.floor(s % 60)) : m ? m + ":" + two(Math.floor(s % 60)) : digits(s) + "s";
  };

  // ---- data ---------------------------------------------------------------------------------------------------
  const unpack = async id => {
    const text = document.getElementById(id).textContent.trim();
    const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return JSON.parse(await new Response(stream).text());
  };

  let data, plots = [];

  // ---- time charts --------------------------------------------------------------------------------------------
  const width_of = el => Math.max(240, el.clientWidth);
  const sync = uPlot.sync("time");

  // Spans in which the client was the limit, and its lag, drawn under what they distort.
  const under = u => {
    const { ctx, bbox } = u, [from, to] = [u.scales.x.min, u.scales.x.max];
    ctx.save();
    ctx.beginPath(); ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height); ctx.clip();
    ctx.fillStyle = color("--limited");
    for (const [a, b] of data.limited || []) {
      if (b < from || a > to) continue;
      const x = u.valToPos(Math.max(a, from), "x", true), y = u.valToPos(Math.min(b, to), "x", true);
      ctx.fillRect(x, bbox.top, Math.max(1, y - x), bbox.height);
    }
    const scale = u.series.length > 1 && u.series[1].scale;
    if (data.lag && u.timeUnit === "s" && scale) {
      ctx.fillStyle = color("--lag");
      const floor = bbox.top + bbox.height;
      data.lag.forEach((lag, i) => {
        if (!lag) return;
        const x0 = u.valToPos(data.t[i] - (data.len[i] || 1), "x", true), x1 = u.valToPos(data.t[i], "x", true);
        const low = u.scales[scale].min, v = u.scales[scale].distr === 3 ? Math.max(lag, low) : lag;
        const y = Math.max(bbox.top, u.valToPos(Math.min(v, u.scales[scale].max), scale, true));
        ctx.fillRect(x0, y, Math.max(1, x1 - x0), floor - y);
      });
    }
    ctx.restore();
  };

  const alpha = (hex, a) => {
    const n = parseInt(hex.slice(1), 16);
    return `rgba(${n >> 16 & 255}, ${n >> 8 & 255}, ${n & 255}, ${a})`;
  };

  const axes = (unit, log) => [
    { stroke: color("--soft"), grid: { stroke: color("--line"), width: .5 }, ticks: { stroke: color("--line"), width: .5 }, values: (u, vs) => vs.map(clock) },
    { stroke: color("--soft"), grid: { stroke: color("--line"), width: .5 }, ticks: { stroke: color("--line"), width: .5 }, size: 64,
      values: (u, vs) => vs.map(v => v == null ? "" : log && !/^1/.test(v.toExponential()) ? "" : format(v, unit)) },
  ];

  const time_chart = (chart, el) => {
    const log = chart.log && chart.series.some(s => s.values.some(v => v > 0));
    const clean = values => log ? values.map(v => v > 0 ? v : null) : values;
    const opts = {
      width: width_of(el), height: 240,
      cursor: { sync: { key: sync.key }, drag: { x: true, y: false } },
      legend: { live: true },
      scales: { x: { time: false }, y: log ? { distr: 3 } : { range: (u, lo, hi) => [0, hi > 0 ? hi * 1.05 : 1] } },
      axes: axes(chart.unit, log),
      series: [{ label: "time", value: (u, v) => v == null ? "" : clock(v) }].concat(chart.series.map((s, i) => ({
        label: s.name, scale: "y", stroke: series_color(s.color ?? i), width: s.thin ? 1 : 2, spanGaps: false,
        fill: s.area ? alpha(series_color(s.color ?? i), .15) : undefined,
        points: { show: data.t.length < 3 ? true : undefined },
        value: (u, v) => format(v, chart.unit),
      }))),
      bands: (chart.bands || []).map(([top, bottom]) => ({ series: [top + 1, bottom + 1], fill: alpha(series_color(chart.series[top].color ?? top), .14) })),
      hooks: { drawClear: [under] },
    };
    const u = new uPlot(opts, [data.t].concat(chart.series.map(s => clean(s.values))), el);
    u.timeUnit = chart.unit;
    u.ssel = { chart, clean };
    sync.sub(u);
    return u;
  };

  // ---- heat map of a distribution over time -------------------------------------------------------------------
  // Columns are frames, rows are steps of a logarithmic scale, cells say how many samples fell there.
  const SHADES = 16;
  const heat_map = (chart, el) => {
    const value = row => chart.low * Math.pow(10, row / chart.per_decade);
    const draw = u => {
      const { ctx, bbox } = u;
      let most = 1;
      for (const cells of chart.columns) for (let i = 1; i < cells.length; i += 2) most = Math.max(most, cells[i]);
      const shades = Array.from({ length: SHADES }, () => new Path2D());
      chart.columns.forEach((cells, at) => {
        const x0 = u.valToPos(data.t[at] - data.len[at], "x", true), x1 = u.valToPos(data.t[at], "x", true);
        if (x1 < bbox.left || x0 > bbox.left + bbox.width) return;
        for (let i = 0; i < cells.length; i += 2) {
          const y0 = u.valToPos(value(cells[i] + 1), "y", true), y1 = u.valToPos(value(cells[i]), "y", true);
          const shade = Math.min(SHADES - 1, Math.floor(Math.log1p(cells[i + 1]) / Math.log1p(most) * SHADES));
          shades[shade].rect(x0, y0, Math.max(1, x1 - x0), Math.max(1, y1 - y0));
        }
      });
      ctx.save();
      ctx.beginPath(); ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height); ctx.clip();
      shades.forEach((path, i) => { ctx.fillStyle = alpha(series_color(0), .1 + .9 * (i + 1) / SHADES); ctx.fill(path); });
      ctx.restore();
    };
    const u = new uPlot({
      width: width_of(el), height: 240, legend: { show: false },
      cursor: { sync: { key: sync.key }, drag: { x: true, y: false }, points: { show: false } },
      scales: { x: { time: false }, y: { distr: 3, range: () => [value(chart.from), value(chart.to)] } },
      axes: axes(chart.unit, true),
      series: [{}, { scale: "y", paths: () => null, points: { show: false } }],
      hooks: { drawClear: [under], draw: [draw] },
    }, [data.t, data.t.map(() => value(chart.from))], el);
    u.timeUnit = "";
    u.ssel = { chart, heat: true };
    sync.sub(u);
    return u;
  };

  // ---- streams as lines ---------------------------------------------------------------------------------------
  // A lane for each sampled stream: connecting, waiting, then its events; stalls and failures stand out.
  const LANE = 5, LANES_TOP = 22;
  const lanes = (chart, el) => {
    const streams = chart.streams;
    const canvas = document.createElement("canvas"), says = document.createElement("p");
    says.className = "quiet"; says.setAttribute("aria-live", "polite");
    says.textContent = "Select a line to see its stream.";
    el.replaceChildren(canvas, says);
    const lane = Math.max(2, Math.min(LANE, Math.floor(900 / Math.max(1, streams.length))));
    let chosen = -1;
    const paint = () => {
      const width = width_of(el), height = LANES_TOP + streams.length * lane + 6, ratio = devicePixelRatio || 1;
      canvas.width = width * ratio; canvas.height = height * ratio;
      canvas.style.width = width + "px"; canvas.style.height = height + "px";
      const ctx = canvas.getContext("2d");
      ctx.scale(ratio, ratio);
      const end = Math.max(chart.end, 1e-6), x = t => 4 + t / end * (width - 8);
      ctx.fillStyle = color("--soft"); ctx.font = "12px system-ui, sans-serif"; ctx.textBaseline = "top";
      const ticks = Math.max(2, Math.floor(width / 160));
      for (let i = 0; i <= ticks; i++) {
        const t = end * i / ticks; ctx.textAlign = i === 0 ? "left" : i === ticks ? "right" : "center";
        ctx.fillText(clock(t), x(t), 2);
      }
      const c = { connect: series_color(6), wait: series_color(4), open: alpha(series_color(0), .35), event: series_color(0), stall: series_color(1), bad: color("--bad") };
      streams.forEach((s, i) => {
        const y = LANES_TOP + i * lane, h = Math.max(1, lane - 1), bar = (a, b, fill) => { ctx.fillStyle = fill; ctx.fillRect(x(a), y, Math.max(.5, x(b) - x(a)), h); };
        const begun = s.start, sent = begun + s.connect, first = begun + s.first_byte, over = begun + s.duration;
        bar(begun, Math.min(sent, over), c.connect); bar(sent, Math.min(first, over), c.wait); bar(first, over, c.open);
        for (const [from, to] of s.stalls || []) bar(begun + from, begun + to, c.stall);
        for (const at of s.events || []) { ctx.fillStyle = c.event; ctx.fillRect(x(begun + at), y, 1, h); }
        if (s.error) { ctx.fillStyle = c.bad; ctx.fillRect(x(over) - 2, y - .5, 4, h + 1); }
        if (i === chosen) { ctx.strokeStyle = color("--ink"); ctx.strokeRect(x(begun) - 1.5, y - 1.5, x(over) - x(begun) + 3, h + 3); }
      });
    };
    const choose = i => {
      chosen = Math.max(0, Math.min(streams.length - 1, i));
      const s = streams[chosen];
      if (!s) return;
      says.textContent = `Stream ${chosen + 1} of ${streams.length}, ${s.name}: began at ${clock(s.start)}, connected after ${format(s.connect, "s")}, `
        + `first byte after ${format(s.first_byte, "s")}, first event after ${format(s.first_event, "s")}, ${s.count} events in ${format(s.duration, "s")}, `
        + (s.error ? `failed: ${s.error}` : `ended: ${s.end}`) + (s.stalls && s.stalls.length ? `, ${s.stalls.length} stalls` : "") + ".";
      paint();
    };
    canvas.addEventListener("click", e => choose(Math.floor((e.offsetY - LANES_TOP) / lane)));
    el.addEventListener("keydown", e => {
      const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 20, PageUp: -20 }[e.key];
      if (step) { e.preventDefault(); choose(chosen + step); }
    });
    paint();
    return { setSize: paint, repaint: paint };
  };

  // ---- keyboard and screen readers ----------------------------------------------------------------------------
  const listen = (u, el, figure) => {
    const says = document.createElement("p");
    says.className = "says"; says.setAttribute("aria-live", "polite");
    figure.append(says);
    let at = -1;
    el.addEventListener("keydown", e => {
      const last = data.t.length - 1, step = { ArrowRight: 1, ArrowLeft: -1, PageDown: 10, PageUp: -10 }[e.key];
      if (e.key === "Home") at = 0; else if (e.key === "End") at = last;
      else if (e.key === "Escape") { u.setData(u.data); return; }
      else if (step) at = Math.max(0, Math.min(last, at + step)); else return;
      e.preventDefault();
      u.setCursor({ left: u.valToPos(data.t[at], "x"), top: 10 });
      if (u.ssel.heat) { says.textContent = clock(data.t[at]); return; }
      says.textContent = clock(data.t[at]) + ": " + u.ssel.chart.series.map(s => s.name + " " + format(s.values[at], u.ssel.chart.unit)).join(", ");
    });
  };

  // ---- the page -----------------------------------------------------------------------------------------------
  const draw_all = () => {
    plots.forEach(p => p.u.destroy && p.u.destroy());
    plots = [];
    const kinds = { charts: time_chart, heat: heat_map, lanes };
    for (const [kind, draw] of Object.entries(kinds)) for (const chart of data[kind] || []) {
      const figure = document.getElementById("chart-" + chart.id), el = figure && figure.querySelector(".plot");
      if (!el) continue;
      el.replaceChildren();
      const u = draw(chart, el);
      if (kind !== "lanes") listen(u, el, figure);
      plots.push({ u, el, chart, kind });
    }
  };
  const resize = () => plots.forEach(p => p.kind === "lanes" ? p.u.setSize() : p.u.setSize({ width: width_of(p.el), height: 240 }));

  const sortable = table => {
    const body = table.tBodies[0];
    [...table.tHead.rows[0].cells].forEach((cell, column) => {
      const button = document.createElement("button");
      button.type = "button"; button.textContent = cell.textContent;
      cell.replaceChildren(button); cell.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const down = cell.getAttribute("aria-sort") === "ascending";
        [...cell.parentNode.cells].forEach(c => c.setAttribute("aria-sort", "none"));
        cell.setAttribute("aria-sort", down ? "descending" : "ascending");
        const key = row => { const c = row.cells[column]; return c.dataset.v !== undefined ? +c.dataset.v : c.textContent; };
        const rows = [...body.rows].sort((a, b) => { const [p, q] = [key(a), key(b)]; return typeof p === "number" && typeof q === "number" ? p - q : String(p).localeCompare(String(q)); });
        if (down) rows.reverse();
        body.append(...rows);
      });
    });
  };

  const theme = () => {
    const button = document.getElementById("theme");
    if (!button) return;
    button.hidden = false;
    button.addEventListener("click", () => {
      const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      draw_all();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw_all);
  };

  // ---- live ---------------------------------------------------------------------------------------------------
  const live = url => {
    const state = document.getElementById("live"), say = text => { if (state) state.textContent = text; };
    const source = new EventSource(url);
    // The whole of what there is to see: sent at first, and whenever old frames were joined.
    const whole = e => { data = JSON.parse(e.data); fragments(data.html); draw_all(); };
    source.addEventListener("whole", whole);
    source.addEventListener("frame", e => {
      const frame = JSON.parse(e.data);
      data.t.push(frame.t); data.len.push(frame.len); data.limited = frame.limited;
      if (data.lag) data.lag.push(frame.lag);
      for (const chart of data.charts) (frame.charts[chart.id] || []).forEach((v, i) => chart.series[i].values.push(v));
      for (const chart of data.heat || []) { const h = frame.heat[chart.id]; chart.columns.push(h.cells); chart.from = h.from; chart.to = h.to; }
      fragments(frame.html);
      for (const p of plots) {
        if (p.kind === "charts") p.u.setData([data.t].concat(p.chart.series.map(s => p.u.ssel.clean(s.values))));
        if (p.kind === "heat") p.u.setData([data.t, data.t.map(() => 1)]);
      }
      say("live");
    });
    source.addEventListener("end", e => { source.close(); whole(e); say("the run has ended"); });
    source.addEventListener("error", () => say("the connection is lost; trying again"));
  };
  const fragments = html => {
    for (const [id, text] of Object.entries(html || {})) {
      const el = document.getElementById(id);
      if (el) { el.innerHTML = text; el.querySelectorAll("table.sortable").forEach(sortable); }
    }
  };

  const begin = async () => {
    document.querySelectorAll("table.sortable").forEach(sortable);
    theme();
    const url = document.body.dataset.live;
    data = await unpack("data");
    draw_all();
    addEventListener("resize", resize);
    if (url) live(url);
  };
  begin();
})();
