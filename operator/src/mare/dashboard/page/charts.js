/** Two charts on one time axis, drawn by the operator; the cursor over them is the page's. */

import { Cursor } from "./cursor.js";
import { showSamples } from "./samples.js";
import { element, part, setAttribute, setText } from "./text.js";

const RANGES = { "10m": 1, "1h": 10, "24h": 60 };
const HEIGHTS = { narrow: 400, low: 240, high: 320 };
const WIDE = 560;
const HIGH_WINDOW = 840;

export class Charts {
  #asking = false;
  #askedAt = -Infinity;
  #range = "10m";

  constructor(root, words, object, now) {
    this.words = words;
    this.now = now;
    this.picture = part(root, "picture");
    this.figure = part(root, "figure");
    this.details = part(root, "details");
    this.table = part(root, "samples");
    this.path = `api/objects/${encodeURIComponent(object.namespace)}/${encodeURIComponent(object.name)}/chart`;
    this.cursor = new Cursor(root, words, now);
    this.#makeRanges(part(root, "ranges"));
    this.details.addEventListener("toggle", () => this.#showTable());
    new ResizeObserver(() => this.#widthChanged()).observe(this.picture);
  }

  /** Called whenever the object was heard of, so that charts stand still with everything else. */
  show(sentence) {
    setAttribute(this.figure, "aria-label", sentence);
    if (document.hidden) return;
    if (performance.now() - this.#askedAt >= 1000 * RANGES[this.#range] - 100) this.#ask();
  }

  #width() {
    return Math.min(1600, Math.max(280, Math.floor(this.picture.clientWidth / 20) * 20));
  }

  #widthChanged() {
    if (this.chart && this.#width() !== this.chart.axis.width) this.#ask();
  }

  async #ask() {
    if (this.#asking) return;
    this.#asking = true;
    this.#askedAt = performance.now();
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
      // the feed tells why nothing is heard; the last picture stays
    } finally {
      this.#asking = false;
    }
  }

  #draw(chart) {
    if (chart.range !== this.#range) return;
    this.chart = chart;
    const svg = new DOMParser().parseFromString(chart.svg, "image/svg+xml").documentElement;
    this.picture.replaceChildren(document.importNode(svg, true));
    this.cursor.take(chart);
    this.#showTable();
  }

  #showTable() {
    if (this.details.open && this.chart) showSamples(this.table, this.words, this.chart, this.now());
  }

  #makeRanges(group) {
    const buttons = Object.keys(RANGES).map((range) => {
      const button = element("button", "quiet");
      button.type = "button";
      setText(button, this.words.text(`range.${range}`));
      setAttribute(button, "aria-pressed", String(range === this.#range));
      button.addEventListener("click", () => {
        this.#range = range;
        for (const each of buttons) setAttribute(each, "aria-pressed", String(each === button));
        this.cursor.clear();
        this.#asking = false;
        this.#ask();
      });
      return button;
    });
    group.append(...buttons);
  }
}
