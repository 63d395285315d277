/** Two charts on one time axis, drawn by the operator, and their samples as a table. */

import { Cursor } from "./chart_cursor.js";
import { element, setAttribute } from "./dom.js";
import { sampleTexts } from "./values.js";

const RELOAD_SECONDS = { "10m": 1, "1h": 10, "24h": 60 };
const HEIGHTS = { narrow: 400, low: 240, high: 320 };
const WIDE = 560;
const HIGH_WINDOW = 840;
const TABLE_ROWS = 20;

export class Charts {
  #loading = false;
  #loadedAt = -Infinity;
  #range = "10m";

  constructor(parts, words, object, now) {
    this.parts = parts;
    this.words = words;
    this.now = now;
    this.path = `api/objects/${encodeURIComponent(object.namespace)}/${encodeURIComponent(object.name)}/chart`;
    this.cursor = new Cursor(parts, words, now);
    for (const button of parts.ranges.children) button.addEventListener("click", () => this.#choose(button));
    this.parts.details.addEventListener("toggle", () => this.#showTable());
    new ResizeObserver(() => this.#widthChanged()).observe(this.parts.picture);
  }

  /** Called for each message about the object, so that a frozen page stops the charts too. */
  show(sentence) {
    setAttribute(this.parts.figure, "aria-label", sentence);
    if (document.hidden) return;
    if (performance.now() - this.#loadedAt >= 1000 * RELOAD_SECONDS[this.#range] - 100) this.#load();
  }

  #width() {
    return Math.min(1600, Math.max(280, Math.floor(this.parts.picture.clientWidth / 20) * 20));
  }

  #widthChanged() {
    if (this.chart && this.#width() !== this.chart.axis.width) this.#load();
  }

  async #load() {
    if (this.#loading) return;
    this.#loading = true;
    this.#loadedAt = performance.now();
    const width = this.#width();
    const query = new URLSearchParams({
      range: this.#range,
      width,
      height: HEIGHTS[width < WIDE ? "narrow" : window.innerHeight < HIGH_WINDOW ? "low" : "high"],
      lang: this.words.language,
      tz: Intl.DateTimeFormat().resolvedOptions().timeZone,
    });
    try {
      const answer = await fetch(`${this.path}?${query}`);
      if (answer.ok) this.#draw(await answer.json());
    } catch {
      // the feed reports the failure; the last chart stays
    } finally {
      this.#loading = false;
    }
  }

  #draw(chart) {
    if (chart.range !== this.#range) return;
    this.chart = chart;
    const svg = new DOMParser().parseFromString(chart.svg, "image/svg+xml").documentElement;
    this.parts.picture.replaceChildren(document.importNode(svg, true));
    this.cursor.take(chart);
    this.#showTable();
  }

  #showTable() {
    if (this.parts.details.open && this.chart) showSamples(this.parts.samples.tBodies[0], this.words, this.chart, this.now());
  }

  #choose(button) {
    this.#range = button.value;
    for (const each of this.parts.ranges.children) setAttribute(each, "aria-pressed", String(each === button));
    this.cursor.clear();
    this.#loading = false;
    this.#load();
  }
}

/** Show about 20 of the samples. */
function showSamples(body, words, { samples }, now) {
  const count = samples.at.length;
  const step = Math.max(1, Math.ceil(count / TABLE_ROWS));
  const rows = [];
  for (let index = count - 1; index >= 0; index -= step) {
    const row = element("tr");
    const time = element("th", "", words.time(samples.at[index], now));
    time.scope = "row";
    const texts = Object.values(sampleTexts(words, samples, index));
    row.append(time, ...texts.map((text) => element("td", "", text)));
    rows.push(row);
  }
  body.replaceChildren(...rows);
}
