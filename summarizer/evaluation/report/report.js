"use strict";
// Sorting and filtering only: everything can be read without this.
const sortable = document.querySelectorAll("table[data-sortable]");
const valueOf = (row, column) => {
  const cell = row.cells[column];
  const text = cell.dataset.value ?? cell.firstChild?.textContent.trim() ?? "";
  const number = parseFloat(text.replace(/[,$]/g, "").replace("\u2212", "-").replace("< ", ""));
  return Number.isNaN(number) ? cell.textContent.trim().toLowerCase() : number;
};
const compare = (a, b) => {
  if (typeof a === typeof b) return a < b ? -1 : a > b ? 1 : 0;
  return typeof a === "number" ? -1 : 1;
};
for (const table of sortable) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    if ("fixed" in head.dataset) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") === "descending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const rows = [...table.tBodies[0].rows].sort(
        (a, b) => compare(valueOf(a, column), valueOf(b, column)) * (up ? 1 : -1)
      );
      table.tBodies[0].append(...rows);
    });
  });
}

const filters = document.querySelector(".filters");
const articles = [...document.querySelectorAll(".article")];
const chosen = (id) => document.getElementById(id)?.value ?? "";
const filter = () => {
  const slice = chosen("by-slice");
  const change = chosen("by-change");
  const words = chosen("by-text").toLowerCase();
  let shown = 0;
  for (const article of articles) {
    const fits =
      (!slice || article.dataset.slices.split("\n").includes(slice)) &&
      (!change || article.dataset.change === change) &&
      (!words || article.textContent.toLowerCase().includes(words));
    article.hidden = !fits;
    shown += fits;
  }
  document.getElementById("shown").textContent = `${shown} of ${articles.length} articles`;
};
filters.hidden = false;
filters.addEventListener("input", filter);
document.getElementById("open-all").addEventListener("click", (event) => {
  const open = event.target.textContent === "Open all";
  for (const article of articles) article.open = open;
  event.target.textContent = open ? "Close all" : "Open all";
});
filter();
