/** The steps that led to a count, the queues that were read, and what is wrong. */

import { unknownWord } from "./measured.js";
import { capital, causeText, clauseText, showClause, showClauses } from "./sentence.js";
import { element, setAttribute, setText, showEach } from "./text.js";

function withParts(name, parts) {
  const made = element(name);
  for (const each of parts) {
    const child = element(each === "text" ? "p" : "span", each);
    made.append(child);
  }
  return made;
}

export function showTrace(list, words, trace) {
  showEach(list, trace, {
    key: ({ stage }) => stage,
    make: () => withParts("li", ["stage", "count", "text"]),
    show: (item, { stage, replicas, deciding, clause }) => {
      const [name, count, text] = item.children;
      setText(name, words.text(`stage.${stage}`) + (deciding ? ` (${words.text("trace.deciding")})` : ""));
      setText(count, replicas === null ? "" : words.number(replicas));
      const said = clauseText(words, clause);
      showClause(text, { ...said, text: capital(said.text) });
      setAttribute(item, "data-deciding", deciding ? "true" : null);
    },
  });
}

export function showQueues(list, words, queues) {
  const count = (measured) =>
    measured.value === null ? unknownWord(words, measured) : words.number(measured.value);
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

function asSentence(text) {
  if (!text) return "";
  return capital(text) + (/[.!?]$/.test(text) ? "" : ".");
}

function titleOf(words, { code, about }) {
  const key = `problem.${code}`;
  return words.has(key) ? `${words.text(key)} · ${about} (${code})` : `${about} (${code})`;
}

/** What keeps a decision from being carried out comes first, then what the operator advises. */
export function showProblems(list, words, { error, problems }) {
  const foreign = words.language === "en" ? null : "en";
  const told = error && problems.some(({ text }) => text.toLowerCase() === error.message.toLowerCase());
  const shown = [
    ...(error && !told ? [{ kind: "error", code: error.reason, title: words.text("problem.unable"), text: error.message }] : []),
    ...problems.map((each) => ({ ...each, title: titleOf(words, each), text: `${asSentence(each.text)} ${asSentence(each.try)}` })),
  ];
  showEach(list, shown, {
    key: ({ code, title }) => `${code} ${title}`,
    make: () => withParts("li", ["stage", "text"]),
    show: (item, { kind = null, title, text, clauses = [] }) => {
      setAttribute(item, "data-kind", kind);
      setText(item.children[0], title);
      if (foreign && clauses.length) showClauses(item.children[1], words, clauses);
      else showClause(item.children[1], { text: text.trim(), lang: foreign });
    },
  });
}
