// What the page does: its language, its table, its cases, its tips and its proof. Without it English stands, every case
// is shown below the other, and nothing is hidden.
(() => {
  "use strict";
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (selector, within = document) => within.querySelector(selector);
  const words = JSON.parse(one("#words").textContent);
  root.classList.add("js");

  // Language: the address first (#lang=zh-Hant), then the last choice, then the browser's.
  const FORMS = { en: 0, "zh-Hant": 1, "zh-Hans": 2 };
  const texts = all("[data-h]").map((element) => [element, [element.textContent, element.dataset.h, element.dataset.s ?? element.dataset.h]]);
  const say = (key, values = {}) => words[key][FORMS[root.lang]].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const address = () => Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  const remember = (language) => { try { localStorage.setItem("waglan.language", language); } catch (error) { /* private window */ } };
  const remembered = () => { try { return localStorage.getItem("waglan.language"); } catch (error) { return null; } };
  const preferred = () => {
    const language = navigator.language || "en";
    return !/^zh/i.test(language) ? "en" : /hant|hk|tw|mo/i.test(language) ? "zh-Hant" : "zh-Hans";
  };
  const listeners = [];
  const speak = (language) => {
    root.lang = language;
    for (const [element, forms] of texts) element.textContent = forms[FORMS[language]];
    all("[data-language]").forEach((button) => button.setAttribute("aria-pressed", button.dataset.language === language));
    listeners.forEach((listener) => listener());
  };
  all("[data-language]").forEach((button) => button.addEventListener("click", () => {
    remember(button.dataset.language);
    speak(button.dataset.language);
  }));

  // Tips: an SVG mark's title is shown beside the pointer at once, and where there is no pointer by a touch.
  const tip = document.body.appendChild(document.createElement("div"));
  tip.className = "tip";
  tip.setAttribute("aria-hidden", "true");
  const tips = new Map();
  for (const title of all("svg title")) {
    const mark = title.parentElement;
    tips.set(mark, title);
    mark.setAttribute("aria-label", title.textContent);
    title.remove();
  }
  listeners.push(() => tips.forEach((title, mark) => mark.setAttribute("aria-label", title.textContent)));
  const show = (event) => {
    const mark = event.target.closest && event.target.closest("svg *");
    let title = null;
    for (let at = mark; at && !title; at = at.parentElement) title = tips.get(at);
    tip.classList.toggle("on", Boolean(title));
    if (!title) return;
    tip.textContent = title.textContent;
    const box = tip.getBoundingClientRect();
    const left = Math.min(event.clientX + 12, root.clientWidth - box.width - 8);
    const top = event.clientY - box.height - 10;
    tip.style.left = Math.max(8, left) + "px";
    tip.style.top = (top < 8 ? event.clientY + 18 : top) + "px";
  };
  document.addEventListener("pointermove", show);
  document.addEventListener("pointerdown", show);
  document.addEventListener("scroll", () => tip.classList.remove("on"), { passive: true, capture: true });

  // Cases: one is shown; the queue's lines and the list above it open another.
  const cases = all("[data-case-body]");
  const choice = one("#case-choice");
  const open = (id, scroll) => {
    if (!cases.some((body) => body.dataset.caseBody === id)) return;
    cases.forEach((body) => (body.hidden = body.dataset.caseBody !== id));
    all("tr[data-case]").forEach((row) => row.classList.toggle("chosen", row.dataset.case === id));
    if (choice) choice.value = id;
    if (scroll) one("#case").scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  };
  if (choice) choice.addEventListener("change", () => open(choice.value, false));
  all("tr[data-case]").forEach((row) => row.addEventListener("click", (event) => {
    if (event.target.closest("a")) event.preventDefault();
    open(row.dataset.case, true);
  }));

  // The queue: sort by a heading, keep one verb.
  const body = one("#queue-body");
  const rows = body ? all("tr", body) : [];
  const whole = /^-?\d+$/;
  const compare = (a, b) => {
    if (whole.test(a) && whole.test(b)) { const d = BigInt(a) - BigInt(b); return d < 0n ? -1 : d > 0n ? 1 : 0; }
    return a < b ? -1 : a > b ? 1 : 0;
  };
  all("button[data-column]").forEach((button) => button.addEventListener("click", () => {
    const heading = button.closest("th");
    const down = heading.getAttribute("aria-sort") !== "descending";
    all("th[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    const key = (row) => row.children[Number(button.dataset.column)].dataset.v;
    rows.sort((a, b) => (down ? -1 : 1) * compare(key(a), key(b)));
    body.append(...rows);
  }));
  all("button[data-verb]").forEach((button) => button.addEventListener("click", () => {
    all("button[data-verb]").forEach((other) => other.setAttribute("aria-pressed", other === button));
    rows.forEach((row) => (row.hidden = button.dataset.verb !== "" && row.dataset.verb !== button.dataset.verb));
  }));

  // Views: of panels that show the same in several ways one is shown; without this all stand below each other.
  all("[data-views]").forEach((set) => {
    const panels = all("[data-panel]", set);
    const buttons = all("button[data-view]", set);
    if (!buttons.length) return;
    set.classList.add("switched");
    const pick = (view) => {
      panels.forEach((panel) => (panel.hidden = panel.dataset.panel !== view));
      buttons.forEach((button) => button.setAttribute("aria-pressed", button.dataset.view === view));
    };
    buttons.forEach((button) => button.addEventListener("click", () => pick(button.dataset.view)));
    pick(panels[0].dataset.panel);
  });

  // The proof: the page's bytes, which any click may flip, and the steps over them.
  const fields = all("[data-bytes]");
  const original = Object.fromEntries(fields.map((field) => [field.dataset.bytes, WaglanProof.fromHex(field.textContent.replace(/\s/g, ""))]));
  let bytes = {};
  const subtle = globalThis.crypto && globalThis.crypto.subtle;
  const crypto = subtle ? WaglanProof.browser(subtle) : WaglanProof.own;
  const paint = (field) => {
    const name = field.dataset.bytes;
    field.replaceChildren(...Array.from(bytes[name], (byte, i) => {
      const cell = document.createElement("i");
      cell.textContent = byte.toString(16).padStart(2, "0");
      cell.className = byte === original[name][i] ? "" : "flipped";
      return cell;
    }));
  };
  const short = (value) => { const hex = WaglanProof.toHex(value); return hex.slice(0, 12) + "…" + hex.slice(-6); };
  const line = (step, holds, lines) => {
    const element = one(`[data-step="${step}"]`);
    element.classList.toggle("good", holds);
    element.classList.toggle("bad", !holds);
    one(".work", element).replaceChildren(...lines.map((text) => {
      const row = document.createElement("div");
      row.textContent = text;
      return row;
    }));
  };
  const digits = Number((one("#proof-head") || { dataset: {} }).dataset.digits ?? 6);
  const number = (micro) => (micro < 0n ? "−" : "") + (micro < 0n ? -micro : micro).toString().padStart(digits + 1, "0").replace(new RegExp(`(\\d{${digits}})$`), ".$1");
  let latest = 0;
  const check = async () => {
    const turn = ++latest;
    const head = one("#proof-head");
    const path = Array.from({ length: bytes.path.length / 32 }, (_, i) => bytes.path.subarray(32 * i, 32 * i + 32));
    const given = { ...bytes, path, index: head.dataset.index, size: head.dataset.size };
    const answer = await WaglanProof.check(crypto, given);
    if (turn !== latest) return;
    const { seen, steps, holds } = answer;
    line("parts", holds.parts, seen === null ? [say("js.unreadable")] : [
      `${seen.id} · ${seen.verbs.join(" ")}`,
      seen.sum === null ? number(seen.score) : `Σ ${seen.terms} = ${number(seen.sum)} ${holds.parts ? "=" : "≠"} ${number(seen.score)}`,
    ]);
    line("commitment", holds.commitment, [`HMAC(salt, record) = ${short(answer.commitment)}`, `${holds.commitment ? "=" : "≠"} ${short(answer.stated)}`]);
    line("leaf", holds.leaf, [`SHA-256(00 ‖ entry) = ${short(answer.leaf)}`]);
    line("path", holds.path, [say("js.hash"), ...(steps || []).map((step, i) => {
      const sibling = WaglanProof.toHex(step.sibling).slice(0, 8);
      const pair = step.side === "left" ? `${sibling} ‖ ·       ` : `· ‖ ${sibling}       `;
      return `${String(i + 1).padStart(2, "0")}  ${pair.slice(0, 12)} → ${short(step.hash)}`;
    })]);
    line("root", holds.root, [answer.root === null ? "–" : `${short(answer.root)} ${holds.root ? "=" : "≠"} ${short(given.root)}`]);
    const verdict = one("#proof-verdict");
    verdict.className = "verdict " + (answer.proved ? "good" : "bad");
    const failing = Object.keys(holds).find((step) => !holds[step]);
    const step = failing && one(`[data-step="${failing}"] .claim`).textContent;
    one("#proof-answer").textContent = answer.proved ? say("js.proved") : say("js.failed", { step });
    one("#proof-by").textContent = say(crypto.name === "browser" ? "js.by_browser" : "js.by_page");
  };
  const restore = () => {
    bytes = Object.fromEntries(Object.entries(original).map(([name, value]) => [name, value.slice()]));
    fields.forEach(paint);
  };
  const flip = (name, at) => {
    bytes[name][at] ^= 1;
    paint(fields.find((field) => field.dataset.bytes === name));
    check();
  };
  if (fields.length) {
    restore();
    fields.forEach((field) => field.addEventListener("click", (event) => {
      if (event.target.tagName === "I") flip(field.dataset.bytes, [...field.children].indexOf(event.target));
    }));
    all("button[data-flip]").forEach((button) => button.addEventListener("click", () => {
      const name = button.dataset.flip;
      flip(name, Math.floor(bytes[name].length * 0.382));
    }));
    one("#proof-restore").addEventListener("click", () => { restore(); check(); });
    listeners.push(check);
  }

  const arrive = (first) => {
    const { lang, case: id } = address();
    if (first || lang in FORMS) speak([lang, remembered(), preferred()].find((language) => language in FORMS));
    if (id) open(id, true);
    else if (first && cases.length) open(cases[0].dataset.caseBody, false);
  };
  addEventListener("hashchange", () => arrive(false));
  arrive(true);
})();
