/** What was decided, in the reader's language: from codes and numbers, never from English text. */

import { element, setText } from "./dom.js";

/** A clause as a text and, where there are no words for its code, the language it is left in. */
export function clauseText(words, clause) {
  const key = `clause.${clause.code}`;
  if (!words.has(key)) return { text: clause.text, lang: words.language === "en" ? null : "en" };
  if (!clause.numbers.reason) return { text: words.text(key, clause.numbers), lang: null };
  const { text: cause, lang } = causeText(words, clause.numbers);
  return { text: words.text(key, { ...clause.numbers, cause }), lang };
}

/** Why something is not known; `unknown` has a reason in one word and a cause in English. */
export function causeText(words, unknown) {
  const general = `cause.${unknown.reason}`;
  const key = unknown.name && words.has(`${general}.named`) ? `${general}.named` : general;
  if (words.has(key)) return { text: words.text(key, unknown), lang: null };
  return { text: unknown.cause ?? unknown.reason, lang: words.language === "en" ? null : "en" };
}

/** How many replicas, or from how many to how many. */
export function headOf(words, { from, to }) {
  if (from === to) return words.text("replicas", { count: to });
  return words.text("replicas.change", { from, count: to });
}

/** The sentence in parts: how many, and why. */
function partsOf(words, sentence) {
  const [first, ...others] = sentence.clauses;
  if (first === undefined || first.code.startsWith("paused.")) {
    return { head: `${headOf(words, sentence)}.`, tail: sentencesOf(words, sentence.clauses) };
  }
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

/** Show a sentence in place: its count in bold, a text of another language marked as such. */
export function showSentence(node, words, sentence) {
  if (sentence === null) {
    showParts(node, [{ text: words.text("sentence.none"), lang: null }]);
    return;
  }
  const { head, tail } = partsOf(words, sentence);
  showParts(node, [{ text: head, lang: null, strong: true }, ...tail]);
}

/** Show only why. */
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
  parts.forEach((each, index) => setText(node.children[index], each.text));
}

/** A text as the beginning of a sentence; the name of a field, like maxReplicas, stays as it is. */
export function capital(text) {
  if (/^[a-z]+[A-Z.]/.test(text)) return text;
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
