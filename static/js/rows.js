/* Rows that repeat in a part of a proposal: add, remove, move and number them. The same buttons post the form where there
   is no script. A row is a [data-row] with its key in a [data-rows] of its list; rows below a row stand in a [data-rows]
   with the key of that row in data-of, and each says so in its field `<list>.<key>.of`. Those whose row above is gone
   stand in one that is [data-loose]. A hidden [data-order] field holds the keys of a list in their order. */
(function () {
  "use strict";
  const SIGNS = "abcdefghijklmnopqrstuvwxyz0123456789";
  const KEY_LENGTH = 6;
  const find = (selector, from) => from.querySelector(selector);
  const all = (selector, from) => Array.from(from.querySelectorAll(selector));
  const rowsIn = (box) => Array.from(box.children).filter((child) => child.dataset.row);
  const called = (row) => find("legend", row).textContent.replace(/\s+/g, " ").trim();
  const inSentence = (name) => name.charAt(0).toLowerCase() + name.slice(1);

  function newKey() {
    const drawn = crypto.getRandomValues(new Uint32Array(KEY_LENGTH));
    return Array.from(drawn, (number) => SIGNS[number % SIGNS.length]).join("");
  }

  /* 2, 2.1, 2.1.3; a row that stands below nothing has no number */
  function number(box, before) {
    rowsIn(box).forEach((row, index) => {
      const place = "loose" in box.dataset ? "" : before ? `${before}.${index + 1}` : String(index + 1);
      const own = (part) => part.closest("[data-row]") === row;
      all("[data-place]", row).filter(own).forEach((shown) => { shown.textContent = place; });
      all("[data-rows]", row).filter(own).forEach((inner) => number(inner, place));
    });
  }

  /* what is removed with a row: "2 outputs and 5 indicators" */
  function below(row) {
    const counts = new Map();
    for (const box of all("[data-rows]", row)) {
      const { one, many } = box.dataset;
      counts.set(many, { one, count: rowsIn(box).length + (counts.has(many) ? counts.get(many).count : 0) });
    }
    const words = ([many, { one, count }]) => `${count} ${count === 1 ? one : many}`;
    return Array.from(counts).filter(([, { count }]) => count).map(words).join(" and ");
  }

  /* asks in the dialog of the page, and says whether the answer was yes */
  function ask(row) {
    const dialog = document.getElementById("confirm");
    const act = `remove ${inSentence(called(row))}`;
    document.getElementById("confirm-h").textContent = `Remove ${inSentence(called(row))}?`;
    document.getElementById("confirm-t").textContent = `What stands below it goes with it: ${below(row)}.`;
    document.getElementById("confirm-act").textContent = act;
    const yes = find("[value=yes]", dialog);
    yes.className = "btn btn-danger";
    yes.onclick = null;
    dialog.returnValue = "";
    return new Promise((answer) => {
      dialog.addEventListener("close", () => answer(dialog.returnValue === "yes"), { once: true });
      dialog.showModal();
    });
  }

  /* read out, not shown: what is seen happens in the rows themselves */
  const said = document.createElement("p");
  said.className = "vh";
  said.setAttribute("role", "status");
  document.body.append(said);
  const say = (sentence) => { said.textContent = sentence; };

  /* what is moved in the page loses the focus, and with it the place of the caret */
  function keepingFocus(move) {
    const active = document.activeElement;
    const [start, end] = [active.selectionStart, active.selectionEnd];
    move();
    if (document.activeElement !== active && active.isConnected) {
      active.focus({ preventScroll: true });
      if (typeof start === "number") {
        active.setSelectionRange(start, end);
      }
    }
  }

  /* the rows of a form; `made` is told of each row that was added to the page */
  window.rowsOf = (form, made) => {
    const orders = () => all("[data-order]", form);
    const boxesOf = (list) => all(`[data-rows="${list}"]`, form);
    const boxOf = (list, of) => boxesOf(list).find((box) => (box.dataset.of || "") === (of || ""));
    const looseOf = (list) => boxesOf(list).find((box) => "loose" in box.dataset);
    const keysOf = (list) => boxesOf(list).flatMap(rowsIn).map((row) => row.dataset.row);
    const rowOf = (list, key) => boxesOf(list).flatMap(rowsIn).find((row) => row.dataset.row === key);
    const field = (name) => form.elements.namedItem(name);

    function settle() {
      for (const order of orders()) {
        order.value = keysOf(order.name).join(" ");
      }
      all("[data-rows]", form).filter((box) => !box.closest("[data-row]")).forEach((box) => number(box, box.dataset.number));
      for (const card of all("[data-loose-card]", form)) {
        card.hidden = !find("[data-row]", card);
      }
    }

    function changed(list) {
      settle();
      field(list).dispatchEvent(new Event("input", { bubbles: true }));
    }

    /* a new row at the end of its box, or null where the page has no place for it */
    function newRow(list, key, of = "") {
      const pattern = find(`template[data-new-row="${list}"]`, form);
      const box = boxOf(list, of) || looseOf(list);
      if (!pattern || !box) {
        return null;
      }
      const shell = document.createElement("template");
      shell.innerHTML = pattern.innerHTML.replaceAll("__key__", key).replaceAll("__of__", of);
      const row = shell.content.firstElementChild;
      box.append(row);
      const above = field(`${list}.${key}.of`);
      if (of && above.value !== of) {
        above.value = of;
      }
      if (of && above.value !== of) {
        above.append(new Option("Added meanwhile: open this page again", of, true, true));
      }
      made(row);
      return row;
    }

    /* puts a row below another one, at the end */
    function give(list, key, of) {
      const row = rowOf(list, key);
      const box = boxOf(list, of) || looseOf(list);
      if (row && box && row.parentElement !== box && !row.contains(box)) {
        keepingFocus(() => box.append(row));
      }
    }

    const first = (row) => find("input:not([type=hidden]), textarea, select", row);
    const forgetRemoved = () => all("[data-removed]", form).forEach((note) => note.remove());

    function add(list, of) {
      forgetRemoved();
      const row = newRow(list, newKey(), of);
      if (row) {
        changed(list);
        first(row).focus();
        say(`${called(row)} was added.`);
      }
    }

    /* within its box, and from the end of it into the next */
    function move(list, key, by) {
      forgetRemoved();
      const row = rowOf(list, key);
      const box = row.parentElement;
      const beside = rowsIn(box)[rowsIn(box).indexOf(row) + by];
      const boxes = boxesOf(list).filter((one) => !("loose" in one.dataset));
      const next = boxes.includes(box) && boxes[boxes.indexOf(box) + by];
      const before = called(row);
      if (beside) {
        keepingFocus(() => beside[by < 0 ? "before" : "after"](row));
      } else if (next) {
        keepingFocus(() => next[by < 0 ? "append" : "prepend"](row));
        field(`${list}.${key}.of`).value = next.dataset.of;
      } else {
        say(`${before} stands ${by < 0 ? "first" : "last"} already.`);
        return;
      }
      changed(list);
      say(`${before} is ${inSentence(called(row))} now.`);
    }

    async function remove(list, key) {
      const row = rowOf(list, key);
      if (find("[data-row]", row) && !(await ask(row))) {
        find("[value^=remove]", row).focus();
        return;
      }
      forgetRemoved();
      takeAway(list, row);
    }

    /* what was removed can be brought back, with all that was typed into it, until something else is done with rows */
    function takeAway(list, row) {
      const note = document.createElement("p");
      const back = document.createElement("button");
      const name = called(row);
      note.className = "row-gone";
      note.dataset.removed = "";
      back.type = "button";
      back.className = "btn btn-sm";
      back.textContent = "Bring it back";
      back.addEventListener("click", () => {
        note.replaceWith(row);
        changed(list);
        first(row).focus();
        say(`${called(row)} is back.`);
      });
      note.append(`${name} was removed.`, back);
      row.replaceWith(note);
      changed(list);
      say(`${name} was removed.`);
      back.focus();
    }

    /* a row that is given to another one by its field stands there at once */
    form.addEventListener("change", (event) => {
      const row = event.target.closest("[data-row]");
      const list = row && row.parentElement.dataset.rows;
      if (list && event.target.name === `${list}.${row.dataset.row}.of`) {
        give(list, row.dataset.row, event.target.value);
        changed(list);
        say(`It is ${inSentence(called(row))} now.`);
      }
    });

    const steps = { add, remove, up: (list, key) => move(list, key, -1), down: (list, key) => move(list, key, 1) };
    return { orders, boxesOf, rowsIn, keysOf, rowOf, newRow, give, keepingFocus, settle, newKey, steps };
  };
}());
