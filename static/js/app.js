/* The page's own script. Everything works without it but conveniences: theme, menus that close themselves,
   keyboard shortcuts, one press one post, questions before an act that cannot be taken back.
   One listener for each kind of event, on the document, so that swapped-in parts need no setting up. */
(function () {
  "use strict";
  const root = document.documentElement;
  const body = document.body;
  const find = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));

  /* theme */
  function showTheme() {
    const dark = root.getAttribute("data-bs-theme") === "dark";
    for (const button of all("[data-act=theme]")) {
      button.hidden = false;
      button.setAttribute("aria-pressed", String(dark));
    }
  }

  function switchTheme() {
    const next = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
    root.setAttribute("data-bs-theme", next);
    try {
      localStorage.setItem("theme", next);
    } catch {
      // A browser that keeps nothing: the choice holds for this page.
    }
    showTheme();
  }

  /* side navigation on a narrow screen; without script its button is a link to #side */
  const menuButton = find("[data-act=menu]");

  function setMenu(open) {
    body.classList.toggle("menu-open", open);
    body.classList.toggle("menu-closed", !open);
    menuButton.setAttribute("aria-expanded", String(open));
    if (open) {
      find(".side a").focus();
    }
  }

  const menuIsOpen = () => body.classList.contains("menu-open");

  function closeMenus(except) {
    for (const menu of all("details[data-menu][open]")) {
      if (menu !== except) {
        menu.open = false;
      }
    }
  }

  /* copy a text such as the recovery codes, and say so */
  async function copy(button) {
    const source = document.getElementById(button.dataset.copy);
    await navigator.clipboard.writeText(source.innerText.trim());
    const said = button.textContent;
    button.lastChild.textContent = "Copied";
    setTimeout(() => { button.lastChild.textContent = said; }, 2000);
  }

  const acts = {
    "theme": switchTheme,
    "menu": () => setMenu(!menuIsOpen()),
    "menu-close": () => { setMenu(false); menuButton.focus(); },
    "print": () => window.print(),
    "copy": copy,
  };

  document.addEventListener("click", (event) => {
    const target = event.target;
    if (target.closest("[aria-disabled=true]")) {
      event.preventDefault();
      return;
    }
    closeMenus(target.closest("details[data-menu]"));
    const actor = target.closest("[data-act]");
    if (actor && acts[actor.dataset.act]) {
      event.preventDefault();
      acts[actor.dataset.act](actor);
    } else if (menuButton && menuIsOpen() && !target.closest(".side")) {
      setMenu(false);
    }
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const search = document.getElementById("q");
      if (search) {
        event.preventDefault();
        search.focus();
      }
    } else if (event.key === " " && event.target === menuButton) {
      event.preventDefault();
      acts.menu();
    } else if (event.key === "Escape") {
      leave(event.target);
    }
  });

  function leave(from) {
    const menu = from.closest("details[data-menu][open]") || find("details[data-menu][open]");
    if (menu) {
      menu.open = false;
      find("summary", menu).focus();
    } else if (menuButton && menuIsOpen()) {
      setMenu(false);
      menuButton.focus();
    } else if (from.id === "q") {
      from.blur();
    }
  }

  /* a menu left by Tab closes behind the person */
  document.addEventListener("focusin", (event) => closeMenus(event.target.closest("details[data-menu]")));

  /* forms: a question first where one is asked, then each form is sent once */
  const confirmed = new WeakSet();

  /* {donor} in a question is what the form says in its field of that name; other braces are somebody's own words */
  const asFilledIn = (form, sentence) => sentence.replace(/\{(\w+)\}/g, (whole, name) => {
    const field = form.elements.namedItem(name);
    if (!field) {
      return whole;
    }
    return field.selectedOptions ? field.selectedOptions[0].text : field.value.trim();
  });

  /* what sending the form would do, as the server foresees it: a part of a page, or nothing where that cannot be told */
  async function foresee(form) {
    const data = new FormData(form);
    for (const [name, value] of [...data]) {
      if (value instanceof File) {
        data.delete(name);
      }
    }
    data.delete("kept");
    data.set("foreseen", "yes");
    const answer = await fetch(form.action, { method: "POST", body: data });
    const told = answer.ok && !answer.redirected ? await answer.text() : "";
    return { refused: answer.status === 422, parts: new DOMParser().parseFromString(told, "text/html").body.childNodes };
  }

  async function askForeseen(form, submitter, sentence) {
    if (form.dataset.asking) {
      return;
    }
    form.dataset.asking = "true";
    const told = await foresee(form).catch(() => ({ refused: false, parts: [] }));
    delete form.dataset.asking;
    if (told.refused) {
      confirmed.add(form); // nothing to ask: sent, it comes back with what is wrong
      form.requestSubmit(submitter);
    } else {
      ask(form, submitter, sentence, told.parts);
    }
  }

  /* who typed into one form and presses the button of another is told that it is not sent along */
  const UNSENT = " What you typed in another form of this page is not saved, and does not count.";
  const unsent = (form) => (all("form[data-typed]:not([data-draft])").some((other) => other !== form) ? UNSENT : "");

  document.addEventListener("input", (event) => {
    if (event.target.form && event.target.form.method === "post") {
      event.target.form.dataset.typed = "true";
    }
  });

  function ask(form, submitter, sentence, parts = []) {
    const dialog = document.getElementById("confirm");
    const act = submitter.dataset.named;
    document.getElementById("confirm-h").textContent = `${act.charAt(0).toUpperCase()}${act.slice(1)}?`;
    document.getElementById("confirm-t").replaceChildren(...(parts.length ? parts : [asFilledIn(form, sentence)]), unsent(form));
    document.getElementById("confirm-act").textContent = act;
    const yes = find("[value=yes]", dialog);
    yes.className = submitter.classList.contains("btn-danger") ? "btn btn-danger" : "btn btn-primary";
    dialog.returnValue = "";
    /* the second click of a double one must not fall on the form beneath */
    yes.onclick = () => { form.inert = true; };
    dialog.addEventListener("close", () => {
      if (dialog.returnValue === "yes") {
        confirmed.add(form);
        form.requestSubmit(submitter);
        form.inert = Boolean(form.dataset.sent);
      } else {
        submitter.focus();
      }
    }, { once: true });
    dialog.showModal();
  }

  function holdTwice(event, form) {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "true";
    if (event.submitter) {
      event.submitter.setAttribute("aria-disabled", "true");
    }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") {
      return;
    }
    const refused = all("input[type=file][data-limit]", form).find(tooLarge);
    if (refused) {
      event.preventDefault();
      refused.focus();
      return;
    }
    const submitter = event.submitter;
    const sentence = submitter && submitter.dataset.confirm;
    /* what is missing is said first: the question is about what was filled in */
    const missing = all("[required]", form).some((field) => !field.checkValidity());
    if (sentence && !missing && !confirmed.has(form) && document.getElementById("confirm")) {
      event.preventDefault();
      (submitter.hasAttribute("data-foresee") ? askForeseen : ask)(form, submitter, sentence);
      return;
    }
    confirmed.delete(form);
    holdTwice(event, form);
  });

  /* coming back with the browser's own button: the form may be sent again */
  window.addEventListener("pageshow", () => {
    for (const form of all("form[data-sent]")) {
      delete form.dataset.sent;
      form.inert = false;
      all("[type=submit][aria-disabled=true]", form).forEach((button) => button.removeAttribute("aria-disabled"));
    }
  });

  /* a chosen file: its name and size, and before it is sent whether it is larger than its form takes */
  function sizeInWords(bytes) {
    const units = ["bytes", "kB", "MB", "GB"];
    let size = bytes;
    let step = 0;
    while (size >= 1000 && step < units.length - 1) {
      size /= 1000;
      step += 1;
    }
    return `${step ? size.toFixed(1) : size} ${units[step]}`;
  }

  const tooLarge = (input) => Array.from(input.files).some((file) => file.size > Number(input.dataset.limit));

  function tellFile(input) {
    const line = find(`[data-file-of="${CSS.escape(input.id)}"]`);
    const refused = tooLarge(input);
    const named = Array.from(input.files).map((file) => `${file.name}, ${sizeInWords(file.size)}`).join("; ");
    const limit = sizeInWords(Number(input.dataset.limit));
    line.textContent = refused ? `${named}: larger than the ${limit} this form takes. Choose a smaller file.` : named;
    line.classList.toggle("field-error", refused);
    input.setAttribute("aria-invalid", String(refused));
    input.classList.toggle("is-invalid", refused);
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches("input[type=file][data-limit]")) {
      tellFile(event.target);
    }
  });

  /* a choice that narrows another to what is of it, and one that sets another's currency */
  function narrow(chooser) {
    const other = chooser.form.elements[chooser.dataset.narrows];
    for (const option of other.options) {
      const fits = !option.dataset.of || !chooser.value || option.dataset.of === chooser.value;
      option.hidden = option.disabled = !fits;
    }
    return other;
  }

  document.addEventListener("change", (event) => {
    const chooser = event.target;
    if (chooser.matches("select[data-narrows]")) {
      const narrowed = narrow(chooser);
      if (narrowed.selectedOptions[0].disabled) {
        narrowed.selectedIndex = 0;
      }
    } else if (chooser.matches("select[data-sets]") && chooser.selectedOptions[0].dataset.currency) {
      chooser.form.elements[chooser.dataset.sets].value = chooser.selectedOptions[0].dataset.currency;
    }
  });

  /* how much of a long text may still be written */
  function countCharacters(area) {
    const line = find(`[data-count-of="${CSS.escape(area.id)}"]`);
    if (line) {
      const words = (number) => number.toLocaleString("en-US");
      line.textContent = `${words(area.value.length)} of ${words(area.maxLength)} characters`;
    }
  }

  document.addEventListener("input", (event) => {
    if (event.target.matches("textarea[maxlength]")) {
      countCharacters(event.target);
    }
  });

  showTheme();
  new MutationObserver(showTheme).observe(root, { attributeFilter: ["data-bs-theme"] });
  all("textarea[maxlength]").forEach(countCharacters);
  all("select[data-narrows]").forEach(narrow);
  if (menuButton) {
    menuButton.setAttribute("role", "button");
    setMenu(false);
  }
  const errors = find("[data-errors]");
  if (errors) {
    errors.focus();
  }
}());
