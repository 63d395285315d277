/** The state of the operator: the notice below the page's head, and the footer. */

import { element, setAttribute, setText } from "./dom.js";
import { capital, causeText, clauseText } from "./sentence.js";
import { ageText } from "./values.js";

export const STALE_SECONDS = 5;

/** One line: frozen, no connection, standby, deleted, or a broker that cannot be read or is in alarm. */
export class Notice {
  kind = null;
  #detail = null;
  #frozenAt = 0;

  constructor(line, words, announcer) {
    this.line = line;
    this.words = words;
    this.announcer = announcer;
  }

  trouble(kind, detail = null) {
    this.kind = kind;
    this.#detail = detail;
  }

  frozenAt(now) {
    this.#frozenAt = now;
  }

  show(operator, frozen, now) {
    const [kind, text] = this.#text(operator, frozen, now);
    this.line.hidden = kind === null;
    setText(this.line, text);
    setAttribute(this.line, "data-kind", kind);
    if (!frozen) this.announcer.alarm(kind === "broker" ? text : null);
  }

  #text(operator, frozen, now) {
    const { words, kind } = this;
    const age = operator ? words.ago(now - operator.tickedAt) : "";
    if (frozen) return ["frozen", words.text("notice.frozen", { time: words.time(this.#frozenAt, now) })];
    if (kind === "standby" && this.#detail) return [kind, words.text("notice.standby", { leader: this.#detail })];
    if (kind === "standby") return [kind, words.text("notice.standby.alone")];
    if (kind === "gone") return [kind, words.text("notice.gone")];
    if (kind === "lost") return [kind, operator ? words.text("notice.lost", { age }) : words.text("notice.never")];
    if (operator?.brokers.unread) return ["broker", brokerText(words, "notice.broker", operator.brokers.unread)];
    if (operator?.brokers.alarm) return ["broker", brokerText(words, "notice.alarm", operator.brokers.alarm)];
    return [null, ""];
  }
}

/** The cause of a broker's problem, what it means for scaling, and what to do. */
function brokerText(words, key, { count, secret, why, advice }) {
  const cause = capital(causeText(words, why).text);
  return words.text(key, { count, secret, cause, advice: capital(clauseText(words, advice).text) });
}

export class Footer {
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
      brokers.unread
        ? words.text("footer.broker.bad", { count: brokers.unread.count, total: brokers.total })
        : words.text(brokers.total ? "footer.broker.good" : "footer.broker.none", { count: brokers.total }),
      brokers.unread ? "bad" : null,
    );
    const age = now - operator.tickedAt;
    this.#row("tick", ageText(words, age), age > STALE_SECONDS ? "bad" : null);
    this.#row("leader", operator.leader ?? words.text("footer.leader.local"));
    if (history) this.#row("history", words.time(history.since, now));
    this.#row("errors", words.number(errors), errors ? "bad" : null);
    this.#row("version", operator.version);
  }

  #row(name, text, state = null) {
    if (!this.values.has(name)) {
      const [row, value] = [element("div"), element("dd")];
      row.append(element("dt", "", this.words.text(`footer.${name}`)), value);
      this.list.append(row);
      this.values.set(name, value);
    }
    setText(this.values.get(name), text);
    setAttribute(this.values.get(name), "data-state", state);
  }
}
