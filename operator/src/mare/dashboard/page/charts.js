/** Two charts on one time axis, drawn by the operator, and their samples as a table. */

import { Cursor } from "./chart_cursor.js";
import { element, setAttribute } from "./dom.js";
import { SAMPLES, sampleTexts } from "./values.js";

const RANGES = { "10m": 1, "1h": 10, "24h": 60 };
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
    this.#makeRanges(parts.ranges);
    this.parts.details.addEventListener("toggle", () => this.#showTable());
    new ResizeObserver(() => this.#widthChanged()).observe(this.parts.picture);
  }

  /** Called for each message about the object, so that a paused page stops the charts too. */
  show(sentence) {
    setAttribute(this.parts.figure, "aria-label", sentence);
    if (document.hidden) return;
    if (performance.now() - this.#loadedAt >= 1000 * RANGES[this.#range] - 100) this.#load();
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
    if (this.parts.details.open && this.chart) showSamples(this.parts.samples, this.words, this.chart, this.now());
  }

  #makeRanges(group) {
    const buttons = Object.keys(RANGES).map((range) => {
      const button = element("button", "quiet", this.words.text(`range.${range}`));
      button.type = "button";
      setAttribute(button, "aria-pressed", String(range === this.#range));
      button.addEventListener("click", () => {
        this.#range = range;
        for (const each of buttons) setAttribute(each, "aria-pressed", String(each === button));
        this.cursor.clear();
        this.#loading = false;
        this.#load();
      });
      return button;
    });
    group.append(...buttons);
  }
}

/** Show about 20 of the samples. */
function showSamples(table, words, { samples }, now) {
  const count = samples.at.length;
  const step = Math.max(1, Math.ceil(count / TABLE_ROWS));
  const rows = [];
  for (let index = count - 1; index >= 0; index -= step) {
    rows.push(tableRow("td", words.time(samples.at[index], now), Object.values(sampleTexts(words, samples, index))));
  }
  const head = element("thead");
  const heading = tableRow("th", words.text("table.time"), SAMPLES.map((name) => words.text(`table.${name}`)));
  for (const cell of heading.children) cell.scope = "col";
  head.append(heading);
  const body = element("tbody");
  body.append(...rows);
  table.replaceChildren(head, body);
}

function tableRow(kind, first, texts) {
  const row = element("tr");
  const name = element("th", "", first);
  name.scope = "row";
  row.append(name, ...texts.map((text) => element(kind, "", text)));
  return row;
}
