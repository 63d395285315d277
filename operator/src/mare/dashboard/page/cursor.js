/** One cursor over both charts, by pointer and by keys: the figures and the sentence of that moment. */

import { plainSentence, showClause } from "./sentence.js";
import { part, setAttribute } from "./text.js";

const PAGE = 10;

export class Cursor {
  #index = null;
  #at = null;

  constructor(root, words, now) {
    this.words = words;
    this.now = now;
    this.slider = part(root, "cursor");
    this.hair = part(root, "hair");
    this.moment = part(root, "moment");
    setAttribute(this.slider, "aria-label", words.text("cursor.label"));
    this.slider.addEventListener("pointermove", (event) => this.#point(event));
    this.slider.addEventListener("pointerdown", (event) => this.#point(event));
    this.slider.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && this.clear());
    this.slider.addEventListener("keydown", (event) => this.#press(event));
    this.#show();
  }

  /** A new picture: the cursor stays at its moment until that has left it. */
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
    const here = this.#index ?? last;
    const moves = {
      ArrowLeft: () => here - 1,
      ArrowRight: () => here + 1,
      PageDown: () => here - PAGE,
      PageUp: () => here + PAGE,
      Home: () => 0,
      End: () => last,
      ArrowUp: () => this.#decision(1) ?? here,
      ArrowDown: () => this.#decision(-1) ?? here,
      Escape: () => null,
    };
    if (!(event.key in moves)) return;
    event.preventDefault();
    const index = moves[event.key]();
    this.#go(index === null ? null : Math.min(last, Math.max(0, index)));
  }

  /** The sample at the next decision in a direction. */
  #decision(direction) {
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
    const text = this.#words(index);
    setAttribute(slider, "aria-valuetext", text);
    showClause(this.moment, { text: this.#at === null ? words.text("cursor.hint") : text, lang: null });
    const x = axis.left + ((at - start) / (end - start)) * (axis.right - axis.left);
    hair.style.left = `${((100 * x) / axis.width).toFixed(2)}%`;
    axis.panels.forEach((panel, number) => this.#dot(hair.children[number], panel, index));
  }

  /** A dot where the line of a panel stands at this moment; none where that is unknown. */
  #dot(dot, { key, top, bottom, high }, index) {
    const value = this.chart.samples[key === "replicas" ? "running" : key][index];
    dot.hidden = value === null || value === undefined;
    const y = bottom - (Math.min(value ?? 0, high) / high) * (bottom - top);
    dot.style.top = `${((100 * y) / this.chart.axis.height).toFixed(2)}%`;
  }

  #words(index) {
    const { words, chart } = this;
    const { samples, marks } = chart;
    const at = samples.at[index];
    const known = (value, text) => (value === null || value === undefined ? words.text("unknown") : text(value));
    const figures = words.text("cursor.figures", {
      time: words.time(at, this.now()),
      depth: known(samples.depth[index], (value) => words.number(value)),
      wait: known(samples.wait[index], (value) => words.duration(value)),
      running: known(samples.running[index], (value) => words.number(value)),
      desired: known(samples.desired[index], (value) => words.number(value)),
    });
    const before = marks
      .filter((each) => each.at <= at + chart.step / 2)
      .reduce((latest, each) => (latest && latest.at > each.at ? latest : each), null);
    return before?.sentence ? `${figures} ${plainSentence(words, before.sentence)}` : figures;
  }
}

/** The index of the sorted moment that lies closest. */
export function nearest(moments, wanted) {
  let low = 0;
  let high = moments.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (moments[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low > 0 && wanted - moments[low - 1] < moments[low] - wanted ? low - 1 : low;
}
