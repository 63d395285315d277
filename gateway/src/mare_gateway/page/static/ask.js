/**
 * Asks a question as a job and shows its answer while it arrives. Whatever fails here ends in a
 * plain navigation to the same address, which the server answers by itself.
 */

import { follow } from "./follow.js";
import { interrupted, place, showAnswer } from "./show.js";
import { announce, hint, kept, language, text } from "./texts.js";

const AGAIN_MILLISECONDS = 2000;
const NUMBERS = new Set(["lat", "lon"]);
const shown = new Map();
let current = null;

/** Ask for the place of these parameters; the language and units of the page stay. */
export async function ask(params) {
  const question = new URLSearchParams([...kept(), ...[...params].filter(([, value]) => value)]);
  for (const [name, value] of kept()) question.set(name, params.get(name) ?? value);
  const address = `/?${question}`;
  current?.abort();
  const mine = (current = new AbortController());
  hint("");
  keep();
  history.pushState(null, "", address);
  const placed = place(question.get("city") ?? "");
  announce(text("pending"));
  const job = await submit(question, mine.signal, () => placed.then(interrupted));
  await placed;
  if (mine.signal.aborted) return;
  if (!job) location.replace(address);
  else await follow(job, mine.signal, () => refresh(job, question, mine.signal), interrupted);
  if (!mine.signal.aborted) keep();
}

/** Return the job; null if the server refuses it. While the network is away, try again. */
async function submit(question, signal, interrupted) {
  const body = {};
  for (const [name, value] of question) body[name] = NUMBERS.has(name) ? Number(value) : value;
  body.lang = language.slice(0, 2);
  // One job, also if its answer gets lost.
  const key = crypto.getRandomValues(new Uint32Array(4)).join("-");
  while (!signal.aborted) {
    try {
      const response = await fetch("/v1/playlists", {
        method: "POST",
        headers: { "Content-Type": "application/json", "Idempotency-Key": key },
        body: JSON.stringify(body),
        signal,
      });
      return response.ok ? await response.json() : null;
    } catch {
      if (signal.aborted) return null;
      await interrupted();
      await networkOr(AGAIN_MILLISECONDS);
    }
  }
  return null;
}

const networkOr = (milliseconds) =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
    window.addEventListener("online", resolve, { once: true });
  });

/** Show the answer of the job so far; the result is whether it is final. */
async function refresh(job, question, signal) {
  const page = new URLSearchParams([...question].filter(([name]) => name === "lang"));
  const response = await fetch(`/answers/${job.id}?${page}`, { signal, headers: { Accept: "text/html" } });
  if (response.status >= 500 || response.status === 429) throw new Error(String(response.status));
  const html = await response.text();
  return signal.aborted || showAnswer(html);
}

/** Keep the present answer for the buttons Back and Forward. */
function keep() {
  const answer = document.querySelector("#answer[data-state=complete], #answer[data-state=failed]");
  if (answer) shown.set(answer.dataset.address ?? location.pathname + location.search, answer.outerHTML);
}

/** Show what belongs to the address after Back or Forward. */
export function restore() {
  current?.abort();
  const html = shown.get(location.pathname + location.search);
  if (html) showAnswer(html, { fresh: false });
  else location.reload();
}
