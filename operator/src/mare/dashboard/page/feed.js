/**
 * Brings what the operator says: by Server-Sent Events, and by asking where those do not come.
 * Tells `take(event, data)` what arrives and `trouble(kind, detail)` why nothing does:
 * lost, standby (with the leader's name), gone, or null when all is well again.
 */

const SILENCE = 5000;
const ASK_EVERY = 2000;
const REOPEN_AFTER = 8000;

export class Feed {
  #source = null;
  #heard = performance.now();
  #asked = -Infinity;
  #opened = 0;
  #latest = 0;
  #received = 0;
  #missed = false;

  constructor({ stream, ask, answers, take, trouble }) {
    this.stream = stream;
    this.ask = ask;
    this.answers = answers; // the event that an answer to `ask` stands for
    this.take = take;
    this.trouble = trouble;
  }

  start() {
    this.#open();
    setInterval(() => this.#watch(), 1000);
    document.addEventListener("visibilitychange", () => this.#watch());
  }

  /** Ask for everything, now; changes to what was missed mean nothing until it comes. */
  refresh() {
    this.#missed = true;
    this.#askOnce(performance.now());
  }

  /** The operator's clock, in seconds since the epoch; the reader's own may be wrong. */
  now() {
    if (!this.#latest) return Date.now() / 1000;
    return this.#latest + (performance.now() - this.#received) / 1000;
  }

  #open() {
    this.#opened = performance.now();
    this.#source?.close();
    this.#source = new EventSource(this.stream);
    for (const event of ["state", "changes", "object", "gone", "standby"]) {
      this.#source.addEventListener(event, (message) => this.#hear(event, JSON.parse(message.data)));
    }
    this.#source.addEventListener("error", () => this.#watch());
  }

  #hear(event, data) {
    if (event === "standby") {
      this.#source.close();
      this.trouble("standby", data.error?.leader ?? null);
      return;
    }
    if (event === "gone") {
      this.trouble("gone");
      return;
    }
    if (event === "changes" && this.#missed) return;
    if (data.at < this.#latest) return; // an answer may arrive after a message that is newer
    this.#heard = performance.now();
    this.#received = this.#heard;
    this.#latest = data.at;
    this.#missed = false;
    this.trouble(null);
    this.take(event, data);
  }

  #watch() {
    if (document.hidden) return;
    const now = performance.now();
    const closed = this.#source.readyState === EventSource.CLOSED;
    if ((closed || now - this.#heard > SILENCE) && now - this.#asked >= ASK_EVERY) this.#askOnce(now);
    if (closed && now - this.#opened > REOPEN_AFTER) this.#open();
  }

  async #askOnce(now) {
    this.#asked = now;
    try {
      const answer = await fetch(this.ask, { signal: AbortSignal.timeout(ASK_EVERY * 2) });
      const said = await answer.json();
      if (answer.ok) this.#hear(this.answers, said);
      else if (said.error?.code === "Standby") this.trouble("standby", said.error.leader);
      else if (answer.status === 404) this.trouble("gone");
      else this.trouble("lost");
    } catch {
      this.trouble("lost");
    }
  }
}
