/** Puts an answer into the page: only the parts that are new, and the sky that belongs to it. */

import { announce, text } from "./texts.js";

const SKY = ["sky", "time", "hour", "tide"];
const sources = new WeakMap();

/** Show that a question is on its way; `name` is what was asked for. Resolves when it is shown. */
export async function place(name) {
  const answer = parse(
    '<div id="answer" tabindex="-1" data-state="pending"><p class="progress" data-part="progress"><span class="dots" aria-hidden="true"></span><span></span></p></div>',
  );
  answer.querySelector(".progress span + span").textContent = text("pending");
  if (name) document.querySelector("#city").value = name;
  await swap(() => {
    document.querySelector("#answer").replaceWith(answer);
    document.body.dataset.view = "answer";
    window.scrollTo({ top: 0 });
  });
}

/** Say that the answer is late because of the connection. */
export function interrupted() {
  const progress = document.querySelector(".progress");
  if (progress) progress.lastChild.textContent = text("offline");
  announce(text("offline"));
}

/** Show the HTML of an answer; resolves when it is shown, to whether it is final. */
export async function showAnswer(html, { fresh = true } = {}) {
  const next = parse(html);
  const focused = document.activeElement !== document.body && document.activeElement?.checkVisibility();
  await swap(() => {
    const present = document.querySelector("#answer");
    document.body.dataset.view = "answer";
    for (const name of SKY) if (next.dataset[name]) document.body.dataset[name] = next.dataset[name];
    if (fresh && !isFinal(present)) merge(present, next);
    else present.replaceWith(next);
  });
  const answer = document.querySelector("#answer");
  answer.dataset.address = location.pathname + location.search;
  for (const link of document.querySelectorAll("a[data-lang]")) {
    const address = new URL(location.href);
    address.searchParams.set("lang", link.dataset.lang);
    link.href = address.pathname + address.search;
  }
  if (answer.dataset.title) document.title = `${answer.dataset.title} · Maré`;
  announce(answer.dataset.status ?? "");
  const final = isFinal(answer);
  if (final && !focused) answer.focus({ preventScroll: true });
  answer.dispatchEvent(new Event("answered", { bubbles: true }));
  return final;
}

/** Keep the parts that are the same: they neither flicker nor lose the focus. */
function merge(present, next) {
  for (const { name, value } of [...next.attributes]) present.setAttribute(name, value);
  const parts = new Map([...present.children].map((part) => [part.dataset.part, part]));
  const wanted = [...next.children].map((part) => {
    const old = parts.get(part.dataset.part);
    if (old && sources.get(old) === part.innerHTML) return old;
    if (!old) part.dataset.fresh = part.dataset.part;
    sources.set(part, part.innerHTML);
    return part;
  });
  for (const part of [...present.children]) if (!wanted.includes(part)) part.remove();
  wanted.forEach((part, index) => {
    if (present.children[index] !== part) present.insertBefore(part, present.children[index] ?? null);
  });
}

const isFinal = (answer) => ["complete", "failed"].includes(answer.dataset.state);

function parse(html) {
  return new DOMParser().parseFromString(html, "text/html").querySelector("#answer");
}

/**
 * Change the page; the move of the field from the start page is animated where this is possible.
 * A browser that is busy calls `change` later: resolves after it.
 */
async function swap(change) {
  const moves = document.body.dataset.view === "home" && document.documentElement.dataset.motion === "on";
  if (!moves || !document.startViewTransition || matchMedia("(prefers-reduced-motion: reduce)").matches) change();
  else await document.startViewTransition(change).updateCallbackDone;
}
