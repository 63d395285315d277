/** Updates the document in place and only where it differs, so that focus and selection stay. */

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Set an attribute, or remove it if the value is null. */
export function setAttribute(node, name, value) {
  if (value === null) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) {
    node.setAttribute(name, value);
  }
}

/** Create an element, with a class and a text if they are given. */
export function element(name, className = "", text = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

/** Copy the content of a template of the page. */
export function fromTemplate(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

/** All descendants with a data-part, by its name. */
export function partsIn(parent) {
  return Object.fromEntries([...parent.querySelectorAll("[data-part]")].map((node) => [node.dataset.part, node]));
}

/** Find the descendant with this data-part. */
export function part(parent, name) {
  return parent.querySelector(`[data-part="${name}"]`);
}

/**
 * Give `parent` one child for each item, in the order of the items. Children are kept by key. With
 * `still`, children do not move: a moving row cannot be read or clicked.
 */
export function showEach(parent, items, { key, make, show, still = false }) {
  const existing = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const children = items.map((item) => {
    const name = String(key(item));
    let child = existing.get(name);
    if (child === undefined) {
      child = make(item);
      child.dataset.key = name;
    }
    existing.delete(name);
    show(child, item);
    return child;
  });
  for (const child of existing.values()) child.remove();
  if (still) {
    for (const child of children) if (child.parentNode !== parent) parent.append(child);
    return;
  }
  children.forEach((child, index) => {
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  });
}
