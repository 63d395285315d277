/** The line below the head of the page: paused, no connection, standby, deleted, broker away. */

import { setAttribute, setText } from "./text.js";

export class Notice {
  kind = null;
  #detail = null;
  #pausedAt = 0;

  constructor(line, words, announcer) {
    this.line = line;
    this.words = words;
    this.announcer = announcer;
  }

  trouble(kind, detail = null) {
    this.kind = kind;
    this.#detail = detail;
  }

  pausedAt(now) {
    this.#pausedAt = now;
  }

  show(operator, paused, now) {
    const [kind, text] = this.#text(operator, paused, now);
    this.line.hidden = kind === null;
    setText(this.line, text);
    setAttribute(this.line, "data-kind", kind);
    if (!paused) this.announcer.alarm(kind === "broker" ? text : null);
  }

  #text(operator, paused, now) {
    const { words, kind } = this;
    const age = operator ? words.ago(now - operator.tickedAt) : "";
    if (paused) return ["paused", words.text("notice.paused", { time: words.time(this.#pausedAt, now) })];
    if (kind === "standby" && this.#detail) return [kind, words.text("notice.standby", { leader: this.#detail })];
    if (kind === "standby") return [kind, words.text("notice.standby.alone")];
    if (kind === "gone") return [kind, words.text("notice.gone")];
    if (kind === "lost") return [kind, operator ? words.text("notice.lost", { age }) : words.text("notice.never")];
    if (operator?.brokers.unreachable) {
      return ["broker", words.text("notice.broker", { count: operator.brokers.unreachable })];
    }
    return [null, ""];
  }
}
