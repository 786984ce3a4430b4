"use strict";
(() => {
  const LONGEST = 4000;
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const index = read("index");
  const cases = index.cases;
  const places = new Map(cases.map((one, at) => [one.id, at]));
  const $ = (what, where = document) => where.querySelector(what);
  const number = new Intl.NumberFormat("en");
  const plural = (count, word) => `${number.format(count)} ${word}${count === 1 ? "" : "s"}`;

  /* What is built: elements and texts, never markup. */
  function make(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name === "onclick") made.addEventListener("click", value);
      else made.setAttribute(name, value === true ? "" : value);
    }
    made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
    return made;
  }

  /* Signs that cannot be seen, or that change how others are seen: controls, marks of direction, half characters. */
  const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
  function signs(text) {
    const parts = [];
    let start = 0;
    for (const found of text.matchAll(HIDDEN)) {
      parts.push(text.slice(start, found.index));
      const name = `U+${found[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
      parts.push(make("span", { class: "sign-shown" }, name));
      start = found.index + found[0].length;
    }
    parts.push(text.slice(start));
    return parts;
  }

  function words(text, tag = "p", attributes = {}) {
    const box = make(tag, { class: "text", dir: "auto", ...attributes });
    if (text.length <= LONGEST) {
      box.append(...signs(text));
      return box;
    }
    let end = LONGEST / 2;
    if (/[\ud800-\udbff]/.test(text[end - 1])) end -= 1;
    box.append(...signs(text.slice(0, end)), "…");
    const button = make("button", { type: "button", class: "whole" }, `Show all ${number.format(text.length)} characters`);
    button.addEventListener("click", () => {
      box.replaceChildren(...signs(text));
      box.setAttribute("tabindex", "-1");
      box.focus();
      button.remove();
    });
    return make("div", {}, box, button);
  }
  const mono = (text) => words(text, "pre", { tabindex: "0" });
  const inline = (text) => make("bdi", {}, ...signs(text));

  /* Traces lie compressed, several together; each bundle is read when one of its cases is opened. */
  let bundles = null;
  const opened = new Map();
  async function bundle(at) {
    if (!opened.has(at)) {
      bundles = bundles || read("traces");
      const bytes = Uint8Array.from(atob(bundles[at]), (sign) => sign.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
      opened.set(at, JSON.parse(await new Response(stream).text()));
    }
    return opened.get(at);
  }
  async function told(at) {
    return (await bundle(Math.floor(at / index.together)))[at % index.together];
  }

  /* What is asked for stands behind the `#`, so that it can be linked and gone back to. */
  const asked = () => new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
  const hash = (words_) => `#${words_.toString().replaceAll("%2F", "/").replaceAll("%40", "@").replaceAll("%7E", "~")}`;
  function go(changes, { replace = false } = {}) {
    const wanted = asked();
    for (const [name, value] of Object.entries(changes)) {
      wanted.delete(name);
      for (const one of [value].flat()) if (one) wanted.append(name, one);
    }
    const where = wanted.size ? hash(wanted) : "#cases=";
    if (replace) history.replaceState(null, "", where);
    else history.pushState(null, "", where);
    follow();
  }

  /* The matrix and its filters. */
  const form = $(".filters");
  const rows = [...document.querySelectorAll(".matrix tbody tr")].map((row) => ({
    row,
    cells: [...row.querySelectorAll("td[data-at]")].map((cell) => ({ cell, at: cell.dataset.at.split(" ").map(Number) })),
  }));
  const fits = (one, wanted) =>
    (!wanted.show.length || wanted.show.some((key) => one.keys.includes(key))) &&
    (!wanted.model || index.columns[one.column].model === wanted.model) &&
    (!wanted.role || index.columns[one.column].role === wanted.role) &&
    wanted.q.every((word) => one.text.includes(word));
  let visible = cases.map((_, at) => at);
  let before = null;
  function filter() {
    const from = asked();
    const key = JSON.stringify([from.get("q"), from.getAll("show"), from.get("model"), from.get("role")]);
    if (key === before) return;
    before = key;
    const wanted = {
      q: (from.get("q") || "").toLowerCase().split(/\s+/).filter(Boolean),
      show: from.getAll("show"), model: from.get("model"), role: from.get("role"),
    };
    if (form.q.value !== (from.get("q") || "")) form.q.value = from.get("q") || "";
    for (const box of form.querySelectorAll("[name=show]")) box.checked = wanted.show.includes(box.value);
    for (const name of ["model", "role"]) if (form[name]) form[name].value = wanted[name] || "";
    const all = !wanted.q.length && !wanted.show.length && !wanted.model && !wanted.role;
    visible = [];
    let shown = 0;
    for (const { row, cells } of rows) {
      let any = false;
      for (const { cell, at } of cells) {
        const here = all ? at : at.filter((one) => fits(cases[one], wanted));
        visible.push(...here);
        if (here.length) any = true;
        cell.classList.toggle("out", !here.length);
      }
      row.hidden = !any;
      if (any) shown += 1;
    }
    $(".shown").textContent = all
      ? `${plural(cases.length, "case")}, ${plural(rows.length, "scenario")}`
      : `${number.format(visible.length)} of ${plural(cases.length, "case")}, in ${plural(shown, "scenario")}`;
    $(".nothing").hidden = shown > 0;
    $(".matrix").hidden = shown === 0;
  }
  let waiting = 0;
  function typed() {
    const show = [...form.querySelectorAll("[name=show]:checked")].map((box) => box.value);
    go({ q: form.q.value.trim(), show, model: form.model?.value, role: form.role?.value }, { replace: true });
  }
  const clear = () => go({ q: "", show: [], model: "", role: "" }, { replace: true });

  /* One case as a timeline. */
  const fate = (call) => (call.decision === "none" || call.decision === call.outcome ? call.outcome : `${call.decision}, ${call.outcome}`);
  const FATES = { executed: "good", denied: "odd", pending: "odd" };
  function called(call, remarks) {
    const mood = FATES[call.outcome] || "bad";
    const short = call.raw_arguments.length <= 90 || !call.arguments;
    const pretty = short ? call.raw_arguments : JSON.stringify(call.arguments, null, 2);
    return make("div", { class: `call ${mood === "good" ? "" : mood}` },
      make("p", {}, make("strong", { class: "mono" }, ...signs(call.name)), " ", make("span", { class: `badge ${mood}` }, fate(call))),
      pretty && pretty !== "{}" ? mono(pretty) : null,
      call.result === null ? null : make("div", { class: "result" }, mono(call.result || "(empty)")),
      ...remarks.map((text) => make("p", { class: "tag" }, "⚠ ", inline(text))));
  }
  function round(one, at, remarks) {
    const usage = one.usage ? `${number.format(one.usage.prompt_tokens)} + ${number.format(one.usage.completion_tokens)} tokens` : null;
    const head = [`Round ${at + 1}`, one.kind === "notice" ? "words the request" : null, usage, one.finish_reason].filter(Boolean).join(" · ");
    const of = (call) => remarks.filter((odd) => odd.call === call).map((odd) => odd.detail);
    return make("div", { class: "round" }, make("h4", {}, ...signs(head)),
      one.text ? words(one.text) : one.kind === "notice" ? make("p", { class: "none" }, "no text; the loop’s own sentence stands in") : null,
      ...one.calls.map((call, place) => called(call, of(place + 1))),
      ...of(null).map((text) => make("p", { class: "tag" }, "⚠ ", inline(text))));
  }
  function checkpoint(one) {
    const names = one.pending.map((call) => call.name).join(", ");
    return make("div", { class: "checkpoint" }, make("h4", {}, "Checkpoint"),
      make("p", { class: "text" }, inline(names), " ", make("span", { class: `badge ${one.answer === "confirmed" ? "good" : "odd"}` }, one.answer || "not answered")));
  }
  function ends(turn) {
    const files = Object.entries(turn.workspace || {});
    return make("div", { class: `ends ${turn.response === null ? "none" : ""}` },
      make("h4", {}, turn.response === null ? `No response (${turn.stop})` : `Response (${turn.stop})`),
      turn.response === null ? null : words(turn.response),
      ...files.map(([path, text]) => make("div", {}, make("h4", {}, text === null ? "File is gone: " : "File: ", inline(path)), text === null ? null : mono(text))),
      turn.state === undefined ? null : make("div", {}, make("h4", {}, "State"), mono(JSON.stringify(turn.state, null, 2))));
  }
  const behind = (turn, at) => turn.checkpoints.filter((one) => {
    const notice = turn.rounds[one.round] && turn.rounds[one.round].kind === "notice";
    return at === one.round - 1 + (notice ? 1 : 0);
  });
  const user = (turn) => make("div", { class: "said" }, make("h4", {}, "User"), words(turn.user));
  function steps(trace, number_) {
    const turn = trace.turns[number_];
    const odd = (at) => trace.anomalies.filter((one) => one.turn === number_ + 1 && one.round === at + 1);
    return turn.rounds.map((one, at) => [round(one, at, odd(at)), ...behind(turn, at).map(checkpoint)]);
  }
  function timeline(trace) {
    return trace.turns.map((turn, at) => make("section", { class: "turn" },
      make("h3", {}, `Turn ${at + 1}`), user(turn), ...steps(trace, at).flat(), ends(turn)));
  }

  /* Two traces side by side: turns by their place, rounds so that as little as possible differs. */
  const plainCall = ({ id, ...rest }) => rest;
  const content = (one) => JSON.stringify([one.kind, one.text, one.finish_reason, one.calls.map(plainCall)]);
  const names = (one) => one.calls.map((call) => call.name);
  function apart(one, other) {
    if (content(one) === content(other)) return 0;
    if (one.kind !== other.kind) return 3;
    const there = names(other);
    const left = names(one).filter((name) => { const at = there.indexOf(name); if (at >= 0) there.splice(at, 1); return at < 0; });
    const unlike = left.length + there.length;
    const same = JSON.stringify(one.calls.map(plainCall)) === JSON.stringify(other.calls.map(plainCall));
    return (same ? 0.2 : 0.5) + (2 * unlike) / Math.max(1, names(one).length + names(other).length);
  }
  function aligned(was, now) {
    const cost = [...Array(was.length + 1)].map(() => Array(now.length + 1).fill(0));
    for (let i = was.length; i >= 0; i -= 1) for (let j = now.length; j >= 0; j -= 1) {
      if (i === was.length || j === now.length) cost[i][j] = was.length - i + now.length - j;
      else cost[i][j] = Math.min(cost[i + 1][j + 1] + apart(was[i], now[j]), 1 + cost[i + 1][j], 1 + cost[i][j + 1]);
    }
    const pairs = [];
    for (let i = 0, j = 0; i < was.length || j < now.length;) {
      if (i < was.length && j < now.length && cost[i][j] === cost[i + 1][j + 1] + apart(was[i], now[j])) pairs.push([i++, j++]);
      else if (i < was.length && cost[i][j] === 1 + cost[i + 1][j]) pairs.push([i++, null]);
      else pairs.push([null, j++]);
    }
    return pairs;
  }
  const absent = (text) => make("div", { class: "absent" }, text);
  function beside(was, now, titles) {
    const box = make("div", {}, make("div", { class: "pair" }, ...titles.map((title) => make("p", { class: "head" }, ...signs(title)))));
    let first = null;
    const both = (grid, one, other, differs) => {
      const sides = [make("div", {}, ...[one].flat()), make("div", {}, ...[other].flat())];
      if (differs) {
        for (const side of sides) for (const part of side.children) part.classList.add("differs");
        if (!first) {
          first = sides[1];
          first.setAttribute("tabindex", "-1");
          for (const side of sides) side.classList.add("first");
          sides[1].prepend(make("p", { class: "tag" }, "first difference"));
        } else sides[1].prepend(make("p", { class: "tag" }, "differs"));
      }
      grid.append(...sides);
    };
    for (let at = 0; at < Math.max(was.turns.length, now.turns.length); at += 1) {
      const one = was.turns[at], other = now.turns[at];
      const grid = make("section", { class: "turn pair" }, make("h3", {}, `Turn ${at + 1}`));
      box.append(grid);
      both(grid, one ? user(one) : absent("no such turn"), other ? user(other) : absent("no such turn"), one?.user !== other?.user);
      const [left, right] = [one ? steps(was, at) : [], other ? steps(now, at) : []];
      const pauses = (turn, place) => JSON.stringify(behind(turn, place));
      for (const [i, j] of aligned(one?.rounds || [], other?.rounds || [])) {
        const differs = i === null || j === null || content(one.rounds[i]) !== content(other.rounds[j]) || pauses(one, i) !== pauses(other, j);
        both(grid, i === null ? absent("no such round") : left[i], j === null ? absent("no such round") : right[j], differs);
      }
      const last = (turn) => turn && JSON.stringify([turn.response, turn.stop, turn.workspace, turn.state]);
      both(grid, one ? ends(one) : absent("no such turn"), other ? ends(other) : absent("no such turn"), last(one) !== last(other));
    }
    return { box, first };
  }

  const dialog = $("#case");
  const body = $(".body", dialog);
  let shownNow = null;
  let cameFrom = null;
  const list = (title, mood, lines) => lines.length
    ? make("section", { class: `notes ${mood}` }, make("h3", {}, title), ...lines.map((text) => make("p", { class: "text", dir: "auto" }, ...signs(text)))) : null;
  async function open(at, other) {
    const key = JSON.stringify([at, other]);
    if (shownNow === key) return;
    shownNow = key;
    const one = await told(at);
    const near = cases.map((_, place) => place).filter((place) => place !== at && cases[place].scenario === cases[at].scenario);
    const against = other === "baseline" ? one.before : places.has(other) ? (await told(places.get(other))).trace : null;
    if (shownNow !== key) return;
    $("#case-title").replaceChildren(...signs(cases[at].id));
    const { counts, usage, stop, error } = one.trace;
    const choose = make("select", { "aria-label": "Compare with" }, make("option", { value: "" }, "nothing"),
      one.before ? make("option", { value: "baseline" }, `as it was (${index.baseline})`) : null,
      ...near.map((place) => make("option", { value: cases[place].id }, cases[place].id)));
    choose.value = against ? other : "";
    choose.addEventListener("change", () => go({ with: choose.value }, { replace: true }));
    const parts = [
      make("ul", { class: "facts" },
        make("li", {}, make("span", { class: `badge ${cases[at].mood}` }, cases[at].word)),
        cases[at].state ? make("li", {}, make("span", { class: "badge odd" }, cases[at].state)) : null,
        ...["turn", "round", "call", "checkpoint"].map((word) => make("li", {}, plural(counts[`${word}s`], word))),
        make("li", {}, `${number.format(usage.prompt_tokens)} + ${number.format(usage.completion_tokens)} tokens`),
        make("li", {}, `ended: ${stop}`), make("li", { class: "mono" }, ...signs(one.place))),
      list("Not as expected", "bad", one.remarks),
      error && !one.remarks.length ? list("Error", "bad", [error.message]) : null,
      list("Odd", "odd", one.notes),
      list(one.difference || "Differs", cases[at].keys.includes("regressed") ? "bad" : "odd", one.changes),
      one.advice ? list("Next", "", [one.advice]) : null,
      near.length || one.before ? make("p", { class: "beside" }, make("span", {}, "Compare with"), choose) : null,
    ];
    if (against) {
      const came = beside(against, one.trace, [other === "baseline" ? `as it was: ${index.baseline}` : other, cases[at].id]);
      const jump = came.first ? make("button", { type: "button" }, "To the first difference") : make("span", {}, "Nothing differs but ids and tokens.");
      if (came.first) jump.addEventListener("click", () => { came.first.scrollIntoView({ block: "center" }); came.first.focus({ preventScroll: true }); });
      parts.push(make("p", {}, jump), came.box);
    } else parts.push(...timeline(one.trace));
    body.replaceChildren(...parts.filter(Boolean));
    const order = visible.indexOf(at);
    $(".previous", dialog).disabled = order <= 0;
    $(".next", dialog).disabled = order < 0 || order >= visible.length - 1;
    if (!dialog.open) {
      cameFrom = document.activeElement;
      dialog.showModal();
      document.body.classList.add("opened");
    }
    dialog.scrollTop = 0;
    if (!other) $("#case-title").focus({ preventScroll: true });
  }
  function shut() {
    shownNow = null;
    if (!dialog.open) return;
    dialog.close();
    document.body.classList.remove("opened");
    body.replaceChildren();
    if (cameFrom && cameFrom.isConnected) cameFrom.focus({ preventScroll: true });
  }
  function step(by) {
    const at = visible.indexOf(places.get(asked().get("case"))) + by;
    if (at >= 0 && at < visible.length) go({ case: cases[visible[at]].id, with: "" }, { replace: true });
  }
  function follow() {
    filter();
    const wanted = asked();
    const at = places.get(wanted.get("case"));
    if (at === undefined) shut();
    else open(at, wanted.get("with"));
  }

  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(typed, cases.length > 1000 ? 120 : 0); });
  form.addEventListener("reset", (event) => { event.preventDefault(); clear(); });
  $(".clear").addEventListener("click", () => { clear(); form.q.focus(); });
  $(".close", dialog).addEventListener("click", () => go({ case: "", with: "" }));
  $(".previous", dialog).addEventListener("click", () => step(-1));
  $(".next", dialog).addEventListener("click", () => step(1));
  dialog.addEventListener("cancel", (event) => { event.preventDefault(); go({ case: "", with: "" }); });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    if (!link || !link.getAttribute("href").includes("=") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const wanted = new URLSearchParams(link.getAttribute("href").slice(1));
    if (wanted.has("case")) go({ case: wanted.get("case"), with: wanted.get("with") });
    else { go({ show: wanted.getAll("show"), q: "", model: "", role: "" }); $("#cases").scrollIntoView(); $("#cases").focus({ preventScroll: true }); }
  });
  document.addEventListener("keydown", (event) => {
    const writing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && event.target.type !== "checkbox";
    if (event.ctrlKey || event.metaKey || event.altKey || writing) return;
    if (event.key === "/" && !dialog.open) { event.preventDefault(); form.q.focus(); }
    else if (dialog.open && event.key === "j") step(1);
    else if (dialog.open && event.key === "k") step(-1);
  });
  window.addEventListener("popstate", follow);
  window.addEventListener("hashchange", follow);
  for (const { row, cells } of rows) for (const { cell, at } of cells) cell.dataset.column = index.columns[cases[at[0]].column].short;
  follow();
  document.documentElement.dataset.ready = "yes";
})();
