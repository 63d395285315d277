/* Sets the theme before the first paint, so it is not a module: the stored theme, else the system's. */
(() => {
  const STORED = "mare.theme";
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  /* What the visitor chose. Storage can be disabled; then a choice lasts for this page only. */
  const stored = {
    get(name) {
      try {
        return window.localStorage.getItem(name);
      } catch {
        return null;
      }
    },
    set(name, value) {
      try {
        window.localStorage.setItem(name, value);
      } catch {
        // the choice is not kept
      }
    },
  };
  let chosen = stored.get(STORED);

  const current = () => (chosen === "light" || chosen === "dark" ? chosen : system.matches ? "dark" : "light");
  const show = () => {
    document.documentElement.dataset.theme = current();
  };

  system.addEventListener("change", show);
  show();
  window.mareStored = stored;
  window.mareTheme = {
    current,
    switch() {
      chosen = current() === "dark" ? "light" : "dark";
      stored.set(STORED, chosen);
      show();
    },
  };
})();
