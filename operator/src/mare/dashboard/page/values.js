/** Counts, readings and constraints as text. An unknown value is a word, never zero. */

import { setAttribute, setText } from "./dom.js";
import { causeText, clauseText, showClause } from "./sentence.js";

const MOODS = {
  DesiredWithinRange: "calm",
  WithinTolerance: "calm",
  Forecast: "calm",
  Idle: "asleep",
  CoolingDown: "asleep",
  ConfirmingQuiet: "asleep",
  MessagesLeft: "asleep",
  Paused: "asleep",
  DryRun: "asleep",
  TooManyReplicas: "warn",
  PodsPending: "warn",
  JobsFailing: "warn",
  BrokerAlarm: "warn",
  Fallback: "warn",
  QueuesUnknown: "bad",
  PartlyUnknown: "bad",
  UnableToScale: "bad",
};
const CURRENT_SECONDS = 2;

export function constraintText(words, { code, until }, now) {
  const text = words.has(`constraint.${code}`) ? words.text(`constraint.${code}`) : code;
  if (until === null || until <= now) return text;
  return words.text("constraint.until", { constraint: text, duration: words.duration(Math.ceil(until - now)) });
}

export const moodOf = ({ code }) => MOODS[code] ?? "held";

export function showConstraint(chip, words, constraint, now) {
  setText(chip, constraintText(words, constraint, now));
  setAttribute(chip, "data-mood", moodOf(constraint));
}

/** The legend of the ruler, as [mark, text]. */
export function legendOf(words, replicas) {
  const { min, max, running, requested, desired, raw } = replicas;
  const starting = running === null || requested === null ? null : Math.max(0, requested - running);
  const counted = (key, count) =>
    count === null ? words.text(`${key}.unknown`) : words.text(key, { count });
  const legend = [["running", counted("count.running", running)]];
  if (starting !== 0) legend.push(["starting", counted("count.starting", starting)]);
  legend.push(["desired", counted("count.desired", desired)]);
  if (raw !== null && raw !== desired) legend.push(["raw", words.text("count.raw", { count: raw })]);
  legend.push(["bounds", words.text("count.bounds", { min, max })]);
  return legend;
}

export function countsText(words, replicas) {
  return words.list(legendOf(words, replicas).map(([, text]) => text));
}

/** The counts in a table cell: "4", or "4 → 6" while running and desired replicas differ. */
export function shortCountsText(words, { running, requested, desired }) {
  if (running === null) return words.text("unknown");
  const goal = desired ?? requested ?? running;
  return goal === running
    ? words.number(running)
    : words.text("count.towards", { running, desired: goal });
}

/** Show a reading in a card: its value, an explanation and its age. */
export function showReading(card, words, { reading, text, more, fresh }, now) {
  const unknown = reading.value === null;
  setText(card.value, unknown ? unknownText(words, reading) : text(reading.value));
  if (reading.estimate) showClause(card.more, clauseText(words, reading.estimate));
  else if (unknown && reading.unknown) showClause(card.more, causeText(words, reading.unknown));
  else showClause(card.more, { text: more, lang: null });
  setText(card.age, unknown ? "" : ageText(words, now - reading.at));
  const known = unknown && words.has(`unknown.${reading.unknown?.reason}`);
  setAttribute(card.root, "data-state", known ? "known" : unknown ? "unknown" : fresh ? null : "stale");
}

/** "12 s ago", or "now". */
export function ageText(words, age) {
  return age < CURRENT_SECONDS ? words.text("age.now") : words.ago(age);
}

export function unknownText(words, reading) {
  const key = `unknown.${reading.unknown?.reason}`;
  return words.text(words.has(key) ? key : "unknown");
}

const SAMPLES = ["depth", "wait", "running", "desired"];

/** The values of one sample of a chart, by name. */
export function sampleTexts(words, samples, index) {
  const text = (name, value) => (name === "wait" ? words.duration(value) : words.number(value));
  return Object.fromEntries(SAMPLES.map((name) => {
    const value = samples[name][index] ?? null;
    return [name, value === null ? words.text("unknown") : text(name, value)];
  }));
}
