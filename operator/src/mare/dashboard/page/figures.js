/** The four figures of one object, each with its age, and the one thing that holds its count. */

import { showConstraint } from "./constraint.js";
import { showMeasured } from "./measured.js";
import { element, fromTemplate, part, setText } from "./text.js";

export class Figures {
  constructor(parent, words) {
    this.words = words;
    this.cards = {};
    for (const name of ["depth", "wait", "rates", "drain", "held"]) {
      const root = fromTemplate("figure");
      root.classList.add(name);
      this.cards[name] = { root, value: part(root, "value"), more: part(root, "more"), age: part(root, "age") };
      setText(part(root, "label"), words.text(`figure.${name}`));
      parent.append(root);
    }
    this.chip = element("span", "chip");
    this.cards.held.value.append(this.chip);
  }

  show(object, now) {
    const { words, cards } = this;
    const { fresh } = object;
    const show = (name, measured, text, more = "") =>
      showMeasured(cards[name], words, { measured, text, more, fresh }, now);
    show("depth", object.depth, (value) => words.number(value), this.#parts(object));
    show(
      "wait",
      object.wait,
      (value) => words.duration(value),
      object.waitTarget === null ? words.text("figure.wait.free") : words.text("figure.wait.target", { target: words.duration(object.waitTarget) }),
    );
    const rate = object.publishRate.value === null ? object.publishRate : object.ackRate;
    show("rates", rate, () => words.text("figure.rates.value", { in: object.publishRate.value, out: object.ackRate.value }), words.text("figure.rates.more"));
    show("drain", object.drain, (value) => (value === 0 ? words.text("figure.drain.none") : words.duration(value)), object.drain.value ? words.text("figure.drain.more") : "");
    showConstraint(this.chip, words, object.constraint, now);
    setText(cards.held.more, words.text(`constraint.${object.constraint.code}.more`, object.replicas));
  }

  #parts({ ready, unacknowledged }) {
    const { words } = this;
    const count = (measured) => (measured.value === null ? words.text("unknown") : words.number(measured.value));
    return words.text("figure.depth.parts", { ready: count(ready), unacknowledged: count(unacknowledged) });
  }
}
