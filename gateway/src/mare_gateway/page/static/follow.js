/** Follows a job: by its event stream, and by polling when the stream is silent or fails. */

const QUICK = 250;
const SLOWEST = 2000;
const SILENCE = 4000;

/**
 * Call `refresh` whenever the job may have changed, until it returns true (final) or the signal
 * aborts. A refresh that throws is repeated; `interrupted` is called before.
 */
export async function follow(job, signal, refresh, interrupted) {
  const bell = openStream(job, signal);
  let pause = QUICK;
  try {
    while (!signal.aborted) {
      try {
        if (await refresh()) return;
        pause = Math.min(pause * 1.3, SLOWEST);
      } catch {
        if (signal.aborted) return;
        interrupted();
        pause = SLOWEST;
      }
      await bell.next(bell.works() ? SILENCE : pause);
    }
  } finally {
    bell.close();
  }
}

/** The stream as a bell: `next(ms)` resolves at its next event, or after that time. */
function openStream(job, signal) {
  const source = new EventSource(job.links.events);
  let ring = () => {};
  let rung = false;
  let heard = false;
  const hear = () => {
    heard = rung = true;
    ring();
  };
  source.addEventListener("message", hear);
  source.addEventListener("end", () => source.close());
  source.addEventListener("error", () => {
    heard = false;
    if (source.readyState === EventSource.CLOSED) ring();
  });
  signal.addEventListener("abort", () => ring());
  return {
    works: () => heard,
    close: () => source.close(),
    next(milliseconds) {
      if (rung) {
        rung = false;
        return Promise.resolve();
      }
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        ring = () => {
          clearTimeout(timer);
          rung = false;
          resolve();
        };
      });
    },
  };
}
