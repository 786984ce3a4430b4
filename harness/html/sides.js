// Two cases side by side: what belongs together stands in one row, and every row says whether it differs.

function shape(value) {
  if (Array.isArray(value)) return value.map(shape);
  if (value === null || typeof value !== "object") return value;
  return Object.keys(value).sort().map((key) => [key, shape(value[key])]);
}

function sameArguments(one, other) {
  if (one.raw_arguments === other.raw_arguments) return true;
  if (one.arguments === null || other.arguments === null) return false;
  return JSON.stringify(shape(one.arguments)) === JSON.stringify(shape(other.arguments));
}

function sameCall(one, other) {
  const alike = ["name", "decision", "outcome", "result"].every((field) => one[field] === other[field]);
  return alike && sameArguments(one, other);
}

// Rounds of two cases that nobody aligned: in order, those with the most tools in common.
function pairedRounds(before, now) {
  const alike = (one, other) => {
    if (one.kind !== other.kind) return -1;
    const names = one.calls.map((call) => call.name);
    const common = other.calls.filter((call) => names.includes(call.name)).length;
    return 1 + common * 2 - Math.abs(one.calls.length - other.calls.length);
  };
  const best = Array.from({ length: before.length + 1 }, () => new Array(now.length + 1).fill(0));
  for (let was = before.length - 1; was >= 0; was -= 1) {
    for (let to = now.length - 1; to >= 0; to -= 1) {
      const pair = alike(before[was], now[to]) + best[was + 1][to + 1];
      best[was][to] = Math.max(pair, best[was + 1][to], best[was][to + 1]);
    }
  }
  const rows = [];
  let [was, to] = [0, 0];
  while (was < before.length && to < now.length) {
    if (best[was][to] === alike(before[was], now[to]) + best[was + 1][to + 1]) rows.push([was++, to++, false]);
    else if (best[was][to] === best[was + 1][to]) rows.push([was++, null, false]);
    else rows.push([null, to++, false]);
  }
  while (was < before.length) rows.push([was++, null, false]);
  while (to < now.length) rows.push([null, to++, false]);
  return rows;
}

function pairedCalls(before, now, rows) {
  const pairs = [];
  for (const [was, to] of rows) {
    if (was === null || to === null) continue;
    const free = before[was].calls.map((_, at) => at);
    now[to].calls.forEach((call, at) => {
      const fits = (exact) => free.findIndex((one) => (exact ? sameCall : (a, b) => a.name === b.name)(before[was].calls[one], call));
      const found = fits(true) >= 0 ? fits(true) : fits(false);
      if (found >= 0) pairs.push([was, free.splice(found, 1)[0], to, at, false]);
    });
  }
  return pairs;
}

function paired(before, now) {
  const count = Math.max(before.turns.length, now.turns.length);
  return Array.from({ length: count }, (_, at) => {
    const [one, other] = [before.turns[at], now.turns[at]];
    const rounds = pairedRounds(one ? one.rounds : [], other ? other.rounds : []);
    const calls = one && other ? pairedCalls(one.rounds, other.rounds, rounds) : [];
    return { was: one ? at : null, now: other ? at : null, rounds, calls };
  });
}

// One side of a round: its calls with their counterparts, wherever these stand.
function half(trace, turnAt, at, other, otherAt, find) {
  if (at === null) return el("div", { class: "half nothing" }, el("p", {}, "nothing here"));
  const turn = trace.turns[turnAt];
  const round = turn.rounds[at];
  const text = otherAt === null ? undefined : other.rounds[otherAt].text || "";
  const calls = round.calls.map((call, place) => {
    const match = find(at, place);
    if (match === null) return callCard(call, null, "only here");
    const beside = other.rounds[match.round].calls[match.call];
    if (match.round !== otherAt) return callCard(call, beside, `beside: in round ${match.round + 1}`);
    return callCard(call, beside, sameCall(call, beside) ? null : "differs");
  });
  const pauses = pauseBehind(turn, at);
  const others = otherAt === null ? [] : pauseBehind(other, otherAt);
  return el(
    "div",
    { class: "half" },
    roundHead(round, at, 4),
    round.text && !isResponse(turn, at) ? prose(round.text, text) : null,
    isResponse(turn, at) ? el("p", { class: "faint" }, "the response below") : null,
    calls,
    pauses.map((one, place) => checkpointLine(one, others[place] || null)),
    odd(trace, turnAt, at),
  );
}

function roundDiffers(one, other, was, to, calls) {
  if (was === null || to === null) return true;
  const [before, now] = [one.rounds[was], other.rounds[to]];
  const inRow = calls.filter((pair) => pair[0] === was && pair[2] === to);
  if (inRow.length !== before.calls.length || inRow.length !== now.calls.length) return true;
  if (inRow.some((pair) => pair[4] || !sameCall(before.calls[pair[1]], now.calls[pair[3]]))) return true;
  const plain = (turn, at) => (isResponse(turn, at) ? null : turn.rounds[at].text);
  if (before.kind !== now.kind || plain(one, was) !== plain(other, to) || before.finish_reason !== now.finish_reason) return true;
  const marks = (pauses) => JSON.stringify(pauses.map(({ pending, answer }) => [pending, answer]));
  return marks(pauseBehind(one, was)) !== marks(pauseBehind(other, to));
}

function row(differs, said, left, right) {
  const sign = el("p", { class: "mark" }, differs ? said : el("span", { class: "hidden" }, "the same on both sides"));
  return el("div", { class: `pair ${differs ? "differs" : "same"}`, tabindex: differs ? "-1" : null }, sign, left, right);
}

function plainRow(label, one, other) {
  const cell = (text, beside) =>
    el("div", { class: "half" }, el("p", { class: "label" }, label), text === null ? el("p", { class: "faint" }, "none") : prose(text, beside));
  return row(one !== other, "differs", cell(one, other), cell(other, one));
}

function turnRows(step, before, now, marked) {
  const one = step.was === null ? null : before.turns[step.was];
  const other = step.now === null ? null : now.turns[step.now];
  const place = (at) => (at === null ? "none" : at + 1);
  const title = step.was === step.now ? `Turn ${step.now + 1}` : `Turn ${place(step.was)} before, ${place(step.now)} now`;
  const rows = [el("h3", {}, title), plainRow("user", one && one.user, other && other.user)];
  const offered = (turn) => turn && turn.offered.join(", ");
  if (offered(one) !== offered(other)) rows.push(plainRow("tools offered", offered(one), offered(other)));
  for (const [was, to, moved] of step.rounds) {
    const back = (round, call) => {
      const pair = step.calls.find((found) => found[2] === round && found[3] === call);
      return pair ? { round: pair[0], call: pair[1] } : null;
    };
    const forth = (round, call) => {
      const pair = step.calls.find((found) => found[0] === round && found[1] === call);
      return pair ? { round: pair[2], call: pair[3] } : null;
    };
    let said = "differs";
    if (was === null) said = "only on the right";
    else if (to === null) said = "only on the left";
    else if (moved) said = "moved";
    const named = marked(step.was, was, step.now, to);
    const differs = moved || named || roundDiffers(one, other, was, to, step.calls);
    rows.push(row(differs, said, half(before, step.was, was, other, to, forth), half(now, step.now, to, one, was, back)));
  }
  const end = (turn) => turn && `${turn.stop}`;
  if (end(one) !== end(other)) rows.push(plainRow("ended", end(one), end(other)));
  rows.push(plainRow("response", one && one.response, other && other.response));
  const left = (turn) => turn && JSON.stringify([turn.workspace || null, turn.state || null]);
  if (left(one) !== left(other)) {
    const shown = (turn) => turn && indented(JSON.stringify({ workspace: turn.workspace || null, state: turn.state || null }));
    rows.push(plainRow("files and state", shown(one), shown(other)));
  }
  return rows;
}

// Both cases in rows, with the ways to the first difference and on to the next one.
function besides(before, now, names, found) {
  const changes = found.changes || [];
  const fits = (spot, turn, round) => spot !== null && spot[0] === turn && spot[1] === round && round !== null;
  const marked = (wasTurn, was, nowTurn, to) =>
    changes.some((change) => fits(change.was, wasTurn, was) || fits(change.now, nowTurn, to));
  const steps = found.sides || paired(before, now);
  const rows = steps.flatMap((step) => turnRows(step, before, now, marked));
  const differing = rows.filter((one) => one.classList.contains("differs"));
  if (differing[0]) {
    const mark = differing[0].querySelector(".mark");
    differing[0].classList.add("first");
    mark.textContent = mark.textContent === "differs" ? "first difference" : `first difference: ${mark.textContent}`;
  }
  let at = -1;
  const where = el("span", { role: "status" }, differing.length ? `${numbered(differing.length, "row")} ${differing.length === 1 ? "differs" : "differ"}` : "nothing differs");
  const go = (to) => {
    at = (to + differing.length) % differing.length;
    differing[at].focus({ preventScroll: true });
    differing[at].scrollIntoView({ block: "center" });
    where.textContent = `difference ${at + 1} of ${differing.length}`;
  };
  const button = (text, to) => {
    const made = el("button", { type: "button" }, text);
    made.addEventListener("click", () => go(to()));
    return made;
  };
  const ways = differing.length
    ? [button("First difference", () => 0), button("Previous", () => (at < 0 ? differing.length - 1 : at - 1)), button("Next", () => at + 1)]
    : [];
  const how = found.sides ? null : el("p", { class: "faint" }, "Chosen by hand: turns stand side by side by number, rounds by the tools that they call.");
  return el(
    "div",
    { class: "besides" },
    el("div", { class: "ways" }, where, ways),
    how,
    el("div", { class: "pair names" }, el("p", { class: "mark" }), names.map((name) => el("p", { class: "half" }, el("bdi", {}, words(name))))),
    rows,
  );
}
