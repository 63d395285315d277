/** Enhances the page: without this script, forms and links ask the same questions. */

import { ask, restore } from "./ask.js";
import { offerLocation } from "./here.js";
import { keepMotion } from "./motion.js";
import { listenForPlayers } from "./player.js";
import { completePlaces } from "./places.js";
import { dress } from "./dress.js";
import { hint, text } from "./texts.js";
import { forget, remember, showVisited } from "./visited.js";

const form = document.querySelector("form");

form.noValidate = true; // the page says it in its own language
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const asked = new URLSearchParams(new FormData(form));
  if (asked.get("city").trim()) return ask(asked);
  hint(text("empty"));
  form.querySelector("#city").focus();
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-ask]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  ask(new URL(link.href).searchParams);
});
document.addEventListener("answered", ({ target }) => {
  dress(target);
  if (target.dataset.state === "complete") remember(target);
  showVisited();
});
document.querySelector("#visited button").addEventListener("click", forget);
window.addEventListener("popstate", restore);

keepMotion();
completePlaces(form.querySelector("#city"), document.querySelector("#places"), (params) => ask(params));
offerLocation(document.querySelector("#here"), (params) => ask(params));
listenForPlayers();
document.querySelector("#answer").dispatchEvent(new Event("answered", { bubbles: true }));
