/** The controls of the page's head: freeze, theme and language. */

import { part, setAttribute, setText } from "./dom.js";
import { LANGUAGES, STORED_LANGUAGE } from "./words.js";

/**
 * Stops every movement of the page (WCAG 2.2.2). The key is Alt+Z, because keys of a single letter
 * disturb speech input (WCAG 2.1.4).
 */
export class Freeze {
  frozen = false;

  constructor(button, words, changed) {
    this.button = button;
    this.words = words;
    this.changed = changed;
    button.addEventListener("click", () => this.toggle());
    document.addEventListener("keydown", (event) => {
      const alt = event.altKey && event.code === "KeyZ" && !event.ctrlKey && !event.metaKey;
      if (alt || event.code === "Pause") {
        event.preventDefault();
        this.toggle();
      }
    });
    this.#show();
  }

  toggle() {
    this.frozen = !this.frozen;
    this.#show();
    this.changed(this.frozen);
  }

  #show() {
    setText(part(this.button, "label"), this.words.text(this.frozen ? "unfreeze" : "freeze"));
    setAttribute(this.button, "data-frozen", this.frozen ? "true" : null);
  }
}

export function setUpTheme(button, words) {
  const show = () => setText(button, words.text(window.mareTheme.current() === "dark" ? "theme.light" : "theme.dark"));
  button.addEventListener("click", () => {
    window.mareTheme.switch();
    show();
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  show();
}

export function setUpLanguage(link, words, href) {
  const other = LANGUAGES.find((each) => each !== words.language);
  setText(link, words.text("language.other"));
  setAttribute(link, "lang", other);
  setAttribute(link, "hreflang", other);
  link.href = href({ lang: other });
  link.addEventListener("click", () => window.mareStored.set(STORED_LANGUAGE, other));
}
