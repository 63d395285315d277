/** The figures of the charts as a table, thinned to what a person reads. */

import { element, setText } from "./text.js";

const ROWS = 20;
const COLUMNS = ["depth", "wait", "running", "desired"];

export function showSamples(table, words, { samples }, now) {
  const count = samples.at.length;
  const step = Math.max(1, Math.ceil(count / ROWS));
  const rows = [];
  for (let index = count - 1; index >= 0; index -= step) {
    const texts = COLUMNS.map((name) => {
      const value = samples[name][index];
      if (value === null || value === undefined) return words.text("unknown");
      return name === "wait" ? words.duration(value) : words.number(value);
    });
    rows.push(line("td", words.time(samples.at[index], now), texts));
  }
  const head = element("thead");
  const heading = line("th", words.text("table.time"), COLUMNS.map((name) => words.text(`table.${name}`)));
  for (const cell of heading.children) cell.scope = "col";
  head.append(heading);
  const body = element("tbody");
  body.append(...rows);
  table.replaceChildren(head, body);
}

function line(kind, first, texts) {
  const row = element("tr");
  const name = element("th");
  name.scope = "row";
  setText(name, first);
  row.append(
    name,
    ...texts.map((text) => {
      const cell = element(kind);
      setText(cell, text);
      return cell;
    }),
  );
  return row;
}
