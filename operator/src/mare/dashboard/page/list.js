/** The list: one row for each object, objects that need attention first. */

import { fromTemplate, partsIn, setAttribute, setText, showEach } from "./dom.js";
import { rulerIn, showRuler } from "./ruler.js";
import { constraintText, countsText, moodOf, shortCountsText, unknownText } from "./values.js";

const LOAD_LINES_EVERY = 10_000;
const ATTENTION = ["unknown", "behind", "pending", "none"];
const keyOf = ({ namespace, name }) => `${namespace}/${name}`;
const orderOf = ({ attention, namespace, name }) => [ATTENTION.indexOf(attention), namespace, name].join(" ");

export class List {
  #objects = new Map();
  #lines = { lines: {} };
  #linesAt = -Infinity;
  #rows = new WeakMap(); // the parts of each row, so that they are not searched every second

  constructor(root, words, { href, namespace, announcer }) {
    this.root = root;
    this.words = words;
    this.href = href;
    this.announcer = announcer;
    this.namespace = namespace ?? "";
    this.parts = partsIn(root);
    this.parts.namespace.addEventListener("change", () => this.#choose(this.parts.namespace.value));
  }

  take(event, data) {
    this.operator = data.operator;
    if (event === "state") this.#objects = new Map(data.objects.map((each) => [keyOf(each), each]));
    else if (event === "changes") {
      for (const each of data.changed) this.#objects.set(keyOf(each), each);
      for (const each of data.removed) this.#objects.delete(keyOf(each));
    }
  }

  show(now, live = true) {
    const { words, parts } = this;
    const all = [...this.#objects.values()];
    this.now = now;
    this.live = live;
    this.#loadLines();
    this.#showNamespaces(new Set(all.map((each) => each.namespace)));
    const shown = all.filter((each) => !this.namespace || each.namespace === this.namespace);
    shown.sort((one, other) => (orderOf(one) < orderOf(other) ? -1 : 1));
    parts.empty.hidden = all.length > 0;
    parts.table.hidden = all.length === 0;
    const waiting = shown.filter((each) => each.attention !== "none").length;
    const summary = shown.length ? words.text("list.attention", { count: waiting, total: shown.length }) : "";
    setText(parts.summary, summary);
    document.title = `${waiting ? `(${waiting}) ` : ""}${words.text("list.title")} · Maré`;
    this.announcer.announce(`${waiting} of ${shown.length}`, summary);
    showEach(parts.rows, shown, {
      key: keyOf,
      make: () => this.#makeRow(),
      show: (row, object) => this.#showRow(row, object),
      still: parts.rows.matches(":hover, :focus-within"),
    });
  }

  async #loadLines() {
    if (performance.now() - this.#linesAt < LOAD_LINES_EVERY) return;
    this.#linesAt = performance.now();
    try {
      const answer = await fetch("api/sparklines");
      if (answer.ok) this.#lines = await answer.json();
    } catch {
      // the feed reports the failure; the last lines stay
    }
  }

  #makeRow() {
    const row = fromTemplate("row");
    const parts = { ...partsIn(row), ruler: rulerIn(row) };
    for (const name of ["replicas", "depth", "wait", "state", "changed"]) {
      parts[name].dataset.label = this.words.text(`list.${name}`);
    }
    this.#rows.set(row, parts);
    return row;
  }

  #showRow(row, object) {
    const { words, now } = this;
    const fresh = object.fresh && this.live;
    const parts = this.#rows.get(row);
    setAttribute(row, "data-attention", object.attention);
    setAttribute(row, "data-stale", fresh ? null : "true");
    setText(parts.link, object.name);
    setAttribute(parts.link, "href", this.href({ namespace: object.namespace, name: object.name }));
    setText(parts.namespace, object.namespace);
    showRuler(parts.ruler, object.replicas, countsText(words, object.replicas));
    setText(parts.count, shortCountsText(words, object.replicas));
    const { depth, wait } = object;
    this.#showReading(parts.messages, depth, (value) => words.number(value));
    this.#showLine(parts.line, this.#lines.lines[keyOf(object)]);
    this.#showReading(parts.value, wait, (value) => words.duration(value));
    setText(parts.age, fresh || wait.at === null ? this.#target(object) : words.ago(now - wait.at));
    this.#showState(parts.chip, object);
    setText(parts.changed, object.changedAt === null ? words.text("list.never") : words.ago(now - object.changedAt));
  }

  #showReading(node, reading, text) {
    const unknown = reading.value === null;
    setAttribute(node, "data-unknown", unknown ? "true" : null);
    setText(node, unknown ? unknownText(this.words, reading) : text(reading.value));
  }

  /** Show what limits the count; if nothing does, whether the workload keeps up. */
  #showState(chip, { attention, constraint }) {
    const { words, now } = this;
    const mood = moodOf(constraint);
    const unlimited = mood !== "calm" ? null : attention === "behind" ? "warn" : "calm";
    const limit = constraintText(words, constraint, now);
    setText(chip, unlimited ? words.text(`list.state.${unlimited}`) : limit);
    setAttribute(chip, "data-mood", unlimited ?? mood);
    setAttribute(chip, "title", `${words.text("figure.held")}: ${limit}`);
  }

  #showLine(svg, line) {
    const { width, height } = this.#lines;
    setAttribute(svg, "visibility", line ? null : "hidden");
    if (!line) return;
    setAttribute(svg, "viewBox", `0 0 ${width} ${height}`);
    setAttribute(svg.firstElementChild, "d", line.path);
    const label = line.highest === null ? "list.depth.unknown" : "list.depth.recent";
    setAttribute(svg, "aria-label", this.words.text(label, { highest: this.words.number(line.highest ?? 0) }));
  }

  #target({ waitTarget }) {
    return waitTarget === null ? "" : this.words.text("list.target", { target: this.words.duration(waitTarget) });
  }

  #choose(namespace) {
    this.namespace = namespace;
    window.history.replaceState(null, "", this.href({ namespace, name: "" }));
    this.show(this.now, this.live);
  }

  #showNamespaces(names) {
    const select = this.parts.namespace;
    if (this.namespace) names.add(this.namespace);
    const sorted = [...names].sort();
    const existing = [...select.options].slice(1).map((each) => each.value);
    if (sorted.join() !== existing.join()) {
      select.replaceChildren(select.options[0], ...sorted.map((name) => new Option(name, name)));
    }
    if (select.value !== this.namespace) select.value = this.namespace;
  }
}
