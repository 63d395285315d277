/** The decisions, newest first. Decisions that kept the count for the same cause are one line. */

import { fromTemplate, part, partsIn, setAttribute, setText, showEach } from "./dom.js";
import { headOf, showWhy } from "./sentence.js";

const FEW = 3;
const COPIED_FOR = 2000;

export class Decisions {
  #all = false;

  constructor(parts, words, announcer) {
    this.words = words;
    this.announcer = announcer;
    this.list = parts.decisions;
    this.more = parts["decisions-more"];
    this.since = parts["decisions-since"];
    this.explain = parts["copy-explain"];
    this.explain.addEventListener("click", () => this.#copy(this.explain, this.command));
    setText(this.explain, words.text("copy.explain"));
    this.more.addEventListener("click", () => {
      this.#all = !this.#all;
      this.#show();
    });
  }

  show({ decisions, history, explain }, now) {
    this.decisions = decisions;
    this.now = now;
    this.command = explain;
    const since = history.decisionsSince;
    setText(this.since, since === null ? this.words.text("sentence.none") : this.words.text("decisions.since", { time: this.words.time(since, now) }));
    this.#show();
  }

  #show() {
    const { words, decisions, list } = this;
    const shown = this.#all ? decisions : decisions.slice(0, FEW);
    this.more.hidden = decisions.length <= FEW;
    setText(this.more, words.text(this.#all ? "decisions.fewer" : "decisions.all", { count: decisions.length }));
    setAttribute(this.more, "aria-expanded", String(this.#all));
    showEach(list, shown, {
      key: ({ at, reason }) => `${at} ${reason}`,
      make: (decision) => this.#make(decision),
      show: (item, decision) => this.#showOne(item, decision),
    });
  }

  #make({ at }) {
    const item = fromTemplate("decision");
    const copy = part(item, "copy");
    setText(copy, this.words.text("copy.short"));
    setAttribute(copy, "aria-label", this.words.text("copy.of", { time: this.words.time(at, this.now) }));
    copy.addEventListener("click", () => this.#copy(copy, item.dataset.command));
    return item;
  }

  #showOne(item, { at, last, count, sentence, explain }) {
    const { words, now } = this;
    const { from, to } = sentence;
    item.dataset.command = explain;
    setAttribute(item, "data-kind", from === to ? "hold" : to > from ? "up" : "down");
    const parts = partsIn(item);
    setText(parts.time, words.time(at, now));
    setAttribute(parts.time, "datetime", new Date(at * 1000).toISOString());
    setText(parts.change, headOf(words, sentence));
    const folded = from === to && last > at;
    setText(parts.fold, folded ? words.text("decision.fold", { count, duration: words.duration(last - at) }) : "");
    showWhy(parts.sentence, words, sentence);
  }

  async #copy(button, template) {
    const command = template.replace("{page}", new URL(".", location.href));
    const before = button.textContent;
    try {
      await navigator.clipboard.writeText(command);
      setText(button, this.words.text("copied"));
      this.announcer.say(this.words.text("copied.command", { command }), 0);
    } catch {
      setText(button, command); // without access to the clipboard, the command is shown instead
      return;
    }
    setTimeout(() => setText(button, before), COPIED_FOR);
  }
}
