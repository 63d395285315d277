/** The field with a list of places, a combobox by the ARIA Authoring Practices. */

import { announce, countries, hint, language, text } from "./texts.js";

const PAUSE = 140;
const MOST = 6;

/** Offer places while someone types; `choose` gets the parameters of the chosen one. */
export function completePlaces(input, list, choose) {
  const attributes = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id };
  for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);
  let timer = 0;
  let request = null;
  let active = -1;

  const options = () => [...list.children];
  const close = () => {
    clearTimeout(timer);
    request?.abort();
    list.hidden = true;
    list.replaceChildren();
    activate(-1);
    input.setAttribute("aria-expanded", "false");
  };
  const activate = (index) => {
    active = index;
    options().forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
    if (index < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", options()[index].id);
  };
  const pick = (option) => {
    const city = option.dataset.city;
    input.value = city;
    close();
    choose(new URLSearchParams({ city }));
  };
  const show = (places) => {
    list.replaceChildren(...places.map(optionOf));
    list.hidden = places.length === 0;
    input.setAttribute("aria-expanded", String(places.length > 0));
    activate(-1);
    announce(places.length ? text("found", { count: places.length }) : text("none"));
  };
  const search = async () => {
    request?.abort();
    request = new AbortController();
    const query = new URLSearchParams({ q: input.value.trim(), limit: MOST, lang: language.slice(0, 2) });
    try {
      const response = await fetch(`/v1/places?${query}`, { signal: request.signal });
      if (response.ok) show((await response.json()).places);
    } catch {
      // a list that does not come is no obstacle: the name can be typed in full
    }
  };

  input.addEventListener("input", () => {
    hint("");
    clearTimeout(timer);
    if (input.value.trim().length < 2) close();
    else timer = setTimeout(search, PAUSE);
  });
  input.addEventListener("keydown", (event) => {
    const count = options().length;
    if (event.key === "Escape" && count) {
      event.preventDefault();
      close();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && count) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      activate(active < 0 && step < 0 ? count - 1 : (active + step + count) % count);
    } else if (event.key === "Enter" && active >= 0) {
      event.preventDefault();
      pick(options()[active]);
    }
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) pick(option);
  });
  input.addEventListener("blur", close);
  input.form.addEventListener("submit", close);
}

function optionOf(found, index) {
  const option = document.createElement("li");
  option.id = `place-${index}`;
  option.role = "option";
  option.dataset.city = [found.name, found.admin1, found.country_code].filter(Boolean).join(", ");
  const area = document.createElement("span");
  const parts = [found.admin1 === found.name ? null : found.admin1, found.country_code && countries.of(found.country_code)];
  area.textContent = parts.filter(Boolean).join(", ");
  option.append(found.name, area);
  return option;
}
