/* Sets the theme before the first paint, so it is not a module: the stored theme, else the system's. */
(() => {
  const STORED = "mare.theme";
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  try {
    chosen = window.localStorage.getItem(STORED);
  } catch {
    // storage can be disabled; then the system's theme is used
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
        // the choice then lasts for this page only
      }
      show();
      return chosen;
    },
  };
})();
