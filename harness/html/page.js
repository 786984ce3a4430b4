// The page: what the address says is what is shown, so that every view has a link and the way back works.

const index = JSON.parse(document.getElementById("index").textContent);
const cases = index.cases.map(([id, key, place, result, baseline, model, role, said], at) => ({
  at, id, key, place, result, baseline, model, role, searched: `${id}\n${said}`.toLowerCase(),
}));
const byKey = new Map(cases.map((one) => [one.key, one]));
const chunks = document.querySelectorAll("script.chunk");
const unpacked = new Map();
const GROUPS = ["result", "baseline", "model", "role"];
const form = document.getElementById("filter");
const find = document.getElementById("find");
const dialog = document.getElementById("case");
const title = document.getElementById("case-title");
const body = document.getElementById("case-body");
const boxes = [...form.querySelectorAll("input[type=checkbox]")];
const heads = [...document.querySelectorAll("#table:not(.single) thead th")];
const rows = [...document.querySelectorAll("#table tbody tr")].map((line) => ({
  line,
  scenario: line.cells[0].textContent.toLowerCase(),
  links: [...line.querySelectorAll("a[data-at]")].map((link) => ({ link, one: cases[link.dataset.at] })),
}));
let opener = null;
let drawn = "";

function unescaped(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function state() {
  const found = new Map();
  for (const part of location.hash.slice(1).split("&")) {
    const at = part.indexOf("=");
    if (at > 0) found.set(part.slice(0, at), part.slice(at + 1));
  }
  return found;
}

function chosen(found) {
  return Object.fromEntries(GROUPS.map((name) => [name, (found.get(name) || "").split(",").filter(Boolean).map(unescaped)]));
}

function address(changes) {
  const found = state();
  for (const [name, value] of Object.entries(changes)) {
    if (value) found.set(name, value);
    else found.delete(name);
  }
  return `#${[...found].map(([name, value]) => `${name}=${value}`).join("&")}`;
}

function visit(changes, how) {
  history[how]({ opened: how === "pushState" }, "", address(changes));
  show();
}

// --- choosing

function fits(one, wanted, text) {
  return (
    (!text || one.searched.includes(text)) &&
    GROUPS.every((name) => !wanted[name].length || wanted[name].some((value) => [one[name]].flat().includes(value)))
  );
}

function choose() {
  const found = state();
  const wanted = chosen(found);
  const typed = unescaped(found.get("q") || "");
  const text = typed.trim().toLowerCase();
  if (find.value.trim() !== typed.trim()) find.value = typed;
  for (const box of boxes) box.checked = wanted[box.name].includes(box.value);
  const any = Boolean(text) || GROUPS.some((name) => wanted[name].length);
  let number = 0;
  const columns = new Set([0]);
  for (const { line, scenario, links } of rows) {
    let here = 0;
    for (const { link, one } of links) {
      const fit = fits(one, wanted, text);
      if (fit) {
        here += 1;
        columns.add(link.closest("td, th").cellIndex);
      }
      link.classList.toggle("off", !fit);
    }
    const named = !links.length && (!any || (text && scenario.includes(text) && GROUPS.every((name) => !wanted[name].length)));
    line.hidden = any && !here && !named;
    number += here;
  }
  if (heads.length) {
    const narrowed = any && number > 0 && (wanted.model.length || wanted.role.length);
    heads.forEach((head, at) => {
      const hide = Boolean(narrowed) && !columns.has(at);
      if (head.hidden === hide) return;
      head.hidden = hide;
      for (const { line } of rows) line.cells[at].hidden = hide;
    });
  }
  document.getElementById("shown").textContent =
    number === cases.length ? `All ${numbered(number, "case")}` : `${number.toLocaleString("en")} of ${numbered(cases.length, "case")}`;
  document.getElementById("all").hidden = !any;
  document.getElementById("nothing").hidden = number > 0;
}

function narrow() {
  const changes = { q: encodeURIComponent(find.value.trim().toWellFormed ? find.value.trim().toWellFormed() : find.value.trim()) };
  for (const name of GROUPS) {
    const values = boxes.filter((box) => box.name === name && box.checked).map((box) => encodeURIComponent(box.value));
    changes[name] = values.join(",");
  }
  visit(changes, "replaceState");
}

function clear() {
  visit({ q: "", ...Object.fromEntries(GROUPS.map((name) => [name, ""])) }, "replaceState");
  find.focus();
}

// --- opening

async function read(one) {
  if (!one.place) return null;
  const [chunk, at] = one.place;
  if (!unpacked.has(chunk)) {
    const packed = Uint8Array.from(atob(JSON.parse(chunks[chunk].textContent)), (sign) => sign.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    unpacked.set(chunk, new Response(stream).json());
  }
  return (await unpacked.get(chunk))[at];
}

function name(one) {
  return one.id.replace("@", " @ ");
}

function chooser(one, found, beside) {
  const scenario = one.id.split("@")[0];
  const options = cases.filter((other) => other !== one && other.id.split("@")[0] === scenario);
  if (!found.before && !options.length) return null;
  const select = el("select", { id: "beside" }, el("option", { value: "" }, "nothing"));
  if (found.before) select.append(el("option", { value: "before" }, words(`what it was in ${index.baseline}`)));
  for (const other of options) select.append(el("option", { value: other.key }, words(other.id.slice(scenario.length + 1)).map((node) => node.textContent || node).join("")));
  select.value = beside;
  select.addEventListener("change", () => visit({ with: select.value }, "replaceState"));
  return el("p", { class: "choose" }, el("label", { for: "beside" }, "Side by side with"), " ", select);
}

function changed(found) {
  if (!found.changes || !found.changes.length) return null;
  return el(
    "details",
    { open: found.changes.length <= 12 },
    el("summary", {}, `${numbered(found.changes.length, "change")} since ${index.baseline}`),
    el("ul", { class: "changes" }, found.changes.map((one) => el("li", { class: one.sign }, el("bdi", {}, words(one.text))))),
  );
}

async function draw(one, beside) {
  const found = await read(one);
  if (found === null) return [el("p", {}, "Its trace is not in this page.")];
  const other = beside && beside !== "before" ? byKey.get(beside) : null;
  const top = [
    el("p", { class: "counts" }, counted(found.now)),
    judged(found),
    changed(found),
    chooser(one, found, other || (beside && found.before) ? beside : ""),
  ];
  if (beside === "before" && found.before) {
    return [...top, besides(found.before, found.now, [index.baseline, "now"], found)];
  }
  const against = other ? await read(other) : null;
  if (against) return [...top, besides(found.now, against.now, [one.id, other.id], {})];
  return [...top, timeline(found.now)];
}

async function open(one, beside) {
  const view = `${one.key} ${beside}`;
  if (dialog.open && view === drawn) return;
  const same = dialog.open && drawn.split(" ")[0] === one.key;
  drawn = view;
  const parts = await draw(one, beside);
  if (view !== drawn) return;
  title.replaceChildren(el("bdi", {}, words(name(one))));
  body.replaceChildren(...parts.filter(Boolean));
  if (!dialog.open) {
    opener = opener || document.activeElement;
    dialog.showModal();
  }
  if (same && document.getElementById("beside")) document.getElementById("beside").focus({ preventScroll: true });
  else {
    dialog.scrollTop = 0;
    title.focus({ preventScroll: true });
  }
}

function close() {
  if (history.state && history.state.opened) history.back();
  else visit({ case: "", with: "" }, "replaceState");
}

function show() {
  choose();
  const found = state();
  const one = byKey.get(found.get("case"));
  if (one) {
    open(one, found.get("with") || "");
    return;
  }
  drawn = "";
  if (dialog.open) {
    dialog.close();
    body.replaceChildren();
    if (opener && opener.isConnected) opener.focus();
  }
  opener = null;
}

// --- what people do

let waiting = 0;
find.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(narrow, 80);
});
form.addEventListener("submit", (event) => event.preventDefault());
for (const box of boxes) box.addEventListener("change", narrow);
for (const button of [document.getElementById("all"), document.querySelector("#nothing button")]) button.addEventListener("click", clear);
document.getElementById("close").addEventListener("click", close);
dialog.addEventListener("cancel", (event) => {
  event.preventDefault();
  close();
});
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) close();
});
document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button) return;
  const link = event.target.closest("a[data-at]");
  if (!link) return;
  event.preventDefault();
  opener = link;
  visit({ case: cases[link.dataset.at].key, with: link.dataset.with || "" }, "pushState");
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox]), select, textarea");
  if (event.key !== "/" || typing || dialog.open || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  find.focus();
  find.select();
});
addEventListener("popstate", show);
form.hidden = false;
document.getElementById("unscripted").hidden = true;
show();
performance.mark("usable");
