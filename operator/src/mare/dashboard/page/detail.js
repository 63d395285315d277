/** The page of one object: the decision in a sentence, then readings, charts, decisions, trace. */

import { Charts } from "./charts.js";
import { Decisions } from "./decisions.js";
import { element, partsIn, setAttribute, setText, showEach } from "./dom.js";
import { rulerIn, showRuler } from "./ruler.js";
import { capital, causeText, clauseText, headOf, plainSentence, showClause, showClauses, showSentence } from "./sentence.js";
import { constraintText, countsText, legendOf, showConstraint, showReading, unknownText } from "./values.js";

export class Detail {
  constructor(root, words, { href, object, announcer, now }) {
    this.root = root;
    this.words = words;
    this.announcer = announcer;
    this.parts = partsIn(root);
    setText(this.parts.name, object.name);
    setText(this.parts.namespace, object.namespace);
    this.parts.all.href = href({ namespace: "", name: "" });
    this.ruler = rulerIn(root);
    this.figures = new Figures(this.parts.figures, words);
    this.charts = new Charts(this.parts, words, object, now);
    this.decisions = new Decisions(this.parts, words, announcer);
  }

  take(_, data) {
    this.object = data;
    this.operator = data.operator;
    this.history = data.history;
  }

  show(now, live = true) {
    const { words, parts, object } = this;
    const fresh = object.fresh && live;
    const head = object.sentence ? headOf(words, object.sentence) : words.text("unknown");
    const count = object.sentence ? words.text("replicas", { count: object.sentence.to }) : head;
    document.title = `${count} · ${object.name} · Maré`;
    setAttribute(this.root, "data-stale", live ? null : "true");
    setAttribute(this.root, "data-attention", object.attention);
    showSentence(parts.sentence, words, object.sentence);
    showClauses(parts.next, words, object.next);
    showRuler(this.ruler, object.replicas, countsText(words, object.replicas));
    showEach(parts.legend, legendOf(words, object.replicas), {
      key: ([name]) => name,
      make: ([name]) => element("li", `of-${name}`),
      show: (item, [, text]) => setText(item, text),
    });
    const kind = words.has(`kind.${object.target.kind}`) ? words.text(`kind.${object.target.kind}`) : object.target.kind;
    setText(parts.target, words.text(object.dryRun ? "detail.target.dry" : "detail.target", { ...object.target, kind }));
    showProblems(parts.problems, words, object.problems);
    this.figures.show({ ...object, fresh }, now);
    this.charts.show(plainSentence(words, object.sentence));
    this.decisions.show(object, now);
    showLoad(parts, words, object, now);
    showTrace(parts.trace, words, object.trace);
    showQueues(parts.queues, words, object.queues);
    const key = [object.sentence?.to, object.constraint.code].join();
    const constraint = constraintText(words, { ...object.constraint, until: null }, now);
    this.announcer.announce(key, words.text("spoken", { head, constraint }));
  }
}

/** Four readings with their age, and the constraint that decides the count. */
class Figures {
  constructor(parent, words) {
    this.words = words;
    this.cards = Object.fromEntries([...parent.children].map((root) => [root.dataset.name, { root, ...partsIn(root) }]));
  }

  show(object, now) {
    const { words, cards } = this;
    const { fresh } = object;
    const show = (name, reading, text, more = "") => showReading(cards[name], words, { reading, text, more, fresh }, now);
    show("depth", object.depth, (value) => words.number(value), this.#depthParts(object));
    show(
      "wait",
      object.wait,
      (value) => words.duration(value),
      object.waitTarget === null ? words.text("figure.wait.free") : words.text("figure.wait.target", { target: words.duration(object.waitTarget) }),
    );
    const rate = object.publishRate.value === null ? object.publishRate : object.ackRate;
    show("rates", rate, () => words.text("figure.rates.value", { in: object.publishRate.value, out: object.ackRate.value }), words.text("figure.rates.more"));
    show("drain", object.drain, (value) => (value === 0 ? words.text("figure.drain.none") : words.duration(value)));
    showConstraint(cards.held.chip, words, object.constraint, now);
    setText(cards.held.more, words.text(`constraint.${object.constraint.code}.more`));
  }

  #depthParts({ ready, unacknowledged }) {
    const { words } = this;
    const count = (reading) => (reading.value === null ? words.text("unknown") : words.number(reading.value));
    return words.text("figure.depth.parts", { ready: count(ready), unacknowledged: count(unacknowledged) });
  }
}

function withParts(name, parts) {
  const made = element(name);
  for (const each of parts) made.append(element(each === "text" ? "p" : "span", each));
  return made;
}

/** The link to what arrived, as a scenario of `mare simulate`. */
function showLoad(parts, words, { namespace, name, history }, now) {
  const since = history.loadSince;
  parts.load.hidden = since === null;
  if (since === null) return;
  setAttribute(parts.load, "href", `api/objects/${[namespace, name].map(encodeURIComponent).join("/")}/load`);
  setAttribute(parts.load, "title", words.text("load.since", { time: words.time(since, now) }));
}

/** The steps of the decision, from the reading to the result. */
function showTrace(list, words, trace) {
  showEach(list, trace, {
    key: ({ stage }) => stage,
    make: () => withParts("li", ["stage", "count", "text"]),
    show: (item, { stage, replicas, deciding, clause }) => {
      const [name, count, text] = item.children;
      setText(name, words.text(`stage.${stage}`) + (deciding ? ` (${words.text("trace.deciding")})` : ""));
      setText(count, replicas === null ? "" : words.number(replicas));
      const shown = clauseText(words, clause);
      showClause(text, { ...shown, text: capital(shown.text) });
      setAttribute(item, "data-deciding", deciding ? "true" : null);
    },
  });
}

function showQueues(list, words, queues) {
  const count = (reading) => (reading.value === null ? unknownText(words, reading) : words.number(reading.value));
  showEach(list, queues, {
    key: ({ vhost, name }) => `${vhost} ${name}`,
    make: () => withParts("li", ["stage", "text"]),
    show: (item, { name, ready, unacknowledged, consumers }) => {
      setText(item.children[0], name);
      if (ready.unknown) {
        showClause(item.children[1], causeText(words, ready.unknown));
        return;
      }
      const counts = { ready: count(ready), unacknowledged: count(unacknowledged), consumers: count(consumers) };
      showClause(item.children[1], { text: words.text("queues.counts", counts), lang: null });
    },
  });
}

/** The operator's warnings with their advice. */
function showProblems(list, words, problems) {
  showEach(list, problems, {
    key: ({ code, about }) => `${code} ${about}`,
    make: () => withParts("li", ["stage", "text"]),
    show: (item, problem) => {
      const [title, text] = item.children;
      setText(title, problemTitle(words, problem));
      if (words.language === "en") showClause(text, { text: `${asSentence(problem.text)} ${asSentence(problem.try)}`, lang: null });
      else showClauses(text, words, problem.clauses);
    },
  });
}

function problemTitle(words, { code, about }) {
  const key = `problem.${code}`;
  return words.has(key) ? `${words.text(key)} · ${about} (${code})` : `${about} (${code})`;
}

function asSentence(text) {
  return capital(text) + (/[.!?]$/.test(text) ? "" : ".");
}
