/** Texts, numbers and times in the language of the visitor. */

export const LANGUAGES = ["en", "pt"];
export const STORED_LANGUAGE = "mare.language";

/** The language of the address, else the stored choice, else the browser's. */
export function chooseLanguage(requested) {
  const candidates = [requested, window.mareStored.get(STORED_LANGUAGE), ...navigator.languages].map((each) => (each ?? "").toLowerCase().split("-")[0]);
  return candidates.find((each) => LANGUAGES.includes(each)) ?? LANGUAGES[0];
}

export async function loadWords(language, base) {
  const answer = await fetch(new URL(`${language}.json`, base));
  return new Words(language, await answer.json());
}

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;

export class Words {
  constructor(language, entries) {
    this.language = language;
    this.locale = navigator.languages.find((each) => each.startsWith(language)) ?? (language === "pt" ? "pt-BR" : language);
    this.entries = entries;
    this.plurals = new Intl.PluralRules(this.locale);
    this.clock = new Intl.DateTimeFormat(this.locale, { timeStyle: "medium", hourCycle: "h23" });
    this.day = new Intl.DateTimeFormat(this.locale, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    this.whole = new Intl.NumberFormat(this.locale, { maximumFractionDigits: 0 });
    this.exact = new Intl.NumberFormat(this.locale, { maximumSignificantDigits: 3 });
    this.tenths = new Intl.NumberFormat(this.locale, { maximumFractionDigits: 1 });
  }

  has(key) {
    return key in this.entries;
  }

  /**
   * The text of a key with its values. The plural form is chosen by the value `count`. Numbers are
   * formatted in the language, and null is "unknown". {ready|counted.messages} is the text
   * `counted.messages` with the value `ready` as its count.
   */
  text(key, values = {}) {
    let entry = this.entries[key];
    if (entry === undefined) return key;
    if (typeof entry === "object") {
      const exact = values.count === 0 ? entry.zero : undefined;
      entry = exact ?? entry[this.plurals.select(values.count)] ?? entry.other;
    }
    return entry.replace(/\{(\w+)(?:\|([\w.]+))?\}/g, (_, name, counted) => {
      const value = values[name];
      if (value === null || value === undefined) return this.text("unknown");
      if (counted) return this.text(counted, { count: value });
      return typeof value === "number" ? this.number(value) : String(value);
    });
  }

  /** A number with three significant digits, as in sentences; whole numbers with all digits. */
  number(value) {
    const whole = Number.isInteger(value) || Math.abs(value) >= 100;
    return (whole ? this.whole : this.exact).format(value);
  }

  /** A duration with its unit: 0.4 s, 41 s, 12 min, 3 h. */
  duration(seconds) {
    const [value, unit] = inUnit(seconds);
    const short = unit === "second" && value < 10;
    return this.text(`unit.${unit}`, { value: (short ? this.tenths : this.whole).format(value) });
  }

  /** The age of something: 12 s ago. */
  ago(seconds) {
    const [value, unit] = inUnit(Math.max(0, seconds));
    const duration = this.text(`unit.${unit}`, { value: this.whole.format(Math.floor(value)) });
    return this.text("ago", { duration });
  }

  /** A time of day, with the date if it is not today. */
  time(epoch, now) {
    const moment = new Date(epoch * 1000);
    const sameDay = moment.toDateString() === new Date(now * 1000).toDateString();
    return (sameDay ? this.clock : this.day).format(moment);
  }

  list(texts) {
    return new Intl.ListFormat(this.locale, { type: "conjunction" }).format(texts);
  }
}

function inUnit(seconds) {
  if (seconds < 2 * MINUTE) return [seconds, "second"];
  if (seconds < 2 * HOUR) return [seconds / MINUTE, "minute"];
  if (seconds < 2 * DAY) return [seconds / HOUR, "hour"];
  return [seconds / DAY, "day"];
}
