/** The foot: whether the figures can be trusted, and since when there are any. */

import { element, setAttribute, setText } from "./text.js";

export class Foot {
  constructor(list, words) {
    this.list = list;
    this.words = words;
    this.values = new Map();
  }

  show(operator, history, now) {
    const { words } = this;
    const { brokers, errors } = operator;
    this.#row(
      "broker",
      brokers.unreachable
        ? words.text("foot.broker.bad", { count: brokers.unreachable, total: brokers.total })
        : words.text(brokers.total ? "foot.broker.good" : "foot.broker.none", { count: brokers.total }),
      brokers.unreachable ? "bad" : null,
    );
    const age = now - operator.tickedAt;
    this.#row("tick", age < 2 ? words.text("age.now") : words.ago(age), age > 5 ? "bad" : null);
    this.#row("leader", operator.leader ?? words.text("foot.leader.local"));
    if (history) this.#row("history", words.time(history.since, now));
    this.#row("errors", words.number(errors.count), errors.count ? "bad" : null);
    this.#row("version", operator.version);
  }

  #row(name, text, state = null) {
    if (!this.values.has(name)) {
      const row = element("div");
      const term = element("dt");
      const value = element("dd");
      setText(term, this.words.text(`foot.${name}`));
      row.append(term, value);
      this.list.append(row);
      this.values.set(name, value);
    }
    setText(this.values.get(name), text);
    setAttribute(this.values.get(name), "data-state", state);
  }
}
