/** The one thing that holds the count, in two or three words. */

import { setAttribute, setText } from "./text.js";

const MOODS = {
  none: "calm",
  tolerance: "calm",
  resting: "asleep",
  cooldown: "asleep",
  paused: "asleep",
  dryRun: "asleep",
  max: "warn",
  pending: "warn",
  fallback: "warn",
  unknown: "bad",
  unable: "bad",
};

export function constraintText(words, { code, until }, now) {
  const text = words.has(`constraint.${code}`) ? words.text(`constraint.${code}`) : code;
  if (until === null || until <= now) return text;
  return words.text("constraint.until", { constraint: text, duration: words.duration(Math.ceil(until - now)) });
}

export function showConstraint(chip, words, constraint, now) {
  setText(chip, constraintText(words, constraint, now));
  setAttribute(chip, "data-mood", MOODS[constraint.code] ?? "held");
}
