/* The theme, before the first paint: what the person chose here, else what the system prefers. */
(function () {
  "use strict";
  let chosen = null;
  try {
    chosen = localStorage.getItem("theme");
  } catch {
    // A browser that keeps nothing follows the system.
  }
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => document.documentElement.setAttribute(
    "data-bs-theme",
    chosen === "dark" || chosen === "light" ? chosen : dark.matches ? "dark" : "light",
  );
  apply();
  dark.addEventListener("change", apply);
}());
