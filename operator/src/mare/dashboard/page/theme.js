/* Before the first paint, and therefore no module: the theme that was chosen, else the system's. */
(() => {
  const STORED = "mare.theme";
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  try {
    chosen = window.localStorage.getItem(STORED);
  } catch {
    // storage may be forbidden; then the system's theme is shown
  }

  const current = () => (chosen === "light" || chosen === "dark" ? chosen : system.matches ? "dark" : "light");
  const show = () => {
    document.documentElement.dataset.theme = current();
  };

  system.addEventListener("change", show);
  show();
  window.mareTheme = {
    current,
    switch() {
      chosen = current() === "dark" ? "light" : "dark";
      try {
        window.localStorage.setItem(STORED, chosen);
      } catch {
        // as above
      }
      show();
      return chosen;
    },
  };
})();
