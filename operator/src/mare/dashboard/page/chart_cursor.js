/** One cursor over both charts, moved by pointer or keys: the values and decision of a moment. */

import { setAttribute } from "./dom.js";
import { plainSentence, showClause } from "./sentence.js";
import { sampleTexts } from "./values.js";

const PAGE = 10;

export class Cursor {
  #index = null;
  #at = null;

  constructor({ cursor, hair, moment }, words, now) {
    this.words = words;
    this.now = now;
    Object.assign(this, { slider: cursor, hair, moment });
    setAttribute(this.slider, "aria-label", words.text("cursor.label"));
    this.slider.addEventListener("pointermove", (event) => this.#point(event));
    this.slider.addEventListener("pointerdown", (event) => this.#point(event));
    this.slider.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && this.clear());
    this.slider.addEventListener("keydown", (event) => this.#press(event));
    this.#show();
  }

  /** Take a new chart. The cursor stays at its moment while the chart contains it. */
  take(chart) {
    this.chart = chart;
    if (this.#at !== null) {
      if (this.#at < chart.start) this.#go(null);
      else this.#index = nearest(chart.samples.at, this.#at);
    }
    this.#show();
  }

  clear() {
    this.#go(null);
  }

  #go(index) {
    this.#index = index;
    this.#at = index === null ? null : this.chart.samples.at[index];
    this.#show();
  }

  #point(event) {
    if (!this.chart?.samples.at.length) return;
    const { left, width } = this.slider.getBoundingClientRect();
    const { axis, start, end, samples } = this.chart;
    const x = ((event.clientX - left) / width) * axis.width;
    const share = Math.min(1, Math.max(0, (x - axis.left) / (axis.right - axis.left)));
    this.#go(nearest(samples.at, start + share * (end - start)));
  }

  #press(event) {
    const last = (this.chart?.samples.at.length ?? 0) - 1;
    if (last < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    const index = this.#index ?? last;
    const moves = {
      ArrowLeft: () => index - 1,
      ArrowRight: () => index + 1,
      PageDown: () => index - PAGE,
      PageUp: () => index + PAGE,
      Home: () => 0,
      End: () => last,
      ArrowUp: () => this.#change(1) ?? index,
      ArrowDown: () => this.#change(-1) ?? index,
      Escape: () => null,
    };
    if (!(event.key in moves)) return;
    event.preventDefault();
    const next = moves[event.key]();
    this.#go(next === null ? null : Math.min(last, Math.max(0, next)));
  }

  /** The index of the sample at the next change in a direction. */
  #change(direction) {
    const { marks, samples } = this.chart;
    const at = this.#at ?? samples.at.at(-1);
    const beyond = marks.map((each) => each.at).filter((each) => (each - at) * direction > this.chart.step / 2);
    if (!beyond.length) return null;
    return nearest(samples.at, direction > 0 ? Math.min(...beyond) : Math.max(...beyond));
  }

  #show() {
    const { slider, hair, words, chart } = this;
    hair.hidden = this.#at === null;
    const index = this.#index ?? (chart ? chart.samples.at.length - 1 : -1);
    if (index < 0) {
      setAttribute(slider, "aria-valuenow", 0);
      setAttribute(slider, "aria-valuetext", words.text("cursor.nothing"));
      showClause(this.moment, { text: words.text("cursor.hint"), lang: null });
      return;
    }
    const { axis, start, end, samples } = chart;
    const at = samples.at[index];
    setAttribute(slider, "aria-valuemin", Math.floor(start));
    setAttribute(slider, "aria-valuemax", Math.ceil(end));
    setAttribute(slider, "aria-valuenow", Math.round(at));
    const text = this.#text(index);
    setAttribute(slider, "aria-valuetext", text);
    showClause(this.moment, { text: this.#at === null ? words.text("cursor.hint") : text, lang: null });
    const x = axis.left + ((at - start) / (end - start)) * (axis.right - axis.left);
    hair.style.left = `${((100 * x) / axis.width).toFixed(2)}%`;
    axis.panels.forEach((panel, number) => this.#dot(hair.children[number], panel, index));
  }

  /** Put a dot on the line of a panel; none where the value is unknown. */
  #dot(dot, { key, top, bottom, high }, index) {
    const value = this.chart.samples[key === "replicas" ? "running" : key][index];
    dot.hidden = value === null || value === undefined;
    const y = bottom - (Math.min(value ?? 0, high) / high) * (bottom - top);
    dot.style.top = `${((100 * y) / this.chart.axis.height).toFixed(2)}%`;
  }

  #text(index) {
    const { words, chart } = this;
    const { samples, marks } = chart;
    const at = samples.at[index];
    const figures = words.text("cursor.figures", { time: words.time(at, this.now()), ...sampleTexts(words, samples, index) });
    const before = marks
      .filter((each) => each.at <= at + chart.step / 2)
      .reduce((latest, each) => (latest && latest.at > each.at ? latest : each), null);
    return before ? `${figures} ${plainSentence(words, before.sentence)}` : figures;
  }
}

/** The index of the closest of sorted moments. */
export function nearest(moments, target) {
  let low = 0;
  let high = moments.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (moments[middle] < target) low = middle + 1;
    else high = middle;
  }
  return low > 0 && target - moments[low - 1] < moments[low] - target ? low - 1 : low;
}
