/** The entry point: connects the feed, the controls and the view of the list or of one object. */

import { Announcer } from "./announcer.js";
import { Freeze, setUpLanguage, setUpTheme } from "./controls.js";
import { Detail } from "./detail.js";
import { part, setAttribute, setText } from "./dom.js";
import { Feed } from "./feed.js";
import { List } from "./list.js";
import { Footer, Notice, STALE_SECONDS } from "./operator_status.js";
import { chooseLanguage, loadWords } from "./words.js";

const SHOW_EVERY = 1050;

const query = new URLSearchParams(window.location.search);
const language = chooseLanguage(query.get("lang"));
const words = await loadWords(language, import.meta.url);

/** The address of this page with changed parameters; an empty value removes a parameter. */
function href(values) {
  const next = new URLSearchParams(window.location.search);
  for (const [name, value] of Object.entries(values)) {
    if (value) next.set(name, value);
    else next.delete(name);
  }
  const text = next.toString();
  return text ? `?${text}` : "./";
}

document.documentElement.lang = language;
for (const node of document.querySelectorAll("[data-text]")) setText(node, words.text(node.dataset.text));
for (const node of document.querySelectorAll("[data-label]")) setAttribute(node, "aria-label", words.text(node.dataset.label));
part(document, "home").href = href({ namespace: "", name: "" });
setUpLanguage(document.getElementById("language"), words, href);
setUpTheme(document.getElementById("theme"), words);

const announcer = new Announcer(document.getElementById("polite"), document.getElementById("urgent"));
const notice = new Notice(document.getElementById("notice"), words, announcer);
const object = query.get("name") ? { namespace: query.get("namespace") ?? "default", name: query.get("name") } : null;
const section = document.getElementById(object ? "detail" : "list");
const footer = new Footer(part(document, object ? "own-footer" : "footer"), words);
const view = object
  ? new Detail(section, words, { href, object, announcer, now: () => feed.now() })
  : new List(section, words, { href, namespace: query.get("namespace"), announcer });
const path = object && [object.namespace, object.name].map(encodeURIComponent);

const freeze = new Freeze(document.getElementById("freeze"), words, (frozen) => {
  announcer.silence();
  setAttribute(document.documentElement, "data-frozen", frozen ? "true" : null);
  if (frozen) notice.frozenAt(feed.now());
  else feed.refresh();
  show();
});

const feed = new Feed({
  stream: object ? `api/events?namespace=${path[0]}&name=${path[1]}` : "api/events",
  poll: object ? `api/objects/${path.join("/")}` : "api/state",
  pollEvent: object ? "object" : "state",
  take(event, data) {
    if (freeze.frozen) return; // unfreezing polls the whole state
    view.take(event, data);
    show();
  },
  trouble(kind, detail) {
    notice.trouble(kind, detail);
    if (kind !== null) show();
  },
});

const waiting = document.getElementById("waiting");
let shownAt = -Infinity;

/** Show the newest state; while frozen, only the notice changes. */
function show() {
  if (document.hidden) return;
  shownAt = performance.now();
  const now = feed.now();
  notice.show(view.operator, freeze.frozen, now);
  setText(waiting.firstElementChild, words.text(notice.kind === "gone" ? "missing" : "waiting"));
  if (freeze.frozen) setText(part(document, "pulse"), words.text("pulse.frozen"));
  if (freeze.frozen || view.operator === undefined) return;
  const live = notice.kind === null && now - view.operator.tickedAt < STALE_SECONDS;
  waiting.hidden = true;
  section.hidden = false;
  setAttribute(document.documentElement, "data-live", String(live));
  setText(part(document, "pulse"), live ? words.text("pulse.live") : words.ago(now - view.operator.tickedAt));
  view.show(now, live);
  footer.show(view.operator, view.history, now);
}

setInterval(() => performance.now() - shownAt > SHOW_EVERY && show(), 250); // ages grow without messages
document.addEventListener("visibilitychange", show);
feed.start();
