/**
 * Decisions as sentences. English is the text of the operator; a translation is built from the code
 * and the numbers of each clause. English that has no translation is marked as such.
 */

import { element, setText } from "./dom.js";

/** The text of a clause; `lang` is set if it is not in the language of the page. */
export function clauseText(words, clause) {
  const key = `clause.${clause.code}`;
  if (!words.has(key)) return { text: clause.text, lang: words.language === "en" ? null : "en" };
  if (!clause.numbers.reason) return { text: words.text(key, clause.numbers), lang: null };
  const { text: cause, lang } = causeText(words, clause.numbers);
  return { text: words.text(key, { ...clause.numbers, cause }), lang };
}

/** The cause of an unknown value; `unknown` has a reason code and an English cause. */
export function causeText(words, unknown) {
  const general = `cause.${unknown.reason}`;
  const key = unknown.name && words.has(`${general}.named`) ? `${general}.named` : general;
  if (words.has(key)) return { text: words.text(key, unknown), lang: null };
  return { text: unknown.cause ?? unknown.reason, lang: words.language === "en" ? null : "en" };
}

/** What was decided: "Kept at 6", or "4 → 6 replicas". */
export function headOf(words, { from, to }) {
  if (from === to) return words.text("decision.kept", { count: to });
  return words.text("replicas.change", { from, count: to });
}

/** A sentence as its head, what was decided, and its tail, the causes. */
function partsOf(words, sentence) {
  const [first, ...others] = sentence.clauses;
  const { text, lang } = clauseText(words, first);
  return {
    head: `${headOf(words, sentence)}:`,
    tail: [{ text: `${text}.`, lang }, ...sentencesOf(words, others)],
  };
}

export function plainSentence(words, sentence) {
  if (sentence === null) return words.text("sentence.none");
  const { head, tail } = partsOf(words, sentence);
  return [head, ...tail.map((each) => each.text)].join(" ");
}

/** Show a sentence in place, with its count in bold. */
export function showSentence(node, words, sentence) {
  if (sentence === null) {
    showParts(node, [{ text: words.text("sentence.none"), lang: null }]);
    return;
  }
  const { head, tail } = partsOf(words, sentence);
  showParts(node, [{ text: head, lang: null, strong: true }, ...tail]);
}

/** Show a sentence without its head. */
export function showWhy(node, words, sentence) {
  showParts(node, sentence === null ? [] : sentencesOf(words, sentence.clauses));
}

/** Show clauses in place, each as a sentence. */
export function showClauses(node, words, clauses) {
  showParts(node, sentencesOf(words, clauses));
}

function sentencesOf(words, clauses) {
  return clauses.map((each) => {
    const { text, lang } = clauseText(words, each);
    return { text: `${capital(text)}.`, lang };
  });
}

/** Show one clause or cause in place. */
export function showClause(node, { text, lang }) {
  showParts(node, [{ text, lang }]);
}

function showParts(node, parts) {
  const shape = parts.map((each) => `${each.strong ? "b" : "s"}${each.lang ?? ""}`).join();
  if (node.dataset.shape !== shape) {
    node.dataset.shape = shape;
    node.replaceChildren(
      ...parts.flatMap((each, index) => {
        const made = element(each.strong ? "strong" : "span");
        if (each.lang) made.lang = each.lang;
        return index ? [" ", made] : [made];
      }),
    );
  }
  parts.forEach((each, index) => setText(node.children[index], unbroken(each.text)));
}

/** No line begins with a unit. */
function unbroken(text) {
  return text.replace(/(\d) (?=(?:%|s|min|h)(?!\w))/g, "$1\u00a0");
}

/** Capitalize a text, except for the name of a field, such as maxReplicas. */
export function capital(text) {
  if (/^[a-z]+[A-Z.]/.test(text)) return text;
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
