/**
 * The ruler: from minReplicas to maxReplicas, with running, starting and desired replicas, and the
 * count that the load needs, even above maxReplicas. Zero is drawn like any other count.
 */

import { setAttribute } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const MOST_CELLS = 60;
const MOST_SMALL_CELLS = 30;
const MOST_BEYOND = 1.4; // times maxReplicas: a longer axis would leave no room for the ruler
const MARGIN = 2.5; // percent on each side, so that marks at the ends have room

/** Create an empty ruler; a small one only marks the desired replicas. */
export function makeRuler(small = false) {
  const svg = shape("svg", { class: small ? "ruler small" : "ruler", role: "img" });
  const layers = {};
  const add = (name, kind, attributes = {}) => {
    layers[name] = shape(kind, { class: name, ...attributes });
    svg.append(layers[name]);
  };
  const [middle, thick] = small ? [9, 8] : [20, 16];
  const bar = { y: middle - thick / 2, height: thick };
  add("band", "rect", { ...bar, rx: thick / 2 });
  add("beyond", "line", { y1: middle, y2: middle });
  add("running", "rect", { ...bar, rx: 2 });
  add("starting", "rect", { ...bar, rx: 2 });
  addCells(layers, svg, add, bar);
  for (const end of ["min", "max"]) add(end, "line", { y1: bar.y - 3, y2: bar.y + thick + 3 });
  if (!small) {
    addMark(layers, svg, "raw", "M0 5l6 6-6 6-6-6z", bar.y + thick);
    addMark(layers, svg, "desired", "M0 5l8 12h-16z", bar.y + thick);
    addMark(layers, svg, "dot", "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0", middle);
  } else {
    addMark(layers, svg, "desired", "M0 1l4.5 5h-9z", bar.y + thick);
  }
  return { svg, layers, mostCells: small ? MOST_SMALL_CELLS : MOST_CELLS };
}

let cells = 0;

/** One pattern draws all cells of a ruler: a thousand rulers would need 30,000 lines. */
function addCells(layers, svg, add, bar) {
  const id = `cells-${(cells += 1)}`;
  const place = { id, patternUnits: "userSpaceOnUse", x: `${MARGIN}%`, width: "5%", height: "100%" };
  layers.cell = shape("pattern", place);
  layers.cell.append(shape("line", { x1: 0, x2: 0, y1: 0, y2: "100%" }));
  svg.append(layers.cell);
  add("cells", "rect", { ...bar, x: `${MARGIN}%`, width: `${100 - 2 * MARGIN}%`, fill: `url(#${id})` });
}

function addMark(layers, svg, name, path, y) {
  const place = shape("svg", { class: `mark ${name}`, y, overflow: "visible" });
  place.append(shape("path", { d: path }));
  svg.append(place);
  layers[name] = place;
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

function shape(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
