/* A part of a proposal saves itself while it is written. What is typed waits in this browser (localStorage) until the
   server has it: a page that was closed, a connection that was lost and a session that ended lose nothing. Each save
   names the version it was typed over; the answer brings what others changed meanwhile, which is put into the form where
   nobody here has typed on since, and the texts that could not be joined, which stand beside their field until somebody
   decides. Without this script the same form works by its buttons. */
(function () {
  "use strict";
  const form = document.querySelector("form[data-draft]");
  if (!form) {
    return;
  }
  const find = (selector, from = form) => from.querySelector(selector);
  const all = (selector, from = form) => Array.from(from.querySelectorAll(selector));
  const named = (attribute, value) => `[${attribute}="${CSS.escape(value)}"]`;

  const AFTER_TYPING = 900;
  const AT_ONCE = 150;
  const LONGEST_PAUSE = 60000;
  const LONGEST_WAIT = 20000;
  const LARGEST_FAREWELL = 60000; // more a browser does not send for a page that is left
  const OWN = new Set(["csrf_token", "token", "version", "do"]);
  const ASIDE = "aside.";
  const { person, zone } = form.dataset;

  /* ---- what stands in the form */

  function fieldsOf(prefix) {
    return Array.from(form.elements).filter((field) => field.name && !OWN.has(field.name) && field.name.startsWith(ASIDE) === prefix);
  }

  const textOf = (field) => (field.type === "checkbox" ? (field.checked ? field.value : "") : field.value);

  function snapshot() {
    return Object.fromEntries(fieldsOf(false).map((field) => [field.name, textOf(field)]));
  }

  const asides = () => Object.fromEntries(fieldsOf(true).map((field) => [field.name.slice(ASIDE.length), field.value]));
  const same = (one, other) => [...new Set([...Object.keys(one), ...Object.keys(other)])].every((name) => (one[name] || "") === (other[name] || ""));
  const nowText = (name) => {
    const field = form.elements.namedItem(name);
    return field ? textOf(field) : "";
  };

  /* ---- how far it is saved */

  let version = form.elements.version.value;
  let over = {}; // fields typed over another text than that version has, with that text
  let settled = new Set();
  let accepted = snapshot(); // what the server has of this page
  let sending = false;
  let again = false;
  let wanted = false; // somebody pressed "Save and check"
  let stopped = false;
  let failures = 0;
  let lostAt = "";
  let timer = 0;
  let asidesAccepted = JSON.stringify(asides());

  /* puts a text into a field; the caret stays where it was in the words around it */
  function put(name, text) {
    const field = form.elements.namedItem(name);
    if (!field || textOf(field) === text) {
      return;
    }
    if (field.type === "checkbox") {
      field.checked = text === field.value;
      return;
    }
    const typing = field === document.activeElement && typeof field.selectionStart === "number";
    const caret = typing ? field.selectionStart : 0;
    const before = field.value;
    field.value = text;
    if (typing) {
      const kept = before.slice(0, caret);
      const place = text.startsWith(kept) ? caret : Math.max(0, caret + text.length - before.length);
      field.setSelectionRange(place, place);
    }
    count(field);
  }

  /* ---- rows: rows.js knows them */

  const counted = (row) => all("[data-counter]", row).forEach((line) => count(form.elements.namedItem(line.dataset.counter)));
  const { orders, boxesOf, rowsIn, keysOf, rowOf, newRow, give, keepingFocus, settle: settleOrders, newKey, steps: rowSteps } = window.rowsOf(form, counted);

  /* takes the rows in that others added, moved and removed (keys by list, in their order); a row somebody writes in here
     stays, and what stands below one that goes does not go with it unless it goes too */
  function takeOrders(orders, changed, sent) {
    for (const [name, keys] of orders) {
      for (const key of keys) {
        const of = changed[`${name}.${key}.of`];
        if (!rowOf(name, key)) {
          newRow(name, key, of);
        } else if (of !== undefined) {
          give(name, key, of);
        }
      }
    }
    const stays = (box, row) => !orders.has(box.dataset.rows) || orders.get(box.dataset.rows).includes(row.dataset.row);
    for (const [name, keys] of orders) {
      for (const key of keysOf(name).filter((one) => !keys.includes(one))) {
        const own = `${name}.${key}.`;
        const row = rowOf(name, key);
        const written = fieldsOf(false).some((field) => field.name.startsWith(own) && textOf(field) !== (sent[field.name] || ""));
        if (!written && !row.contains(document.activeElement)) {
          for (const box of all("[data-rows]", row)) {
            rowsIn(box).filter((inner) => stays(box, inner)).forEach((inner) => give(box.dataset.rows, inner.dataset.row, ""));
          }
          row.remove();
        }
      }
    }
    for (const [name, keys] of orders) {
      for (const box of boxesOf(name)) {
        const rows = rowsIn(box);
        const sorted = [...rows].sort((one, other) => keys.indexOf(one.dataset.row) - keys.indexOf(other.dataset.row));
        if (sorted.some((row, place) => row !== rows[place])) {
          keepingFocus(() => sorted.forEach((row) => box.append(row)));
        }
      }
    }
  }

  /* a row whose field says that it stands below another stands there */
  function stand(name, of) {
    const [list, key, field] = name.split(".");
    if (field === "of" && rowOf(list, key)) {
      give(list, key, of);
    }
  }

  const keysIn = (text) => (text || "").split(" ").filter(Boolean);

  /* ---- what the server answers */

  function takeIn(answer, sent) {
    const before = over;
    version = String(answer.version);
    form.elements.version.value = version;
    over = {};
    const changed = answer.changed;
    const taken = new Map();
    for (const order of orders().filter((one) => one.name in changed)) {
      if (order.value === (sent[order.name] || "")) {
        taken.set(order.name, keysIn(changed[order.name]));
      } else {
        over[order.name] = sent[order.name] || "";
      }
    }
    takeOrders(taken, changed, sent);
    settleOrders();
    for (const [name, text] of Object.entries(changed).filter(([one]) => !form.elements.namedItem(one)?.matches("[data-order]"))) {
      if (nowText(name) === (sent[name] || "")) {
        put(name, text);
        stand(name, text);
      } else {
        over[name] = sent[name] || ""; // typed on meanwhile: the next save joins it
      }
    }
    settleOrders();
    takeAsides(answer, sent);
    const others = Object.keys(changed).length > 0;
    accepted = { ...snapshot(), ...over };
    for (const name of Object.keys(sent)) {
      if (!(name in changed) && !answer.collided.includes(name)) {
        accepted[name] = sent[name];
      }
    }
    document.dispatchEvent(new CustomEvent("draft:taken", { detail: { answer, before } }));
    return others;
  }

  function takeAsides(answer, sent) {
    const kept = new Set(answer.asides.map((aside) => String(aside.number)));
    for (const aside of answer.asides) {
      if (find(named("data-aside", String(aside.number))) || settled.has(String(aside.number))) {
        continue;
      }
      const older = all(named("data-aside-field", aside.field)).find((note) => !kept.has(note.dataset.aside));
      if (older && !answer.collided.includes(aside.field)) {
        renumber(older, String(aside.number));
      } else {
        setBeside(aside, answer.collided.includes(aside.field) ? nowText(aside.field) : aside.typed, sent);
      }
    }
    all("[data-aside]").filter((note) => !kept.has(note.dataset.aside)).forEach((note) => note.remove());
  }

  /* the text of whoever types here goes on in its own box, and what stands comes into the field */
  function setBeside(aside, mine) {
    const made = document.createElement("template");
    made.innerHTML = aside.html;
    const note = made.content.firstElementChild;
    place(note);
    const box = find("[data-mine]", note);
    const field = form.elements.namedItem(aside.field);
    const typing = field && field === document.activeElement;
    const caret = typing && typeof field.selectionStart === "number" ? field.selectionStart : mine.length;
    box.value = mine;
    if (field && field.type !== "hidden") {
      put(aside.field, aside.stands);
    }
    if (typing) {
      box.focus();
      box.setSelectionRange(caret, caret);
    }
  }

  function place(note) {
    const field = find(`.field${named("data-field", note.dataset.asideField)}`);
    if (field) {
      field.before(note);
    } else {
      find("[data-asides]").append(note);
    }
  }

  function renumber(note, now) {
    const before = note.dataset.aside;
    for (const part of [note, ...all("*", note)]) {
      for (const { name, value } of Array.from(part.attributes)) {
        if (value.includes(before)) {
          part.setAttribute(name, value.replaceAll(before, now));
        }
      }
    }
  }

  /* ---- saying how it stands */

  function say(words, tone = "good") {
    const line = document.getElementById("saved");
    line.dataset.tone = tone;
    find("[data-saved]", line).textContent = words;
    echo(words, tone);
  }

  /* the head of the page is out of sight on a long part: its words stand beside the button too */
  function echo(words, tone) {
    const beside = find("[data-echo]");
    beside.textContent = words;
    beside.dataset.tone = tone;
  }

  function clockNow() {
    return new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
  }

  function showProblems(problems) {
    const told = new Map();
    for (const problem of problems.filter((one) => !one.missing || "checked" in form.dataset)) {
      if (!told.has(problem.field)) {
        told.set(problem.field, problem.sentence);
      }
    }
    for (const line of all(".field-error[id$='-error']")) {
      const name = line.id.slice(0, -"-error".length);
      const field = form.elements.namedItem(name);
      line.hidden = !told.has(name);
      find("span", line).textContent = told.get(name) || "";
      if (field && field.type !== "hidden") {
        field.setAttribute("aria-invalid", String(told.has(name)));
        field.classList.toggle("is-invalid", told.has(name));
      }
    }
  }

  function showState(answer, others) {
    const beside = answer.asides.filter((aside) => answer.collided.includes(aside.field)).map((aside) => aside.label);
    const joined = others ? " What others changed meanwhile stands in the form." : "";
    const apart = beside.length ? ` ${beside.join(", ")}: changed elsewhere too. Both texts are kept, choose.` : "";
    say(`${answer.saved}.${joined}${apart}`, apart ? "warn" : "good");
    const state = document.querySelector("[data-state]");
    if (state) {
      state.textContent = answer.state.words;
      state.closest("a").dataset.tone = answer.state.tone;
    }
    const figures = document.getElementById("figures");
    if (figures && answer.figures) {
      figures.innerHTML = answer.figures;
    }
  }

  function count(field) {
    const line = field && field.name && find(named("data-counter", field.name));
    if (line) {
      const most = Number(line.dataset.most);
      const words = field.value.split(/\s+/).filter(Boolean).length;
      const told = (figure) => figure.toLocaleString("en-US");
      line.textContent = `${told(field.value.length)} of ${told(most)} characters, ${told(words)} ${words === 1 ? "word" : "words"}`;
      line.classList.toggle("over", field.value.length > most);
    }
  }

  /* ---- what waits in this browser */

  const PLACE = `draft:${new URL(form.action).pathname}:`;
  const KEY = PLACE + tab();

  function tab() {
    try {
      const known = sessionStorage.getItem("tab") || newKey();
      sessionStorage.setItem("tab", known);
      return known;
    } catch {
      return "";
    }
  }

  function store() {
    const waiting = { person, version, over, fields: snapshot(), asides: asides(), settled: [...settled], at: Date.now() };
    try {
      localStorage.setItem(KEY, JSON.stringify(waiting));
      return true;
    } catch {
      return false; // full, or closed: the page must stay open
    }
  }

  function forget(key) {
    try {
      localStorage.removeItem(key);
    } catch {
      // A browser that keeps nothing has nothing to forget.
    }
  }

  function waitingHere() {
    try {
      return Object.keys(localStorage)
        .filter((key) => key.startsWith(PLACE))
        .map((key) => ({ key, ...JSON.parse(localStorage.getItem(key)) }))
        .filter((one) => one.person === person && one.fields)
        .sort((one, other) => other.at - one.at);
    } catch {
      return [];
    }
  }

  /* puts a text back that was not saved when its page was left; the server joins it as any other */
  function bringBack() {
    for (const waiting of waitingHere()) {
      if (same(waiting.fields, snapshot()) && Object.keys(waiting.asides).length === 0) {
        forget(waiting.key);
        continue;
      }
      version = waiting.version;
      over = waiting.over;
      settled = new Set(waiting.settled);
      takeOrders(new Map(orders().map((order) => [order.name, keysIn(waiting.fields[order.name])])), waiting.fields, snapshot());
      settleOrders();
      fieldsOf(false).filter((field) => !field.matches("[data-order]")).forEach((field) => put(field.name, waiting.fields[field.name] || ""));
      fieldsOf(true).forEach((box) => { box.value = waiting.asides[box.name.slice(ASIDE.length)] || box.value; });
      accepted = null;
      if (waiting.key !== KEY) {
        forget(waiting.key);
      }
      store();
      send();
      return;
    }
  }

  /* ---- saving */

  const dirty = () => accepted === null || settled.size > 0 || !same(accepted, snapshot()) || asidesChanged();
  const asidesChanged = () => asidesAccepted !== JSON.stringify(asides());

  function bodyOf(step) {
    const body = new URLSearchParams({ csrf_token: form.elements.csrf_token.value, alone: "yes", do: step, version });
    Object.entries(snapshot()).filter(([, text]) => text).forEach(([name, text]) => body.append(name, text));
    Object.entries(over).forEach(([name, text]) => body.append(`over.${name}`, text));
    Object.entries(asides()).forEach(([name, text]) => body.append(ASIDE + name, text));
    settled.forEach((name) => body.append("settled", name));
    return body;
  }

  const post = (step) => fetch(form.action, { method: "POST", body: bodyOf(step), redirect: "manual", signal: AbortSignal.timeout(LONGEST_WAIT) });

  async function posted(step) {
    const response = await post(step);
    return response.status === 400 && await newToken() ? post(step) : response;
  }

  /* the session began anew since this page was opened, in another tab: its forms have another token */
  async function newToken() {
    const page = await fetch(form.action, { redirect: "manual" });
    if (!page.ok) {
      return false;
    }
    const read = new DOMParser().parseFromString(await page.text(), "text/html").querySelector("form[data-draft] [name=csrf_token]");
    if (read) {
      form.elements.csrf_token.value = read.value;
    }
    return Boolean(read);
  }

  async function send() {
    clearTimeout(timer);
    if (sending) {
      again = true;
      return;
    }
    sending = true;
    again = false;
    const step = wanted ? "save" : "keep";
    const sent = snapshot();
    const sentAsides = JSON.stringify(asides());
    const sentSettled = [...settled];
    store();
    say("Saving…", "open");
    try {
      const response = await posted(step);
      if (response.ok) {
        const answer = await response.json();
        sentSettled.forEach((one) => settled.delete(one));
        asidesAccepted = sentAsides;
        done(answer, sent, step);
      } else {
        await refused(response);
      }
    } catch {
      lost();
    }
    sending = false;
    if (again) {
      send();
    }
  }

  function done(answer, sent, step) {
    failures = 0;
    lostAt = "";
    stopped = false;
    const others = takeIn(answer, sent);
    showProblems(answer.problems);
    showState(answer, others);
    document.dispatchEvent(new CustomEvent("draft:saved", { detail: answer }));
    const joining = Object.keys(over).length > 0;
    if (joining || dirty()) {
      store();
      timer = setTimeout(send, joining || wanted ? AT_ONCE : AFTER_TYPING);
    } else {
      forget(KEY);
      if (step === "save") {
        leave();
      } else {
        bringBack();
      }
    }
  }

  function leave() {
    wanted = false;
    const here = new URL(form.action);
    here.search = "?checked=yes";
    if (here.href === location.href) {
      location.reload();
    } else {
      location.assign(here);
    }
  }

  async function refused(response) {
    wanted = false;
    if (response.status >= 500) {
      lost();
      return;
    }
    stopped = true;
    const kept = store() ? "Your text is kept in this browser." : "Keep this page open.";
    if (response.status === 422) {
      stopped = false;
      say(`Not saved: ${(await response.json()).refused} ${kept}`, "bad");
    } else if (response.type === "opaqueredirect" || response.status === 400) {
      say(`Not saved: you were signed out. ${kept} Sign in again and open this page.`, "bad");
    } else {
      say(`Not saved: you may not write this part any more. ${kept} Copy what you need before you leave.`, "bad");
    }
  }

  function lost() {
    wanted = false;
    failures += 1;
    lostAt = lostAt || clockNow();
    const kept = store() ? "Your text is kept in this browser." : "Keep this page open.";
    say(`Not saved: no connection since ${lostAt}. ${kept}`, "bad");
    again = false;
    later();
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(send, failures ? Math.min(LONGEST_PAUSE, 1000 * 2 ** failures) : AFTER_TYPING);
  }

  function typed() {
    store();
    if (!failures) {
      later(); // without network the next try is waiting already
    }
  }

  /* ---- what its buttons do here */

  const steps = {
    ...rowSteps,
    mine: (aside) => choose(aside, true),
    theirs: (aside) => choose(aside, false),
  };

  function choose(aside, mine) {
    const note = find(named("data-aside", aside));
    const name = note.dataset.asideField;
    if (mine) {
      put(name, find("[data-mine]", note).value);
    }
    settled.add(aside);
    note.remove();
    const field = form.elements.namedItem(name);
    if (field && field.focus) {
      field.focus();
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const [what, ...rest] = (event.submitter ? event.submitter.value : "save").split(" ");
    if (steps[what]) {
      steps[what](...rest);
      if (what === "up" || what === "down") {
        event.submitter.focus(); // it moved with its row
      }
      typed();
    } else {
      wanted = true;
      send();
    }
  });

  form.addEventListener("input", (event) => {
    count(event.target);
    typed();
  });
  form.addEventListener("change", typed);

  window.addEventListener("online", () => { if (failures) { send(); } });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && !stopped) {
      send();
    }
  });

  window.addEventListener("pagehide", () => {
    if (!sending && dirty()) {
      store();
      const body = bodyOf("keep");
      if (String(body).length < LARGEST_FAREWELL) {
        fetch(form.action, { method: "POST", body, redirect: "manual", keepalive: true }).catch(() => {});
      }
    }
  });

  window.addEventListener("beforeunload", (event) => {
    if (dirty() && !store()) {
      event.preventDefault();
    }
  });

  echo(find("[data-echo]").dataset.echo, "open");
  all("[data-aside]").forEach(place);
  all("[data-counter]").forEach((line) => count(form.elements.namedItem(line.dataset.counter)));
  bringBack();
}());
