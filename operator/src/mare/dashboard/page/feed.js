/**
 * Receives the state of the operator by Server-Sent Events, and by polling while none arrive.
 * Calls `take(event, data)` for each message, and `trouble(kind, detail)` for each failure:
 * "lost", "standby" with the leader's name, "gone", or null after a success.
 */

const SILENCE = 5000;
const POLL_EVERY = 2000;
const REOPEN_AFTER = 8000;

export class Feed {
  #source = null;
  #receivedAt = performance.now();
  #polledAt = -Infinity;
  #openedAt = 0;
  #latest = 0;
  #missed = false;

  constructor({ stream, poll, pollEvent, take, trouble }) {
    this.stream = stream;
    this.poll = poll;
    this.pollEvent = pollEvent; // the event that a polled answer is equal to
    this.take = take;
    this.trouble = trouble;
  }

  start() {
    this.#open();
    setInterval(() => this.#watch(), 1000);
    document.addEventListener("visibilitychange", () => this.#watch());
  }

  /** Poll the whole state now. Until it arrives, changes are ignored: earlier ones were missed. */
  refresh() {
    this.#missed = true;
    this.#pollOnce(performance.now());
  }

  /** The operator's clock in seconds since the epoch: the visitor's own clock can be wrong. */
  now() {
    if (!this.#latest) return Date.now() / 1000;
    return this.#latest + (performance.now() - this.#receivedAt) / 1000;
  }

  #open() {
    this.#openedAt = performance.now();
    this.#source?.close();
    this.#source = new EventSource(this.stream);
    for (const event of ["state", "changes", "object", "gone", "standby"]) {
      this.#source.addEventListener(event, (message) => this.#receive(event, JSON.parse(message.data)));
    }
    this.#source.addEventListener("error", () => this.#watch());
  }

  #receive(event, data) {
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
    if (data.at < this.#latest) return; // a polled answer can arrive after a newer message
    this.#receivedAt = performance.now();
    this.#latest = data.at;
    this.#missed = false;
    this.trouble(null);
    this.take(event, data);
  }

  #watch() {
    if (document.hidden) return;
    const now = performance.now();
    const closed = this.#source.readyState === EventSource.CLOSED;
    if ((closed || now - this.#receivedAt > SILENCE) && now - this.#polledAt >= POLL_EVERY) this.#pollOnce(now);
    if (closed && now - this.#openedAt > REOPEN_AFTER) this.#open();
  }

  async #pollOnce(now) {
    this.#polledAt = now;
    try {
      const answer = await fetch(this.poll, { signal: AbortSignal.timeout(POLL_EVERY * 2) });
      const data = await answer.json();
      if (answer.ok) this.#receive(this.pollEvent, data);
      else if (data.error?.code === "Standby") this.trouble("standby", data.error.leader);
      else if (answer.status === 404) this.trouble("gone");
      else this.trouble("lost");
    } catch {
      this.trouble("lost");
    }
  }
}
