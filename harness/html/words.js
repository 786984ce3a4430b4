"use strict";
// Elements and texts: whatever a model wrote becomes text, and signs that nobody sees are written out.

const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;
const KEPT = new Set(["\n", "\t", "\u200c", "\u200d"]);
const MOST_MARKS = 2000;
const LONG = 4000;

function el(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

function code(sign) {
  return `U+${sign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}

// Text as nodes: a mark for each sign that nobody sees, or, of very many, their names in the text itself.
function words(text) {
  const found = [...text.matchAll(HIDDEN)].filter((one) => !KEPT.has(one[0]));
  if (found.length > MOST_MARKS) {
    return [text.replace(HIDDEN, (sign) => (KEPT.has(sign) ? sign : `[${code(sign)}]`))];
  }
  const nodes = [];
  let start = 0;
  for (const one of found) {
    if (one.index > start) nodes.push(text.slice(start, one.index));
    nodes.push(el("span", { class: "sign" }, code(one[0])));
    start = one.index + one[0].length;
  }
  if (start < text.length) nodes.push(text.slice(start));
  return nodes;
}

function size(text) {
  if (text.length < 1000) return `${text.length} characters`;
  if (text.length < 1e6) return `${(text.length / 1000).toFixed(1)} kB`;
  return `${(text.length / 1e6).toFixed(1)} MB`;
}

// Where two texts part: how much they share at their beginning and at their end.
function parting(one, other) {
  const most = Math.min(one.length, other.length);
  let start = 0;
  while (start < most && one[start] === other[start]) start += 1;
  let end = 0;
  while (end < most - start && one[one.length - 1 - end] === other[other.length - 1 - end]) end += 1;
  return { start, end };
}

// A text by itself: isolated, cut where it is very long, and marked where it parts from the one beside it.
function prose(text, beside) {
  const block = el("pre", { class: "text", dir: "auto" });
  const differs = typeof beside === "string" && beside !== text;
  const fill = (shown) => {
    if (!differs) return block.replaceChildren(...words(shown));
    const { start, end } = parting(text, beside);
    const until = Math.min(shown.length, text.length - end);
    const from = Math.min(start, shown.length);
    const marked = until > from ? el("mark", {}, words(shown.slice(from, until))) : null;
    block.replaceChildren(...[...words(shown.slice(0, from)), marked, ...words(shown.slice(until))].filter(Boolean));
  };
  if (text === "") return el("p", { class: "faint" }, "(empty)");
  if (text.length <= LONG) {
    fill(text);
    return block;
  }
  const whole = el("button", { type: "button", class: "whole" }, `Show all (${size(text)})`);
  fill(text.slice(0, LONG / 2));
  whole.addEventListener("click", () => {
    fill(text);
    block.tabIndex = -1;
    whole.remove();
    block.focus();
  });
  return el("div", { class: "cut" }, block, whole);
}

// JSON with line breaks; only blanks are added, so that every number stays as it was written.
function indented(json) {
  if (json.length < 60 || json.length > 200000) return json;
  const tokens = json.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) || [];
  let depth = 0;
  let shown = "";
  tokens.forEach((token, at) => {
    const line = () => `\n${"  ".repeat(depth)}`;
    if (token === "{" || token === "[") {
      const empty = tokens[at + 1] === (token === "{" ? "}" : "]");
      if (!empty) depth += 1;
      shown += token + (empty ? "" : line());
    } else if (token === "}" || token === "]") {
      const empty = tokens[at - 1] === "{" || tokens[at - 1] === "[";
      if (!empty) depth = Math.max(0, depth - 1);
      shown += (empty ? "" : line()) + token;
    } else if (token === ",") shown += `,${line()}`;
    else shown += token === ":" ? ": " : token;
  });
  return shown;
}

function numbered(number, word) {
  return `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;
}
