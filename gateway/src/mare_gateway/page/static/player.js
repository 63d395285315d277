/** Players of Spotify and Deezer: nothing of them is loaded before a click. */

import { text } from "./texts.js";

export function listenForPlayers() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-player]");
    if (button) play(button);
  });
}

function play(button) {
  const card = button.closest(".playlist");
  const place = card.querySelector(".player");
  const frame = document.createElement("iframe");
  frame.title = text("player", { service: button.dataset.service });
  frame.allow = "autoplay; encrypted-media; fullscreen; clipboard-write";
  frame.referrerPolicy = "no-referrer";
  frame.src = button.dataset.player;
  place.replaceChildren(frame);
  place.hidden = false;
  for (const each of card.querySelectorAll("button.play")) each.setAttribute("aria-pressed", String(each === button));
  frame.scrollIntoView({ block: "nearest" });
}
