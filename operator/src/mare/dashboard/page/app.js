/** Puts the page together: language, controls, what is heard, and the view that shows it. */

import { Announcer } from "./announcer.js";
import { Detail } from "./detail.js";
import { Feed } from "./feed.js";
import { Foot } from "./foot.js";
import { List } from "./list.js";
import { Notice } from "./notice.js";
import { Pause } from "./pause.js";
import { LANGUAGES, chooseLanguage, loadWords, storeLanguage, storedLanguage } from "./words.js";
import { part, setAttribute, setText } from "./text.js";

const TICKS_ENDED = 5;
const SHOWN_EVERY = 1050;

const query = new URLSearchParams(window.location.search);
const language = chooseLanguage(window.location.search, storedLanguage(), navigator.languages);
const words = await loadWords(language, import.meta.url);

/** The address of this page with other values; an empty one is left out. */
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

const other = LANGUAGES.find((each) => each !== language);
const languageLink = document.getElementById("language");
setText(languageLink, words.text("language.other"));
setAttribute(languageLink, "lang", other);
setAttribute(languageLink, "hreflang", other);
languageLink.href = href({ lang: other });
languageLink.addEventListener("click", () => storeLanguage(other));

const themeButton = document.getElementById("theme");
const showTheme = () => setText(themeButton, words.text(window.mareTheme.current() === "dark" ? "theme.light" : "theme.dark"));
themeButton.addEventListener("click", () => {
  window.mareTheme.switch();
  showTheme();
});
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showTheme);
showTheme();

const announcer = new Announcer(document.getElementById("polite"), document.getElementById("urgent"));
const notice = new Notice(document.getElementById("notice"), words, announcer);
const object = query.get("name") ? { namespace: query.get("namespace") ?? "default", name: query.get("name") } : null;
const section = document.getElementById(object ? "detail" : "list");
const foot = new Foot(part(document, object ? "own-foot" : "foot"), words);
const view = object
  ? new Detail(section, words, { href, object, announcer, now: () => feed.now() })
  : new List(section, words, { href, namespace: query.get("namespace"), announcer });
const path = object && [object.namespace, object.name].map(encodeURIComponent);

const pause = new Pause(document.getElementById("pause"), words, (paused) => {
  announcer.silence();
  setAttribute(document.documentElement, "data-paused", paused ? "true" : null);
  if (paused) notice.pausedAt(feed.now());
  else feed.refresh();
  show();
});

const feed = new Feed({
  stream: object ? `api/events?namespace=${path[0]}&name=${path[1]}` : "api/events",
  ask: object ? `api/objects/${path.join("/")}` : "api/state",
  answers: object ? "object" : "state",
  take(event, data) {
    if (pause.paused) return; // what is missed is asked for afterwards
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

/** Show what is known now; while paused, nothing moves. */
function show() {
  if (document.hidden) return;
  shownAt = performance.now();
  const now = feed.now();
  notice.show(view.operator, pause.paused, now);
  setText(waiting.firstElementChild, words.text(notice.kind === "gone" ? "missing" : "waiting"));
  if (pause.paused) setText(part(document, "pulse"), words.text("pulse.paused"));
  if (pause.paused || view.operator === undefined) return;
  const live = notice.kind === null && now - view.operator.tickedAt < TICKS_ENDED;
  waiting.hidden = true;
  section.hidden = false;
  setAttribute(document.documentElement, "data-live", String(live));
  setText(part(document, "pulse"), live ? words.text("pulse.live") : words.ago(now - view.operator.tickedAt));
  view.show(now, live);
  foot.show(view.operator, view.history, now);
}

setInterval(() => performance.now() - shownAt > SHOWN_EVERY && show(), 250); // ages grow without messages
document.addEventListener("visibilitychange", show);
feed.start();
