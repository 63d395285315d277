/**
 * Announces changes to screen readers: a state that has settled, not every tick. Within the delay,
 * the last text wins.
 */

const DELAY = 2500;

export class Announcer {
  #last;
  #timer;
  #alarmed = false;

  constructor(polite, urgent) {
    this.polite = polite;
    this.urgent = urgent;
  }

  /** Announce a new state, identified by its key. The first state is on the page already. */
  announce(key, text) {
    if (this.#last === undefined) this.#last = key;
    if (this.#last === key) return;
    this.#last = key;
    this.say(text);
  }

  say(text, after = DELAY) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.polite.textContent = text;
    }, after);
  }

  silence() {
    clearTimeout(this.#timer);
  }

  /** Interrupt once for each failure; null ends the failure. */
  alarm(text) {
    if (Boolean(text) === this.#alarmed) return;
    this.#alarmed = Boolean(text);
    this.urgent.textContent = text ?? "";
  }
}
