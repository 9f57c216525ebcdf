/* What somebody types into a form waits in this tab (sessionStorage) until it is sent and taken. It comes back when the
   page was left, when the session had ended, or when an error stood in the way. Passwords and files are never kept,
   nobody else is shown it, and it keeps the version it was typed over: the server tells who was faster. */
(function () {
  "use strict";
  const KEY = "typed";
  const NEVER = new Set(["csrf_token", "token"]);
  const [OPEN, SENT, LOST] = ["open", "sent", "lost"];
  const shell = document.querySelector("[data-person]");
  const person = shell ? shell.dataset.person : "";
  const elsewhere = document.body.classList.contains("signin") || document.querySelector(".errorpage");
  const said = {
    [OPEN]: "What you typed here before stands in the form again.",
    [LOST]: "What you typed before you were signed out, or an error came between, stands in the form again. Look at it, then send it.",
  };

  function read() {
    try {
      return JSON.parse(sessionStorage.getItem(KEY)) || {};
    } catch {
      return {}; // a browser that keeps nothing, or something that is not ours
    }
  }

  function write(typed) {
    try {
      sessionStorage.setItem(KEY, JSON.stringify(typed));
      return true;
    } catch {
      return false; // full or closed: the form can be sent all the same
    }
  }

  const worthKeeping = (form) => form.method === "post" && !form.matches("[data-draft]") && !form.querySelector("[type=password]") && form.querySelector(".field");
  /* what a form asks for in its own address is part of its name: a letter for other reasons is another letter */
  const nameOf = (form) => {
    const { pathname, search } = new URL(form.getAttribute("action") || location.pathname, location.href);
    return pathname + search;
  };

  const fieldsOf = (form) => Array.from(new FormData(form)).filter(([name, value]) => typeof value === "string" && !NEVER.has(name));
  const inWords = (form) => JSON.stringify(fieldsOf(form));

  function keep(form, state) {
    return write({ ...read(), [nameOf(form)]: { person, fields: fieldsOf(form), state } });
  }

  function forget(name) {
    const typed = read();
    delete typed[name];
    write(typed);
  }

  /* what parts of proposals wait with (draft.js) */
  function forgetDrafts() {
    try {
      Object.keys(localStorage).filter((key) => key.startsWith("draft:")).forEach((key) => localStorage.removeItem(key));
    } catch {
      // A browser that keeps nothing has nothing to forget.
    }
  }

  function fill(form, fields) {
    const values = new Map();
    for (const [name, value] of fields) {
      values.set(name, [...(values.get(name) || []), value]);
    }
    for (const field of form.elements) {
      if (!field.name || NEVER.has(field.name) || field.type === "file" || field.type === "submit") {
        continue;
      }
      const kept = values.get(field.name) || [];
      if (field.type === "checkbox" || field.type === "radio") {
        field.checked = kept.includes(field.value);
      } else if (kept.length) {
        field.value = kept.shift(); // several of one name: each its own
      }
    }
  }

  function say(form, state) {
    const note = document.createElement("div");
    note.className = "note note-kept";
    note.setAttribute("role", "status");
    const words = document.createElement("p");
    words.textContent = said[state] + (form.querySelector("[type=file]") ? " Choose the file again." : "");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-sm";
    button.textContent = "Begin anew";
    button.addEventListener("click", () => { forget(nameOf(form)); location.assign(location.href.split("#")[0]); });
    note.append(words, button);
    form.prepend(note);
  }

  /* under a form, once something of it waits in this tab */
  function tell(form) {
    if (!form.querySelector("[data-kept]")) {
      const line = document.createElement("p");
      line.className = "form-hint";
      line.dataset.kept = "";
      line.setAttribute("role", "status");
      line.textContent = "What you type is kept in this tab until you send it.";
      form.append(line);
    }
  }

  function bringBack(form, typed) {
    const name = nameOf(form);
    const waiting = typed[name];
    if (!waiting || waiting.person !== person) {
      return;
    }
    if (form.querySelector("[data-errors]")) {
      waiting.state = OPEN; // refused: the server shows what was sent
    } else if (waiting.state !== SENT) {
      const before = inWords(form);
      fill(form, waiting.fields);
      if (inWords(form) !== before) {
        form.dataset.typed = "true";
        say(form, waiting.state);
      }
    }
  }

  function arrive() {
    const typed = read();
    Array.from(document.forms).filter(worthKeeping).forEach((form) => bringBack(form, typed));
    for (const [name, waiting] of Object.entries(typed)) {
      const foreign = person && waiting.person !== person;
      if (elsewhere && waiting.state === SENT) {
        waiting.state = LOST;
      } else if (waiting.state === SENT || foreign) {
        delete typed[name];
      }
    }
    write(typed);
  }

  let later;
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form && worthKeeping(form) && !elsewhere) {
      clearTimeout(later);
      later = setTimeout(() => { if (keep(form, OPEN)) { tell(form); } }, 300);
    }
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-forgets]")) {
      write({}); // signed out: whoever sits here next finds nothing
      forgetDrafts();
    } else if (!event.defaultPrevented && !elsewhere && worthKeeping(form)) {
      clearTimeout(later);
      keep(form, SENT);
    }
  });

  arrive();
}());
