/** One object: the sentence first, then everything that leads to it. */

import { constraintText } from "./constraint.js";
import { Charts } from "./charts.js";
import { countsInWords, legendOf } from "./counts.js";
import { Decisions } from "./decisions.js";
import { Figures } from "./figures.js";
import { showTrace, showProblems, showQueues } from "./reasons.js";
import { makeRuler, showRuler } from "./ruler.js";
import { headOf, plainSentence, showClauses, showSentence } from "./sentence.js";
import { element, part, setAttribute, setText, showEach } from "./text.js";

const PARTS = ["all", "namespace", "name", "sentence", "next", "ruler", "legend", "target", "problems", "trace", "queues"];

export class Detail {
  constructor(root, words, { href, object, announcer, now }) {
    this.root = root;
    this.words = words;
    this.announcer = announcer;
    this.parts = Object.fromEntries(PARTS.map((name) => [name, part(root, name)]));
    setText(this.parts.name, object.name);
    setText(this.parts.namespace, object.namespace);
    this.parts.all.href = href({ namespace: "", name: "" });
    this.ruler = makeRuler();
    this.parts.ruler.append(this.ruler.svg);
    this.figures = new Figures(part(root, "figures"), words);
    this.charts = new Charts(root, words, object, now);
    this.decisions = new Decisions(root, words, announcer);
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
    document.title = `${head} · ${object.name} · Maré`;
    setAttribute(this.root, "data-stale", live ? null : "true");
    setAttribute(this.root, "data-attention", object.attention);
    showSentence(parts.sentence, words, object.sentence);
    showClauses(parts.next, words, object.next);
    showRuler(this.ruler, object.replicas, countsInWords(words, object.replicas));
    showEach(parts.legend, legendOf(words, object.replicas), {
      key: ([name]) => name,
      make: ([name]) => element("li", `of-${name}`),
      show: (item, [, text]) => setText(item, text),
    });
    setText(parts.target, words.text(object.dryRun ? "detail.target.dry" : "detail.target", object.target));
    showProblems(parts.problems, words, object);
    this.figures.show({ ...object, fresh }, now);
    this.charts.show(plainSentence(words, object.sentence));
    this.decisions.show(object, now);
    showTrace(parts.trace, words, object.trace);
    showQueues(parts.queues, words, object.queues);
    const key = [object.sentence?.to, object.constraint.code, object.error?.reason].join();
    const constraint = constraintText(words, { ...object.constraint, until: null }, now);
    this.announcer.tell(key, words.text("spoken", { head, constraint }));
  }
}
