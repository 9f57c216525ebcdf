/* Rows that repeat in a part of a proposal: add, remove, move, number. The same buttons post the form where there is no
   script. A row is a [data-row] with its key in a [data-rows] of its list; rows below a row stand in a [data-rows] with
   the key of that row in data-of, and each has a field `<list>.<key>.of`. The order of a list is a hidden field, told to
   the page as if it had been typed. What others added meanwhile is taken in by the event "rows". */
(function () {
  "use strict";
  const SIGNS = "abcdefghijklmnopqrstuvwxyz0123456789";
  const LENGTH = 6;
  const find = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));
  const rowsIn = (box) => Array.from(box.children).filter((child) => child.matches("[data-row]"));
  const named = (form, name) => find(`[name="${CSS.escape(name)}"]`, form);

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
    const none = find(":scope > [data-none]", box);
    if (none) {
      none.hidden = rowsIn(box).length > 0;
    }
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

  const called = (row) => find("[data-called]", row).textContent.replace(/\s+/g, " ").trim();

  function say(form, sentence) {
    find("[data-rows-said]", form).textContent = sentence;
  }

  function forgetRemoved(form) {
    all("[data-removed]", form).forEach((note) => note.remove());
  }

  function newRow(form, list, key, of) {
    const shell = document.createElement("template");
    const pattern = find(`template[data-row-of="${list}"]`, form);
    shell.innerHTML = pattern.innerHTML.replaceAll("ROWKEY", key).replaceAll("ROWOF", of);
    return shell.content.firstElementChild;
  }

  function add(form, list, of) {
    const box = boxOf(form, list, of);
    const row = newRow(form, list, newKey(), of);
    rowsIn(box).length ? rowsIn(box).at(-1).after(row) : box.prepend(row);
    tell(form, list);
    find("textarea, input:not([type=hidden]), select", row).focus();
    say(form, `${called(row)} was added.`);
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
      say(form, by < 0 ? `${called(row)} stands first already.` : `${called(row)} stands last already.`);
      return;
    }
    const before = called(row);
    tell(form, list);
    say(form, `${before} is ${called(row)} now.`);
  }

  function remove(form, list, key) {
    const row = rowOf(form, list, key);
    const below = all("[data-row]", row).length;
    if (below) {
      ask(called(row), below).then((sure) => { sure ? takeAway(form, list, row) : find("[value^=remove]", row).focus(); });
    } else {
      takeAway(form, list, row);
    }
  }

  function ask(name, below) {
    const dialog = document.getElementById("confirm");
    const act = `remove ${name.charAt(0).toLowerCase()}${name.slice(1)}`;
    document.getElementById("confirm-h").textContent = `${act.charAt(0).toUpperCase()}${act.slice(1)}?`;
    document.getElementById("confirm-t").replaceChildren(
      below === 1 ? "One row stands below it and is removed with it." : `${below} rows stand below it and are removed with it.`,
    );
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
      say(form, `${called(row)} is back.`);
    });
    note.append(`${name} was removed. `, back);
    row.replaceWith(note);
    tell(form, list);
    say(form, `${name} was removed.`);
    back.focus();
  }

  const acts = {
    "add": (form, list, of) => add(form, list, of || ""),
    "up": (form, list, key) => move(form, list, key, -1),
    "down": (form, list, key) => move(form, list, key, 1),
    "remove": remove,
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=row]");
    if (!button || !button.form) {
      return;
    }
    const [act, list, key] = button.value.split(" ");
    event.preventDefault();
    forgetRemoved(button.form);
    acts[act](button.form, list, key);
    if ((act === "up" || act === "down") && button.isConnected) {
      button.focus();
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
        const box = of === undefined && here ? here.parentElement : boxOf(form, list, of || "");
        if (box) {
          box.append(here || newRow(form, list, key, of || ""));
        }
      }
    }
    inOrder(form);
  }

  document.addEventListener("rows", (event) => takeIn(event.target, event.detail));
}());
