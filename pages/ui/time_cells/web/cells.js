// Class by time as cells that can be pressed, or amounts by time as bars, on one axis of time.

/** Pixels: the height of a row of cells and of bars, and the margins around them. */
const ROW = 28;
const BARS = 96;
const BETWEEN = 30;
const TOP = 4;
const BELOW = 24;
const RIGHT = 104;
/** Narrowest cells, in pixels, between which a gap is seen. */
const GAPS = 4;

/** A length of time: 4.2 s, 12 min, 3.5 h. */
function amount(seconds) {
  const [size, unit] = seconds < 60 ? [1, "s"] : seconds < 3600 ? [60, "min"] : [3600, "h"];
  return `${Number((seconds / size).toPrecision(3))} ${unit}`;
}

/** A round number from `most` on, for the top of an axis. */
function roundTop(most) {
  if (most <= 0) return 1;
  const size = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 2.5, 5, 10].map((step) => step * size).find((top) => top >= most * 0.999);
}

/** The colour at a share of a scale of colours, #RRGGBB at equal steps. */
function colorAt(colors, share) {
  const at = Math.min(1, Math.max(0, share)) * (colors.length - 1);
  const low = Math.min(Math.floor(at), colors.length - 2);
  const part = (color, i) => parseInt(color.slice(1 + 2 * i, 3 + 2 * i), 16);
  const mixed = [0, 1, 2].map((i) => Math.round(
    part(colors[low], i) + (at - low) * (part(colors[low + 1], i) - part(colors[low], i))));
  return `rgb(${mixed.join()})`;
}

export class Cells {
  constructor(root) {
    this.root = root;
    this.chart = root.querySelector(".chart");
    this.canvas = root.querySelector("canvas");
    this.tip = root.querySelector(".tip");
    this.said = root.querySelector(".said");
    this.pointed = null; // [row, bin] under the pointer or reached by keys
    this.removal = new AbortController();
    const on = (name, act) => this.chart.addEventListener(name, act, { signal: this.removal.signal });
    on("pointermove", (event) => this.point(this.at(event)));
    on("pointerleave", () => this.point(null));
    on("click", (event) => this.press(this.at(event)));
    on("keydown", (event) => this.keydown(event));
    on("blur", () => this.point(null));
    this.sizes = new ResizeObserver(() => this.draw());
    this.sizes.observe(this.chart);
  }

  dispose() {
    this.removal.abort();
    this.sizes.disconnect();
  }

  /** A message of the page. send(cell) reports one that was pressed. */
  update(data, send) {
    this.data = data;
    this.send = send;
    this.chosen = data.cells?.chosen ?? null;
    this.chart.setAttribute("role", data.cells ? "application" : "img");
    this.chart.setAttribute("aria-label", data.alt);
    this.chart.tabIndex = 0; // bars scroll on a narrow screen
    this.point(null);
    this.draw();
  }

  get bins() {
    return this.data.times.length;
  }

  /** Where things lie, in CSS pixels. */
  get layout() {
    const { cells, bars, names } = this.data;
    const pen = this.canvas.getContext("2d");
    pen.font = this.font;
    const left = Math.ceil(Math.max(40, ...names.map((name) => pen.measureText(name).width))) + 12;
    const width = Math.max(1, this.chart.clientWidth - left - RIGHT);
    const height = cells ? ROW * names.length : bars.length * (BARS + BETWEEN) - BETWEEN;
    return { left, width, height, bin: width / this.bins };
  }

  get font() {
    return `12px ${getComputedStyle(this.root).fontFamily}`;
  }

  /** The middle of a cell, in CSS pixels of the window. */
  place(row, bin) {
    const box = this.canvas.getBoundingClientRect();
    const { left, bin: wide } = this.layout;
    return [box.left + left + (bin + 0.5) * wide, box.top + TOP + (row + 0.5) * ROW];
  }

  /** The cell or bar under the pointer: [row, bin]; null where there is none. */
  at({ clientX, clientY }) {
    const box = this.canvas.getBoundingClientRect();
    const { left, width, height, bin } = this.layout;
    const [x, y] = [clientX - box.left - left, clientY - box.top - TOP];
    if (x < 0 || x >= width || y < 0 || y >= height) return null;
    const row = Math.floor(y / (this.data.cells ? ROW : BARS + BETWEEN));
    return this.isThere(row, Math.floor(x / bin)) ? [row, Math.floor(x / bin)] : null;
  }

  isThere(row, bin) {
    const { cells, names } = this.data;
    if (bin < 0 || bin >= this.bins) return false;
    return cells ? row >= 0 && row < names.length && cells.recorded[bin] > 0 : true;
  }

  /** What is said of a cell or a bar. */
  text([row, bin]) {
    const { cells, bars, names, times } = this.data;
    if (!cells) return `${times[bin]}\n${bars[row][0]}: ${Number(bars[row][1][bin].toPrecision(4))}`;
    const events = cells.events[row][bin];
    return `${names[row]}, ${times[bin]}\n`
      + `${amount(cells.active[row][bin])} active of ${amount(cells.recorded[bin])} recorded\n`
      + `${events} event${events === 1 ? "" : "s"}`;
  }

  point(cell) {
    if (!this.pointed && !cell) return;
    this.pointed = cell;
    this.tip.hidden = !cell;
    this.canvas.style.cursor = cell && this.data.cells ? "pointer" : "default";
    this.draw();
    if (!cell) return;
    this.tip.textContent = this.text(cell);
    const { left, bin } = this.layout;
    const x = left + (cell[1] + 0.5) * bin;
    const y = TOP + (cell[0] + 1) * (this.data.cells ? ROW : BARS + BETWEEN) + 4;
    const room = this.chart.clientWidth - this.tip.offsetWidth - 4;
    this.tip.style.left = `${Math.max(0, Math.min(x + 6, room))}px`;
    this.tip.style.top = `${this.data.cells ? y : y - BETWEEN - BARS + 10}px`;
  }

  press(cell) {
    const { cells, labels } = this.data;
    if (!cell || !cells) return;
    this.chosen = cell;
    this.draw();
    this.send({ label: labels[cell[0]], start: cells.start + cell[1] * cells.step });
  }

  keydown(event) {
    const { cells } = this.data;
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!cells || (!step && event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    event.stopPropagation();
    const from = this.pointed ?? this.chosen ?? [0, cells.recorded.findIndex((seconds) => seconds > 0)];
    if (!step) {
      if (this.isThere(...from)) this.press(from);
      return;
    }
    let [row, bin] = this.pointed ? [from[0] + step[0], from[1] + step[1]] : from;
    while (bin >= 0 && bin < this.bins && !(cells.recorded[bin] > 0)) bin += step[1] || 1;
    if (!this.isThere(row, bin)) return;
    this.point([row, bin]);
    this.said.textContent = this.text([row, bin]);
  }

  draw() {
    if (!this.data || !this.chart.clientWidth) return;
    const { left, width, height, bin } = this.layout;
    const scale = window.devicePixelRatio || 1;
    const full = TOP + height + BELOW;
    const [across, down] = [Math.round(this.chart.clientWidth * scale), Math.round(full * scale)];
    if (this.canvas.width !== across || this.canvas.height !== down) {
      Object.assign(this.canvas, { width: across, height: down });
      this.canvas.style.height = `${full}px`;
    }
    const pen = this.canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, this.chart.clientWidth, full);
    pen.font = this.font;
    const colors = getComputedStyle(this.root);
    const [ink, soft, line] = ["--ink", "--soft", "--line"].map((name) => colors.getPropertyValue(name));
    const frame = { left, width, height, bin, ink: resolved(this.root, ink), soft: resolved(this.root, soft),
      line: resolved(this.root, line) };
    if (this.data.cells) this.drawCells(pen, frame);
    else this.drawBars(pen, frame);
    this.drawTicks(pen, frame);
    this.canvas.dataset.drawn = this.data.cells ? "cells" : "bars";
  }

  drawCells(pen, { left, width, height, bin, ink, soft }) {
    const { cells, names } = this.data;
    const top = Math.max(...cells.scale.map(([at]) => at));
    const gap = bin >= GAPS ? 1 : 0;
    pen.textBaseline = "middle";
    names.forEach((name, row) => {
      pen.fillStyle = ink;
      pen.textAlign = "right";
      pen.fillText(name, left - 8, TOP + (row + 0.5) * ROW);
      cells.active[row].forEach((seconds, n) => {
        if (!(cells.recorded[n] > 0)) return;
        const isChosen = this.chosen?.[0] === row && this.chosen?.[1] === n;
        pen.fillStyle = isChosen ? cells.pressed
          : colorAt(cells.colors, Math.sqrt(seconds / cells.recorded[n]) / top);
        pen.fillRect(left + n * bin, TOP + row * ROW, Math.max(bin - gap, 0.5), ROW - 1);
      });
    });
    if (this.pointed) {
      const [row, n] = this.pointed;
      pen.strokeStyle = ink;
      pen.lineWidth = 2;
      pen.strokeRect(left + n * bin, TOP + row * ROW, Math.max(bin - gap, 2), ROW - 1);
    }
    const x = left + width + 18;
    for (let y = 0; y < height; y++) {
      pen.fillStyle = colorAt(cells.colors, 1 - y / height);
      pen.fillRect(x, TOP + y, 12, 1);
    }
    pen.textAlign = "left";
    pen.fillStyle = soft;
    for (const [at, text] of cells.scale) {
      const y = TOP + (1 - at / top) * height;
      pen.fillText(text, x + 18, Math.min(Math.max(y, TOP + 6), TOP + height - 6));
    }
    pen.save();
    pen.translate(x + 72, TOP + height / 2);
    pen.rotate(-Math.PI / 2);
    pen.textAlign = "center";
    pen.fillText(cells.unit, 0, 0);
    pen.restore();
  }

  drawBars(pen, { left, width, bin, ink, soft, line }) {
    const { bars, color } = this.data;
    bars.forEach(([name, values], row) => {
      const [y, top] = [TOP + row * (BARS + BETWEEN), roundTop(Math.max(...values))];
      pen.strokeStyle = line;
      pen.lineWidth = 1;
      for (const share of [0, 0.5, 1]) {
        pen.beginPath();
        pen.moveTo(left, Math.round(y + share * BARS) + 0.5);
        pen.lineTo(left + width, Math.round(y + share * BARS) + 0.5);
        pen.stroke();
      }
      pen.textBaseline = "middle";
      pen.textAlign = "right";
      pen.fillStyle = soft;
      for (const share of [0, 0.5, 1]) {
        const text = `${Number((share * top).toPrecision(3))}`;
        pen.fillText(text, left - 8, Math.min(Math.max(y + (1 - share) * BARS, y + 6), y + BARS - 4));
      }
      pen.textAlign = "left";
      pen.fillStyle = ink;
      pen.fillText(name, left + width + 12, y + BARS / 2);
      values.forEach((value, n) => {
        const tall = (value / top) * BARS;
        pen.fillStyle = this.pointed?.[0] === row && this.pointed?.[1] === n ? ink : color;
        pen.fillRect(left + (n + 0.1) * bin, y + BARS - tall, 0.8 * bin, tall);
      });
    });
  }

  drawTicks(pen, { left, height, bin, soft }) {
    pen.fillStyle = soft;
    pen.textAlign = "center";
    pen.textBaseline = "top";
    let free = 0;
    for (const [n, text] of this.data.ticks) {
      const [x, half] = [left + (n + 0.5) * bin, pen.measureText(text).width / 2];
      if (x - half < free) continue;
      pen.fillText(text, x, TOP + height + 6);
      free = x + half + 10;
    }
  }
}

/** A colour that a canvas can draw in, of one that may be mixed from variables. */
function resolved(root, color) {
  root.style.setProperty("outline-color", color);
  const plain = getComputedStyle(root).outlineColor;
  root.style.removeProperty("outline-color");
  return plain;
}
