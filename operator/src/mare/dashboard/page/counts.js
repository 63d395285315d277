/** The counts of a workload in words: desired, starting and running are three numbers. */

export function startingOf({ running, requested }) {
  return running === null || requested === null ? null : Math.max(0, requested - running);
}

/** What the marks of the ruler mean, as [mark, text], unknown as such. */
export function legendOf(words, replicas) {
  const { min, max, running, desired, raw } = replicas;
  const starting = startingOf(replicas);
  const counted = (key, count) =>
    count === null ? words.text(`${key}.unknown`) : words.text(key, { count });
  const legend = [["running", counted("count.running", running)]];
  if (starting !== 0) legend.push(["starting", counted("count.starting", starting)]);
  legend.push(["desired", counted("count.desired", desired)]);
  if (raw !== null && raw !== desired) legend.push(["raw", words.text("count.raw", { count: raw })]);
  legend.push(["bounds", words.text("count.bounds", { min, max })]);
  return legend;
}

export function countsInWords(words, replicas) {
  return words.list(legendOf(words, replicas).map(([, text]) => text));
}

/** The shortest way to say it, for a cell of a table: 4, or 4 → 6 while they differ. */
export function countsInShort(words, { running, requested, desired }) {
  if (running === null) return words.text("unknown");
  const goal = desired ?? requested ?? running;
  return goal === running
    ? words.number(running)
    : words.text("count.towards", { running, desired: goal });
}
