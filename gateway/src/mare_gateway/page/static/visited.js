/** The places that this browser has asked for; they never leave it. */

import { read, write } from "./stored.js";

const STORED = "mare.visited";
const MOST = 8;

/** Remember the place of a complete answer. */
export function remember(answer) {
  const name = answer.querySelector("h1")?.textContent;
  const given = new URLSearchParams(location.search);
  const place = new URLSearchParams([...given].filter(([key]) => ["city", "lat", "lon"].includes(key)));
  if (!name || !place.size) return;
  const others = places().filter((each) => each.name !== name);
  write(STORED, JSON.stringify([{ name, place: String(place) }, ...others].slice(0, MOST)));
}

export function forget() {
  write(STORED, "[]");
  showVisited();
  document.querySelector("#city").focus();
}

/** Show the list; the place of the present answer is left out. */
export function showVisited() {
  const section = document.querySelector("#visited");
  const present = document.querySelector("#answer h1")?.textContent;
  const shown = places().filter((each) => each.name !== present);
  section.hidden = shown.length === 0;
  section.querySelector("ul").replaceChildren(
    ...shown.map(({ name, place }) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = `/?${place}`;
      link.dataset.ask = "";
      link.textContent = name;
      item.append(link);
      return item;
    }),
  );
}

function places() {
  try {
    const stored = JSON.parse(read(STORED) ?? "[]");
    return stored.filter((each) => typeof each?.name === "string" && typeof each.place === "string").slice(0, MOST);
  } catch {
    return []; // it can hold something else
  }
}
