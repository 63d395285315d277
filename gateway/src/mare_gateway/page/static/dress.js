/** What an answer gets only with a script: names of countries, the buttons to play and to share. */

import { announce, countries, text } from "./texts.js";

export function dress(answer) {
  for (const country of answer.querySelectorAll("data.country")) {
    if (/^[A-Z]{2}$/.test(country.value)) country.textContent = countries.of(country.value);
  }
  for (const hidden of answer.querySelectorAll("[data-player], #consent")) hidden.hidden = false;
  for (const button of answer.querySelectorAll("button.play")) button.setAttribute("aria-pressed", "false");
  const button = answer.querySelector("[data-share]");
  if (!button) return;
  button.hidden = false;
  button.onclick = () => share(button);
}

/** Share the address without the language, so that the receiver gets their own. */
async function share(button) {
  const address = new URL(location.href);
  address.searchParams.delete("lang");
  const label = button.querySelector("span");
  const before = label.textContent;
  try {
    if (navigator.share && matchMedia("(pointer: coarse)").matches) {
      await navigator.share({ title: document.title, url: address.href });
      return;
    }
    await navigator.clipboard.writeText(address.href);
    say(label, text("copied"), before);
  } catch (error) {
    if (error.name !== "AbortError") say(label, text("notCopied"), before);
  }
}

function say(label, sentence, before) {
  label.textContent = sentence;
  announce(sentence);
  setTimeout(() => (label.textContent = before), 4000);
}
