/** The motion of the scene, which a button stops; the choice is kept. */

import { read, write } from "./stored.js";

const STORED = "mare.motion";

export function keepMotion() {
  const root = document.documentElement;
  const button = document.querySelector("#motion");
  const less = matchMedia("(prefers-reduced-motion: reduce)");
  const labels = { on: button.textContent, off: button.dataset.moving };
  const show = (motion) => {
    root.dataset.motion = motion;
    button.textContent = labels[motion];
    button.hidden = less.matches;
  };
  button.addEventListener("click", () => {
    const motion = root.dataset.motion === "on" ? "off" : "on";
    write(STORED, motion);
    show(motion);
  });
  less.addEventListener("change", () => show(root.dataset.motion));
  show(read(STORED) === "off" ? "off" : "on");
}
