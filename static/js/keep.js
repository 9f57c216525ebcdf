/* What was typed comes back when a form could not be sent because the session had ended: it waits in this tab
   (sessionStorage) while the person signs in, and is put into the same form afterwards. Passwords are never kept. */
(function () {
  "use strict";
  const KEY = "unsent";
  const NEVER = new Set(["csrf_token", "token", "version"]);

  function read() {
    try {
      return JSON.parse(sessionStorage.getItem(KEY));
    } catch {
      return null; // a browser that keeps nothing, or something that is not ours
    }
  }

  function write(unsent) {
    try {
      sessionStorage.setItem(KEY, JSON.stringify(unsent));
    } catch {
      // Full or closed: the form is sent all the same.
    }
  }

  const forget = () => { try { sessionStorage.removeItem(KEY); } catch { /* nothing is kept anyway */ } };

  const worthKeeping = (form) => form.method === "post" && !form.querySelector("[type=password]") && form.querySelector(".field");

  const atTheDoor = document.body.classList.contains("signin");

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (atTheDoor) {
      return; // what waits is of the page before
    }
    if (worthKeeping(form)) {
      const fields = Array.from(new FormData(form)).filter(([name, value]) => typeof value === "string" && !NEVER.has(name));
      write({ path: location.pathname, fields, lost: false });
    } else {
      forget();
    }
  });

  function fill(form, fields) {
    const typed = new Map();
    for (const [name, value] of fields) {
      typed.set(name, [...(typed.get(name) || []), value]);
    }
    for (const field of form.elements) {
      if (!field.name || NEVER.has(field.name) || field.type === "file" || field.type === "submit") {
        continue;
      }
      const values = typed.get(field.name) || [];
      if (field.type === "checkbox" || field.type === "radio") {
        field.checked = values.includes(field.value);
      } else if (values.length) {
        field.value = values[0];
      }
    }
  }

  function say(form) {
    const note = document.createElement("div");
    note.className = "note note-info";
    note.setAttribute("role", "status");
    note.textContent = "What you typed before you were signed out stands in the form again. Look at it, then send it.";
    form.prepend(note);
  }

  const unsent = read();
  if (!unsent) {
    return;
  }
  const away = atTheDoor || document.querySelector(".errorpage");
  if (away) {
    write({ ...unsent, lost: true });
  } else if (unsent.lost && location.pathname === unsent.path) {
    const form = Array.from(document.forms).find((candidate) => worthKeeping(candidate));
    if (form) {
      fill(form, unsent.fields);
      say(form);
    }
    forget();
  } else if (!unsent.lost || location.pathname !== "/home") {
    forget();
  }
}());
