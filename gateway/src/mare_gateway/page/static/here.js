/** "Use my location": asks the browser, and sends the position to a kilometre. */

import { hint, text } from "./texts.js";

const PATIENCE = 15_000;

/** Show the button where the browser has a position to give; `choose` gets the parameters. */
export function offerLocation(button, choose) {
  if (!("geolocation" in navigator) || !window.isSecureContext) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    hint(text("wait"));
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        document.querySelector("#city").value = "";
        choose(new URLSearchParams({ lat: coords.latitude.toFixed(2), lon: coords.longitude.toFixed(2) }));
      },
      (error) => hint(text(error.code === error.PERMISSION_DENIED ? "denied" : "failed")),
      { timeout: PATIENCE, maximumAge: 600_000 },
    );
  });
}
