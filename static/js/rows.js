/* Rows that repeat in a part of a proposal: add, remove, move, number. The same buttons post the form where there is no
   script. A row is a [data-row] with its key in a [data-rows] of its list; rows below a row stand in a [data-rows] with
   the key of that row in data-of, and each says so in its field `<list>.<key>.of`. The order of a list is a hidden field,
   told to the page as if it had been typed. Rows that others added, moved or removed are taken in by the event "rows",
   sent to the form with what changed. */
(function () {
  "use strict";
  const SIGNS = "abcdefghijklmnopqrstuvwxyz0123456789";
  const LENGTH = 6;
  const find = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));
  const rowsIn = (box) => Array.from(box.children).filter((child) => child.matches("[data-row]"));
  const named = (from, name) => find(`[name="${name}"]`, from);

  function newKey() {
    const drawn = crypto.getRandomValues(new Uint32Array(LENGTH));
    return Array.from(drawn, (number) => SIGNS[number % SIGNS.length]).join("");
  }

  const boxesOf = (form, list) => all(`[data-rows="${list}"]`, form);
  const boxOf = (form, list, of) => boxesOf(form, list).find((box) => (box.dataset.of || "") === of);
  const rowOf = (form, list, key) => boxesOf(form, list).flatMap(rowsIn).find((row) => row.dataset.row === key);

  /* numbers: 2, 2.1, 2.1.3; a row that stands below nothing has none */
  function number(box, before) {
    rowsIn(box).forEach((row, index) => {
      const place = "loose" in box.dataset ? "" : before ? `${before}.${index + 1}` : String(index + 1);
      for (const shown of all("[data-place]", row)) {
        if (shown.closest("[data-row]") === row) {
          shown.textContent = place;
        }
      }
      all("[data-rows]", row).filter((inner) => inner.closest("[data-row]") === row).forEach((inner) => number(inner, place));
    });
  }

  function inOrder(form) {
    for (const order of all("[data-order]", form)) {
      order.value = boxesOf(form, order.name).flatMap(rowsIn).map((row) => row.dataset.row).join(" ");
    }
    all("[data-rows]", form).filter((box) => !box.closest("[data-row]")).forEach((box) => number(box, box.dataset.number || ""));
  }

  function tell(form, list) {
    inOrder(form);
    named(form, list).dispatchEvent(new Event("input", { bubbles: true }));
  }

  const called = (row) => find("legend", row).textContent.replace(/\s+/g, " ").trim();

  /* read out, not shown: what is seen happens in the rows themselves */
  const said = document.createElement("p");
  said.className = "vh";
  said.setAttribute("role", "status");
  document.body.append(said);

  function say(sentence) {
    said.textContent = sentence;
  }

  function forgetRemoved(form) {
    all("[data-removed]", form).forEach((note) => note.remove());
  }

  function newRow(form, list, key, of) {
    const shell = document.createElement("template");
    const pattern = find(`template[data-new-row="${list}"]`, form);
    shell.innerHTML = pattern.innerHTML.replaceAll("__key__", key).replaceAll("__of__", of);
    const row = shell.content.firstElementChild;
    const above = named(row, `${list}.${key}.of`);
    if (above) {
      above.value = of;
    }
    return row;
  }

  function add(form, list, of) {
    const box = boxOf(form, list, of);
    const row = newRow(form, list, newKey(), of);
    rowsIn(box).length ? rowsIn(box).at(-1).after(row) : box.prepend(row);
    tell(form, list);
    find("textarea, input:not([type=hidden]), select", row).focus();
    say(`${called(row)} was added.`);
  }

  /* within its box, and from its end into the next one */
  function move(form, list, key, by) {
    const row = rowOf(form, list, key);
    const box = row.parentElement;
    const beside = rowsIn(box);
    const next = beside[beside.indexOf(row) + by];
    const boxes = boxesOf(form, list).filter((one) => !("loose" in one.dataset));
    const other = boxes[boxes.indexOf(box) + by];
    if (next) {
      by < 0 ? next.before(row) : next.after(row);
    } else if (other && boxes.includes(box)) {
      const rows = rowsIn(other);
      by < 0 && rows.length ? rows.at(-1).after(row) : other.prepend(row);
      named(form, `${list}.${key}.of`).value = other.dataset.of;
    } else {
      say(by < 0 ? `${called(row)} stands first already.` : `${called(row)} stands last already.`);
      return;
    }
    const before = called(row);
    tell(form, list);
    say(`${before} is ${called(row)} now.`);
  }

  function remove(form, list, key) {
    const row = rowOf(form, list, key);
    if (find("[data-row]", row)) {
      ask(row).then((sure) => { sure ? takeAway(form, list, row) : find("[value^=remove]", row).focus(); });
    } else {
      takeAway(form, list, row);
    }
  }

  /* what is removed with a row: "2 outputs and 5 indicators" */
  function below(row) {
    const counts = new Map();
    for (const box of all("[data-rows]", row)) {
      const count = rowsIn(box).length;
      const before = counts.get(box.dataset.many) || { one: box.dataset.one, count: 0 };
      counts.set(box.dataset.many, { ...before, count: before.count + count });
    }
    const words = ([many, { one, count }]) => `${count} ${count === 1 ? one : many}`;
    return Array.from(counts).filter(([, { count }]) => count).map(words).join(" and ");
  }

  function ask(row) {
    const dialog = document.getElementById("confirm");
    const name = called(row);
    const act = `remove ${name.charAt(0).toLowerCase()}${name.slice(1)}`;
    document.getElementById("confirm-h").textContent = `${act.charAt(0).toUpperCase()}${act.slice(1)}?`;
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

  function takeAway(form, list, row) {
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
      tell(form, list);
      find("[value^=remove]", row).focus();
      say(`${called(row)} is back.`);
    });
    note.append(`${name} was removed. `, back);
    row.replaceWith(note);
    tell(form, list);
    say(`${name} was removed.`);
    back.focus();
  }

  const acts = {
    "add": (form, list, of) => add(form, list, of || ""),
    "up": (form, list, key) => move(form, list, key, -1),
    "down": (form, list, key) => move(form, list, key, 1),
    "remove": remove,
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=do]");
    const [act, list, key] = button ? button.value.split(" ") : [];
    if (!button || !button.form || !acts[act]) {
      return;
    }
    event.preventDefault();
    forgetRemoved(button.form);
    acts[act](button.form, list, key);
    if ((act === "up" || act === "down") && button.isConnected) {
      button.focus();
    }
  });

  /* a row that is given to another one stands there at once */
  document.addEventListener("change", (event) => {
    const row = event.target.closest("[data-row]");
    const box = row && row.parentElement;
    const list = box && box.dataset.rows;
    const other = list && event.target.name === `${list}.${row.dataset.row}.of` && boxOf(event.target.form, list, event.target.value);
    if (other && other !== box) {
      other.append(row);
      tell(event.target.form, list);
      event.target.focus();
      say(`It is ${called(row)} now.`);
    }
  });

  /* what stands after a save: rows that others added come in, those they removed go, and all stand as they do there */
  function takeIn(form, changed) {
    for (const order of all("[data-order]", form).filter((one) => one.name in changed)) {
      const list = order.name;
      const keys = changed[list].split(" ").filter(Boolean);
      boxesOf(form, list).flatMap(rowsIn).filter((row) => !keys.includes(row.dataset.row)).forEach((row) => row.remove());
      for (const key of keys) {
        const of = changed[`${list}.${key}.of`];
        const here = rowOf(form, list, key);
        const box = of === undefined && here ? here.parentElement : boxOf(form, list, of || "") || (here && here.parentElement);
        if (box) {
          box.append(here || newRow(form, list, key, of || ""));
        }
      }
    }
    inOrder(form);
  }

  document.addEventListener("rows", (event) => takeIn(event.target, event.detail));
}());
