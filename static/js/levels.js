/* The level of a risk while its row is filled in: what the field of the matrix says in which it would stand. */
(function () {
  "use strict";
  const chosen = (row, name) => row.querySelector(`select[name$=".${name}"]`).value;

  function show(row) {
    const level = row.querySelector("[data-level]");
    const cell = document.querySelector(`[data-cell="${chosen(row, "likelihood")} ${chosen(row, "impact")}"]`);
    level.className = cell ? `row-level ${cell.className}` : "row-level lv";
    level.textContent = cell ? cell.querySelector(".product").textContent : "–";
  }

  document.addEventListener("change", (event) => {
    const row = event.target.closest("[data-row]");
    if (row && row.querySelector("[data-level]")) {
      show(row);
    }
  });

  /* rows that others changed meanwhile */
  document.addEventListener("draft:saved", () => {
    document.querySelectorAll("form [data-level]").forEach((level) => show(level.closest("[data-row]")));
  });
}());
