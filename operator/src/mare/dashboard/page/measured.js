/** A figure that may be old or unknown: it says so, and is never shown as zero. */

import { causeText, showClause } from "./sentence.js";
import { setAttribute, setText } from "./text.js";

const AS_GOOD_AS_NEW = 2;

/** Show a figure in a card: its value, what belongs to it, and its age. */
export function showMeasured(card, words, { measured, text, more, fresh }, now) {
  const unknown = measured.value === null;
  setText(card.value, unknown ? unknownWord(words, measured) : text(measured.value));
  if (unknown && measured.unknown) showClause(card.more, causeText(words, measured.unknown));
  else showClause(card.more, { text: more, lang: null });
  setText(card.age, unknown ? "" : ageText(words, measured.at, now));
  const told = unknown && words.has(`unknown.${measured.unknown?.reason}`);
  setAttribute(card.root, "data-state", told ? "told" : unknown ? "unknown" : fresh ? null : "stale");
}

/** "12 s ago", or "now" while that is as good as true. */
function ageText(words, at, now) {
  const age = now - at;
  return age < AS_GOOD_AS_NEW ? words.text("age.now") : words.ago(age);
}

export function unknownWord(words, measured) {
  const key = `unknown.${measured.unknown?.reason}`;
  return words.text(words.has(key) ? key : "unknown");
}
