/**
 * The ruler: from minReplicas to maxReplicas, with running, starting and desired replicas, and the
 * count that the load needs, even above maxReplicas. Zero is drawn like any other count.
 */

import { partsIn, setAttribute } from "./dom.js";

const MOST_CELLS = 60;
const MOST_SMALL_CELLS = 30;
const MOST_BEYOND = 1.4; // times maxReplicas: a longer axis would leave no room for the ruler
const MARGIN = 2.5; // percent on each side, so that marks at the ends have room

let rulers = 0;

/** The ruler of an element; a small one only marks the desired replicas. */
export function rulerIn(parent) {
  const svg = parent.querySelector(".ruler");
  const layers = partsIn(svg);
  // One pattern draws all cells of a ruler: a thousand rulers would need 30,000 lines.
  layers.cell.id = `cells-${(rulers += 1)}`;
  layers.cells.setAttribute("fill", `url(#${layers.cell.id})`);
  return { svg, layers, mostCells: svg.classList.contains("small") ? MOST_SMALL_CELLS : MOST_CELLS };
}

/** Show the counts of a summary; `label` is their text. */
export function showRuler({ svg, layers, mostCells }, { min, max, running, requested, desired, raw }, label) {
  const beyond = Math.min(raw ?? 0, MOST_BEYOND * max);
  const top = Math.max(max, running ?? 0, requested ?? 0, desired ?? 0, beyond, 1);
  const at = (count) => `${(MARGIN + ((100 - 2 * MARGIN) * count) / top).toFixed(2)}%`;
  const span = (rect, from, to) => {
    const shown = from !== null && to !== null && to > from;
    setAttribute(rect, "visibility", shown ? null : "hidden");
    if (!shown) return;
    setAttribute(rect, "x", at(from));
    setAttribute(rect, "width", `${(((100 - 2 * MARGIN) * (to - from)) / top).toFixed(2)}%`);
  };
  const mark = (layer, count) => {
    if (!layer) return;
    setAttribute(layer, "visibility", count === null ? "hidden" : null);
    if (count !== null) setAttribute(layer, "x", at(count));
  };
  setAttribute(svg, "aria-label", label);
  setAttribute(svg, "data-unknown", running === null ? "true" : null);
  span(layers.band, 0, max);
  span(layers.running, 0, running);
  span(layers.starting, running, requested);
  setAttribute(layers.beyond, "x1", at(max));
  setAttribute(layers.beyond, "x2", at(top));
  for (const [name, count] of [["min", min], ["max", max]]) {
    setAttribute(layers[name], "x1", at(count));
    setAttribute(layers[name], "x2", at(count));
  }
  mark(layers.raw, raw === desired || raw === null ? null : Math.min(raw, top));
  mark(layers.desired, desired);
  mark(layers.dot, running);
  showCells(layers, top, mostCells);
}

/** A thin line between replicas, where there is room for it. */
function showCells(layers, count, most) {
  setAttribute(layers.cells, "visibility", count > most ? "hidden" : null);
  if (count <= most) setAttribute(layers.cell, "width", `${((100 - 2 * MARGIN) / count).toFixed(4)}%`);
}
