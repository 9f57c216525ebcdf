/* Many cells of the budget filled at once: by a block copied from a spreadsheet and pasted into a cell, which fills the
   grid from there, or by a 0 in each cell of an office that is empty. What is no amount is shown at its cell, what does
   not fit is said, and all of it can be taken back in one step. */
(function () {
  "use strict";
  const grid = globalThis.budgetGrid;
  if (!grid) {
    return;
  }
  const { box, digits, cellOf, placeOf, judge } = grid;
  const NOTHING = new Set(["-", "\u2013", "\u2014"]); // what the format for accounting shows for 0
  const SHOWN = 5;
  const note = box.querySelector("[data-pasted]");
  const told = note.querySelector("[data-pasted-words]");
  let last = null; // the cells the last paste filled: what stood there, and what it wrote
  let typedSince = true;
  let own = false; // the events of a paste are not typing

  const counted = (count, one, many) => `${count} ${count === 1 ? one : many}`;
  const plain = (text) => {
    const bare = text.replaceAll("\u00a0", " ").trim();
    return NOTHING.has(bare) ? "0" : bare;
  };

  /* the rows of what was copied; a line break inside quotation marks belongs to its cell */
  function rowsOf(text) {
    const rows = [[""]];
    let quoted = false;
    const signs = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
    for (const sign of signs) {
      const row = rows.at(-1);
      if (sign === '"' && (quoted || row.at(-1) === "")) {
        quoted = !quoted;
      } else if (sign === "\t" && !quoted) {
        row.push("");
      } else if (sign === "\n" && !quoted) {
        rows.push([""]);
      } else {
        row[row.length - 1] += sign;
      }
    }
    return rows.map((row) => row.map(plain));
  }

  const isAmount = (text) => ["", "negative"].includes(cellOf(text, digits).problem);
  const onlyWords = (texts) => texts.some(Boolean) && !texts.some(isAmount);

  /* leaves out the names of categories and the heads of years that were copied along */
  function withoutHeads(rows) {
    const left = rows.length > 1 && onlyWords(rows[0]) ? rows.slice(1) : rows;
    const first = left.map((row) => row[0]);
    const wide = left.some((row) => row.length > 1);
    const kept = wide && onlyWords(first) && left.some((row) => row.slice(1).some(isAmount)) ? left.map((row) => row.slice(1)) : left;
    return { rows: kept, heads: left !== rows || kept !== left };
  }

  function fill(input, rows) {
    const { rows: cells, row, column } = placeOf(input);
    const filled = [];
    const outside = [];
    rows.forEach((texts, down) => texts.forEach((text, right) => {
      const cell = (cells[row + down] || [])[column + right];
      if (cell) {
        filled.push({ cell, before: cell.value, after: text });
      } else if (text) {
        outside.push(text);
      }
    }));
    return { filled, outside };
  }

  function put(changes, side) {
    own = true;
    for (const change of changes) {
      change.cell.value = change[side];
      change.cell.dispatchEvent(new Event("input", { bubbles: true }));
      judge(change.cell);
    }
    own = false;
  }

  function say(filled, outside, heads) {
    const wrong = filled.filter(({ after }) => after && !isAmount(after)).length;
    const parts = [`${counted(filled.length, "cell was", "cells were")} filled.`];
    if (heads) {
      parts.push("Heads that were copied along were left out.");
    }
    if (wrong) {
      parts.push(`${counted(wrong, "of them is no amount and counts", "of them are no amounts and count")} as 0: look at the marked cells.`);
    }
    if (outside.length) {
      const shown = outside.slice(0, SHOWN).join(", ") + (outside.length > SHOWN ? " …" : "");
      parts.push(`${counted(outside.length, "value", "values")} did not fit into the table and ${outside.length === 1 ? "was" : "were"} left out: ${shown}.`);
    }
    told.textContent = parts.join(" ");
    note.querySelector("[data-take-back]").hidden = false;
    note.hidden = false;
  }

  box.addEventListener("paste", (event) => {
    const input = event.target;
    const text = event.clipboardData ? event.clipboardData.getData("text/plain") : "";
    if (!input.matches("[data-cell]") || input.readOnly || !/[\t\n\r]/.test(text.trim() ? text.replace(/[\r\n]+$/, "") : "")) {
      return; // a single value is pasted into its text as anywhere
    }
    event.preventDefault();
    const { rows, heads } = withoutHeads(rowsOf(text));
    const { filled, outside } = fill(input, rows);
    write(filled, outside, heads);
    input.focus();
    input.select();
  });

  function write(filled, outside, heads) {
    put(filled, "after");
    last = filled;
    typedSince = false;
    say(filled, outside, heads);
  }

  for (const button of box.querySelectorAll("[data-zeros]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const cells = Array.from(button.closest("section").querySelectorAll("[data-cell]"));
      const empty = cells.filter((cell) => !plain(cell.value)).map((cell) => ({ cell, before: cell.value, after: "0" }));
      if (empty.length) {
        write(empty, [], false);
      }
    });
  }

  /* cells that were typed in since keep what was typed */
  function takeBack() {
    const back = last.filter(({ cell, after }) => cell.value === after);
    put(back, "before");
    last = null;
    typedSince = true;
    told.textContent = `${counted(back.length, "cell stands", "cells stand")} as before.`;
    note.querySelector("[data-take-back]").hidden = true;
  }

  box.addEventListener("input", (event) => {
    typedSince = typedSince || (!own && event.target.matches("[data-cell]"));
  });
  box.addEventListener("keydown", (event) => {
    const undo = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "z";
    if (undo && last && !typedSince && event.target.matches("[data-cell]")) {
      event.preventDefault();
      takeBack();
    }
  });
  note.querySelector("[data-take-back]").addEventListener("click", () => {
    const { cell } = last[0];
    takeBack();
    cell.focus();
  });
}());
