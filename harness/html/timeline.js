// One case as a timeline: turn by turn, round by round, each call with what became of it.

function tokens(usage) {
  return usage ? `${usage.prompt_tokens.toLocaleString("en")} + ${usage.completion_tokens.toLocaleString("en")} tokens` : null;
}

function fate(call) {
  return call.decision === "none" || call.decision === call.outcome ? call.outcome : `${call.decision}, ${call.outcome}`;
}

function argumentText(call) {
  return call.arguments === null ? call.raw_arguments : indented(call.raw_arguments);
}

function callCard(call, beside, note) {
  const kind = ["executed"].includes(call.outcome) ? "good" : "odd";
  return el(
    "div",
    { class: `call ${note ? "differs" : ""}` },
    el(
      "p",
      { class: "name" },
      el("b", {}, el("bdi", {}, words(call.name))),
      " ",
      el("span", { class: `fate ${kind}` }, fate(call)),
      note ? el("span", { class: "note" }, note) : null,
    ),
    prose(argumentText(call), beside && argumentText(beside)),
    call.arguments === null ? el("p", { class: "odd" }, "the arguments are no JSON object") : null,
    call.result === null
      ? null
      : el("div", { class: "result" }, el("p", { class: "label" }, "result"), prose(call.result, beside && beside.result)),
  );
}

function checkpointLine(checkpoint, beside) {
  const names = checkpoint.pending.map((one) => one.name).join(", ");
  const differs = beside !== undefined && JSON.stringify(beside) !== JSON.stringify(checkpoint);
  const answer = checkpoint.answer || "not answered";
  return el(
    "p",
    { class: `checkpoint ${differs ? "differs" : ""}` },
    el("b", {}, "checkpoint"),
    " ",
    el("bdi", {}, words(names)),
    ": ",
    el("b", { class: checkpoint.answer || "open" }, answer),
  );
}

function isResponse(turn, at) {
  return at === turn.rounds.length - 1 && turn.response !== null && turn.response === turn.rounds[at].text;
}

// The pause that stands behind a round: behind its notice, where there is one.
function pauseBehind(turn, at) {
  return turn.checkpoints.filter((one) => {
    const notice = one.round < turn.rounds.length && turn.rounds[one.round].kind === "notice";
    return one.round - 1 + (notice ? 1 : 0) === at;
  });
}

function roundHead(round, at, level) {
  const kind = round.kind === "notice" ? "notice" : null;
  const small = [kind, tokens(round.usage), round.finish_reason && `ended with ${round.finish_reason}`];
  return el(`h${level}`, {}, `Round ${at + 1}`, el("small", {}, words(` ${small.filter(Boolean).join(" · ")}`)));
}

function odd(trace, turn, at) {
  return trace.anomalies
    .filter((one) => one.turn === turn + 1 && (at === null || one.round === at + 1))
    .map((one) => el("p", { class: "anomaly" }, words(one.text)));
}

function roundCard(trace, turnAt, at) {
  const turn = trace.turns[turnAt];
  const round = turn.rounds[at];
  let said = null;
  if (isResponse(turn, at)) said = el("p", { class: "faint" }, "the response below");
  else if (round.text) said = prose(round.text);
  else if (round.kind === "notice") said = el("p", { class: "faint" }, "no text; the loop's own sentence stands in");
  return el(
    "li",
    { class: `round ${round.kind}` },
    roundHead(round, at, 4),
    said,
    round.calls.map((call) => callCard(call)),
    pauseBehind(turn, at).map((one) => checkpointLine(one)),
    odd(trace, turnAt, at),
  );
}

function leftBehind(turn) {
  const parts = [];
  for (const [path, text] of Object.entries(turn.workspace || {})) {
    parts.push(el("p", { class: "label" }, "file ", el("bdi", {}, words(path)), text === null ? " is gone" : ""));
    if (text !== null) parts.push(prose(text));
  }
  if (turn.state) parts.push(el("p", { class: "label" }, "state"), prose(indented(JSON.stringify(turn.state))));
  return parts.length ? el("div", { class: "left" }, parts) : null;
}

function response(turn, beside) {
  const label = el("p", { class: "label" }, turn.response === null ? `no response (${turn.stop})` : `response (${turn.stop})`);
  return el("div", { class: "response" }, label, turn.response === null ? null : prose(turn.response, beside));
}

function turnSection(trace, at) {
  const turn = trace.turns[at];
  const shown = new Set(turn.rounds.flatMap((_, round) => pauseBehind(turn, round)));
  return el(
    "section",
    { class: "turn" },
    el("h3", {}, `Turn ${at + 1}`),
    el("div", { class: "user" }, el("p", { class: "label" }, "user"), prose(turn.user)),
    el(
      "details",
      {},
      el("summary", {}, `${numbered(turn.offered.length, "tool")} offered`),
      el("p", { class: "offered" }, el("bdi", {}, words(turn.offered.join(", ") || "none"))),
    ),
    el("ol", { class: "rounds" }, turn.rounds.map((_, round) => roundCard(trace, at, round))),
    turn.checkpoints.filter((one) => !shown.has(one)).map((one) => checkpointLine(one)),
    response(turn),
    leftBehind(turn),
  );
}

function counted(trace) {
  const { turns, rounds, calls, checkpoints } = trace.counts;
  const parts = [numbered(turns, "turn"), numbered(rounds, "round"), numbered(calls, "call")];
  return [...parts, numbered(checkpoints, "checkpoint"), `ended: ${trace.stop}`, tokens(trace.usage)].join(" · ");
}

// What was judged, on top of both views: why it could not be, what is not as expected, what else is to be said.
function judged(found) {
  const lines = found.findings.map((one) =>
    el(
      "li",
      { class: one.known === null ? "finding" : "known" },
      el("code", {}, words(one.place)),
      el("p", {}, words(one.what)),
      el(
        "dl",
        {},
        el("dt", {}, "expected"),
        el("dd", {}, prose(one.expected)),
        el("dt", {}, "got"),
        el("dd", {}, prose(one.got)),
      ),
      one.known === null ? null : el("p", { class: "faint" }, words(`known: ${one.known}`)),
    ),
  );
  if (found.error !== null) lines.unshift(el("li", { class: "finding" }, prose(found.error)));
  for (const note of found.notes) lines.push(el("li", { class: "noted" }, prose(note)));
  return lines.length ? el("ul", { class: "findings" }, lines) : null;
}

function timeline(trace) {
  const failure = trace.error ? el("p", { class: "anomaly" }, words(`error (${trace.error.kind}): ${trace.error.message}`)) : null;
  return el("div", { class: "timeline" }, trace.turns.map((_, at) => turnSection(trace, at)), failure);
}
