/**
 * Says changes to who listens: what matters and has settled, never every tick. The last thing said
 * within the pause wins.
 */

const SETTLES = 2500;

export class Announcer {
  #last;
  #timer;
  #alarmed = false;

  constructor(polite, urgent) {
    this.polite = polite;
    this.urgent = urgent;
  }

  /** Tell a new state, known by its key; the first one is what the page shows anyway. */
  tell(key, text) {
    if (this.#last === undefined) this.#last = key;
    if (this.#last === key) return;
    this.#last = key;
    this.say(text);
  }

  say(text, after = SETTLES) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.polite.textContent = text;
    }, after);
  }

  silence() {
    clearTimeout(this.#timer);
  }

  /** Interrupt, once for each time that something begins to fail. */
  alarm(text) {
    if (Boolean(text) === this.#alarmed) return;
    this.#alarmed = Boolean(text);
    this.urgent.textContent = text ?? "";
  }
}
