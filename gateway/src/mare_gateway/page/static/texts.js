/** What the server wrote for the scripts: texts, and the language and units of the page. */

export const texts = JSON.parse(document.querySelector("#texts").textContent);
export const language = document.documentElement.lang;
export const countries = new Intl.DisplayNames([language], { type: "region", fallback: "code" });

/** A text with its values: {count}. */
export function text(key, values = {}) {
  return texts[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** The parameters that the address keeps from question to question. */
export function kept() {
  const given = new URLSearchParams(location.search);
  return [...given].filter(([name]) => name === "lang" || name === "units");
}

/** Say something to screen readers; sighted people see it elsewhere. */
export function announce(sentence) {
  const live = document.querySelector("#live");
  if (live.textContent !== sentence) live.textContent = sentence;
}

export function hint(sentence) {
  document.querySelector("#hint").textContent = sentence;
}
