/**
 * The button that lets everything stand still (WCAG 2.2.2). The key is Alt+P, not P alone: keys of
 * a single letter get in the way of speech input (WCAG 2.1.4).
 */

import { part, setAttribute, setText } from "./text.js";

export class Pause {
  paused = false;

  constructor(button, words, changed) {
    this.button = button;
    this.words = words;
    this.changed = changed;
    button.addEventListener("click", () => this.toggle());
    document.addEventListener("keydown", (event) => {
      const alt = event.altKey && event.code === "KeyP" && !event.ctrlKey && !event.metaKey;
      if (alt || event.code === "Pause") {
        event.preventDefault();
        this.toggle();
      }
    });
    this.#show();
  }

  toggle() {
    this.paused = !this.paused;
    this.#show();
    this.changed(this.paused);
  }

  #show() {
    setText(part(this.button, "label"), this.words.text(this.paused ? "resume" : "pause"));
    setAttribute(this.button, "data-paused", this.paused ? "true" : null);
  }
}
