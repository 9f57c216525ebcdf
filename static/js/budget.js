/* The budget while it is typed: every total moves with the cells (budget-sums.js), limits of the call are held against
   it, and the keys of a spreadsheet move between cells. The server computes all of it again when it is saved. */
(function () {
  "use strict";
  const box = document.querySelector("[data-budget]");
  if (!box) {
    return;
  }
  const { cellOf, sumsOf, together, inWords } = globalThis.budgetSums;
  const { currency } = box.dataset;
  const digits = Number(box.dataset.digits);
  const SETTLED = 1200; // ms without a key before the new total is announced
  const all = (selector, from = box) => Array.from(from.querySelectorAll(selector));
  const find = (selector, from = box) => from.querySelector(selector);
  const named = (attribute, value) => `[${attribute}="${CSS.escape(value)}"]`;

  const tables = all("table[data-office]");
  const rowsOf = (table) => all("tr[data-category]", table).map((row) => all("[data-cell]", row));
  const words = (minor) => `${currency}\u00a0${inWords(minor, digits)}`;

  /* ---- totals */

  /* the sums of a table by the names its cells have: category:3, direct:1, direct, indirect, total:2 ... */
  function bySum(sums) {
    const found = { direct: sums.direct, indirect: sums.indirect, total: sums.total };
    sums.byCategory.forEach((amount, index) => { found[`category:${index + 1}`] = amount; });
    for (const [name, amounts] of [["direct", sums.byYear], ["indirect", sums.indirectByYear], ["total", sums.totalByYear]]) {
      amounts.forEach((amount, index) => { found[`${name}:${index + 1}`] = amount; });
    }
    return found;
  }

  function write(cells, sums) {
    const amounts = bySum(sums);
    for (const cell of cells) {
      const text = inWords(amounts[cell.dataset.sum], digits);
      if (cell.textContent !== text) {
        cell.textContent = text;
      }
    }
  }

  function holdAgainst(line, asked) {
    const most = line.dataset.most;
    const told = find("[data-asked]", line);
    if (told) {
      told.textContent = inWords(asked, digits);
    }
    const over = most === undefined ? 0n : asked - BigInt(most);
    line.classList.toggle("over", over > 0n);
    find("[data-over]", line).hidden = over <= 0n;
    find("[data-over-words]", line).textContent = over > 0n ? `${words(over)} too much` : "";
    return over;
  }

  function compute() {
    const offices = tables.map((table) => {
      const cells = rowsOf(table).map((row) => row.map((input) => cellOf(input.value, digits).amount));
      return { table, sums: sumsOf(cells, Number(table.dataset.rate)) };
    });
    const whole = together(offices.map((one) => one.sums));
    const asked = new Map();
    const page = document.querySelector("[data-whole]");
    for (const { table, sums } of offices) {
      write(all("[data-sum]", table), sums);
      write(all(named("data-of", table.dataset.office), page), sums);
      const { organisation } = table.dataset;
      asked.set(organisation, (asked.get(organisation) || 0n) + sums.total);
    }
    write(all(named("data-of", "all"), page), whole);
    let over = 0n;
    for (const line of all("[data-limit]", page)) {
      const own = line.dataset.limit;
      const found = holdAgainst(line, own === "all" ? whole.total : asked.get(own) || 0n);
      over = own === "all" ? found : over;
    }
    return { total: whole.total, over };
  }

  /* ---- what is told while somebody types */

  let later = 0;
  let toldTotal = compute().total;

  function announce({ total, over }) {
    clearTimeout(later);
    later = setTimeout(() => {
      if (total !== toldTotal) {
        toldTotal = total;
        const limit = over > 0n ? `, ${words(over)} more than the call gives` : "";
        find("[data-said]").textContent = `Requested so far ${words(total)}${limit}.`;
      }
    }, SETTLED);
  }

  const why = {
    none: (text) => `“${text}” is not an amount and counts as 0.`,
    negative: (text) => `“${text}” is below 0 and counts as 0.`,
  };

  /* says at a cell that was left what keeps it from counting; the next save says what to write instead */
  function judge(input) {
    const { problem } = cellOf(input.value, digits);
    const line = document.getElementById(`${input.name}-error`);
    if (problem === "empty") {
      return; // whether that is a problem is said once somebody asks for the part to be checked
    }
    const wrong = Boolean(problem);
    input.classList.toggle("is-invalid", wrong);
    input.setAttribute("aria-invalid", String(wrong));
    if (!wrong || line.hidden) {
      line.hidden = !wrong;
      find("span", line).textContent = wrong ? why[problem](input.value.trim().slice(0, 40)) : "";
    }
  }

  box.addEventListener("input", (event) => {
    if (event.target.matches("[data-cell]")) {
      announce(compute());
    }
  });
  box.addEventListener("change", (event) => {
    if (event.target.matches("[data-cell]")) {
      judge(event.target);
    }
  });
  document.addEventListener("draft:saved", () => announce(compute()));
  document.addEventListener("DOMContentLoaded", compute); // what waited in the browser stands in the cells by then

  /* ---- the keys of a spreadsheet, where they do not hinder typing */

  function placeOf(input) {
    const rows = rowsOf(input.closest("table"));
    const row = rows.findIndex((cells) => cells.includes(input));
    return { rows, row, column: rows[row].indexOf(input) };
  }

  function go(input, down, right) {
    const { rows, row, column } = placeOf(input);
    const next = (rows[row + down] || [])[column + right];
    if (next) {
      next.focus();
      next.select();
    }
    return Boolean(next);
  }

  /* below the last row Enter goes on at the top of the next year, as a spreadsheet does in a marked block */
  function enter(input, back) {
    const { rows, row, column } = placeOf(input);
    if (!go(input, back ? -1 : 1, 0)) {
      const next = back ? (rows.at(-1) || [])[column - 1] : rows[0][column + 1];
      if (next) {
        next.focus();
        next.select();
      }
    }
    return row >= 0;
  }

  const whole = (input) => input.selectionStart === 0 && input.selectionEnd === input.value.length;
  const caretAt = (input, place) => whole(input) || (input.selectionStart === place && input.selectionEnd === place);

  const keys = {
    ArrowUp: (input) => go(input, -1, 0),
    ArrowDown: (input) => go(input, 1, 0),
    ArrowLeft: (input) => caretAt(input, 0) && go(input, 0, -1),
    ArrowRight: (input) => caretAt(input, input.value.length) && go(input, 0, 1),
    Enter: (input, event) => enter(input, event.shiftKey),
  };

  box.addEventListener("keydown", (event) => {
    const input = event.target;
    const known = input.matches("[data-cell]") && keys[event.key];
    const held = event.ctrlKey || event.metaKey || event.altKey || event.isComposing || (event.shiftKey && event.key !== "Enter");
    if (known && !held && known(input, event)) {
      event.preventDefault();
    }
  });

  globalThis.budgetGrid = { box, digits, cellOf, placeOf, judge, compute, announce };
}());
