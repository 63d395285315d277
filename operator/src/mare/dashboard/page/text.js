/** Changes what is shown in place, and only if it differs: focus and selection stay where they are. */

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Set an attribute, or take it away if the value is null. */
export function setAttribute(node, name, value) {
  if (value === null) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) {
    node.setAttribute(name, value);
  }
}

/** An element with a class, or with none. */
export function element(name, className = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  return made;
}

/** A copy of what a template of the page holds. */
export function fromTemplate(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

/** The part of an element that its data-part names. */
export function part(parent, name) {
  return parent.querySelector(`[data-part="${name}"]`);
}

/**
 * Let the children of `parent` be one for each item, in their order. Children are kept by key;
 * they are not moved while `still` holds, for a thing that moves away cannot be read or pressed.
 */
export function showEach(parent, items, { key, make, show, still = false }) {
  const there = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const wanted = items.map((item) => {
    const name = String(key(item));
    let child = there.get(name);
    if (child === undefined) {
      child = make(item);
      child.dataset.key = name;
    }
    there.delete(name);
    show(child, item);
    return child;
  });
  for (const child of there.values()) child.remove();
  if (still) {
    for (const child of wanted) if (child.parentNode !== parent) parent.append(child);
    return;
  }
  wanted.forEach((child, index) => {
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  });
}
