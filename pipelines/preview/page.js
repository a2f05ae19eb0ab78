"use strict";

// Everything that a model or a file name wrote reaches the page through textContent or as an
// attribute value, never as markup.
const PAGE_SIZE = 20;
const SCORES = JSON.parse(document.getElementById("scores").textContent);
const TOTAL = Number(document.getElementById("shown").dataset.total);
const PAIRS = [...document.querySelectorAll("script.pair")].map((element, index) => {
  const pair = JSON.parse(element.textContent);
  const made = Object.values(pair.made);
  const texts = [pair.id, pair.task, pair.instruction, ...pair.captions, pair.before, pair.after];
  const search = [...texts, pair.reason, pair.message, pair.raw, ...made].join("\n").toLowerCase();
  return { ...pair, index, search };
});

const tools = document.getElementById("tools");
const list = document.getElementById("pairs");
let page = 0;
let chosen = PAIRS;

function node(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const text = (tag, className, value) => node(tag, { className, textContent: value, dir: "auto" });
const spaced = (name) => name.replaceAll("_", " ");
const number = (value) => value.toLocaleString("en");

/* ---- what is chosen ---- */

function fill(select, everything, field) {
  const counts = new Map();
  for (const pair of PAIRS) {
    if (pair[field]) counts.set(pair[field], (counts.get(pair[field]) ?? 0) + 1);
  }
  select.append(new Option(everything, ""));
  for (const [value, count] of [...counts].sort((a, b) => b[1] - a[1])) {
    select.append(new Option(`${spaced(value)} (${number(count)})`, value));
  }
  select.disabled = counts.size === 0;
}

function fillOrders(select) {
  select.append(new Option("as made", ""));
  for (const [field, name] of Object.entries(SCORES)) {
    if (!PAIRS.some((pair) => field in pair.scores)) continue;
    select.append(new Option(`${name}, highest first`, `${field} -1`));
    select.append(new Option(`${name}, lowest first`, `${field} 1`));
  }
}

function inOrder(pairs, order) {
  if (!order) return pairs;
  const [field, direction] = order.split(" ");
  const has = pairs.filter((pair) => field in pair.scores);
  has.sort((a, b) => (a.scores[field] - b.scores[field]) * Number(direction) || a.index - b.index);
  return [...has, ...pairs.filter((pair) => !(field in pair.scores))];
}

function choose() {
  const wanted = Object.fromEntries(new FormData(tools));
  const words = wanted.text.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (pair) =>
    ["task", "verdict", "reason"].every((field) => !wanted[field] || pair[field] === wanted[field]) &&
    words.every((word) => pair.search.includes(word));
  chosen = inOrder(PAIRS.filter(matches), wanted.sort);
  page = 0;
  show();
}

/* ---- one pair ---- */

function marks(path) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 1000 1000");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  for (const name of ["halo", "edge"]) {
    const line = document.createElementNS(space, "path");
    line.setAttribute("class", name);
    line.setAttribute("d", path);
    svg.append(line);
  }
  return svg;
}

const picture = (image, className, alt) =>
  node("img", { className, alt, src: image.src, width: image.width, height: image.height, draggable: false });

function frame(pictures, own, other, alt) {
  if (!pictures[own]) return node("figure", {}, text("p", "none", `no ${own === "after" ? "edited " : ""}picture`));
  const box = node("div", { className: "frame" }, picture(pictures[own], "own", alt));
  if (pictures[other]) box.append(picture(pictures[other], "other", ""));
  if (pictures.mark) box.append(marks(pictures.mark));
  const caption = node("figcaption", {}, text("span", "own", own), text("span", "other", other));
  return node("figure", {}, box, caption);
}

function extent(pictures) {
  if (pictures.whole) return "Differs all over";
  if (!pictures.mark) return "No region stands out";
  return "Differs where outlined";
}

function flipButton(box) {
  const button = node("button", { type: "button", textContent: "Flip" });
  const flip = (on) => {
    box.classList.toggle("flipped", on);
    button.setAttribute("aria-pressed", String(on));
  };
  flip(false);
  button.addEventListener("click", () => flip(!box.classList.contains("flipped")));
  box.classList.add("flippable");
  let held = false;
  box.addEventListener("pointerdown", (event) => {
    held = event.button === 0 && event.target.closest(".frame") !== null;
    if (held) flip(true);
  });
  for (const name of ["pointerup", "pointercancel", "pointerleave"]) {
    box.addEventListener(name, () => {
      if (held) flip(false);
      held = false;
    });
  }
  box.addEventListener("contextmenu", (event) => event.target.closest(".frame") && event.preventDefault());
  return button;
}

function picturesOf(pair) {
  const pictures = JSON.parse(document.getElementById(`pictures-${pair.index}`).textContent);
  const box = node("div", { className: "pictures" },
    frame(pictures, "before", "after", pair.before || "The source picture"),
    frame(pictures, "after", "before", pair.after || `The edited picture: ${pair.instruction}`));
  if (pictures.before && pictures.after) {
    box.append(node("div", { className: "under" }, flipButton(box), text("span", "", extent(pictures))));
  }
  return box;
}

function verdictOf(pair) {
  const classes = { kept: "kept", "turned away": "away", failed: "failed" };
  const value = pair.value === null ? "" : ` (${pair.value})`;
  const why = pair.verdict === "kept" ? pair.split : pair.reason && spaced(pair.reason) + value;
  return text("span", `verdict ${classes[pair.verdict]}`, [pair.verdict, why].filter(Boolean).join(": "));
}

function definitions(className, entries) {
  const items = entries.map(([name, value, kind]) =>
    node("div", { className: kind ?? "" }, text("dt", "", name), text("dd", "", value)));
  return items.length ? node("dl", { className }, ...items) : null;
}

function scoresOf(pair) {
  const judged = (field) => (pair.reason ?? "").replace(/^(min|max)_/, "") === field ? "judged" : "";
  return definitions("scores", Object.entries(pair.scores).map(([field, value]) =>
    [SCORES[field], field === "phash_distance" ? String(value) : value.toFixed(3), judged(field)]));
}

function madeOf(pair) {
  const list = node("dl", { className: "made" }, text("dt", "", "pair id"), text("dd", "id", pair.id));
  for (const [name, value] of Object.entries(pair.made)) {
    list.append(text("dt", "", name), text("dd", name.endsWith("id") ? "id" : "", value));
  }
  return node("details", {}, text("summary", "", "How it was made"), list);
}

function rawOf(pair) {
  if (!pair.raw) return null;
  return node("details", { open: true }, text("summary", "", "What the writer answered"), text("pre", "", pair.raw));
}

function card(pair) {
  const captions = node("ol", { className: "captions" }, ...pair.captions.map((words) => text("li", "", words)));
  const head = node("p", { className: "line" }, verdictOf(pair), text("span", "task", pair.task));
  const words = node("div", { className: "words" }, head, text("h2", "", pair.instruction || "No instruction"),
    pair.message ? text("p", "message", pair.message) : null,
    pair.captions.length ? captions : null, rawOf(pair));
  const facts = node("div", { className: "facts" }, scoresOf(pair), madeOf(pair));
  return node("article", { className: "card" }, picturesOf(pair), words, facts);
}

/* ---- the page ---- */

function emptyNote() {
  const clear = node("button", { type: "button", textContent: "Show all pairs" });
  clear.addEventListener("click", () => { tools.reset(); choose(); });
  const note = PAIRS.length ? "No pair fits this choice." : "This run has no pairs yet.";
  return node("div", { className: "empty" }, text("p", "", note), PAIRS.length ? clear : null);
}

function show() {
  const pages = Math.max(1, Math.ceil(chosen.length / PAGE_SIZE));
  const first = page * PAGE_SIZE;
  const shown = chosen.slice(first, first + PAGE_SIZE);
  list.replaceChildren(...(shown.length ? shown.map(card) : [emptyNote()]));
  const range = shown.length ? `${number(first + 1)}–${number(first + shown.length)} of ` : "";
  document.getElementById("status").textContent = `${range}${number(chosen.length)} ${chosen.length === 1 ? "pair" : "pairs"}`;
  document.getElementById("page").textContent = `${number(page + 1)} / ${number(pages)}`;
  document.getElementById("previous").disabled = page === 0;
  document.getElementById("next").disabled = page >= pages - 1;
}

function turn(step) {
  const target = page + step;
  if (target < 0 || target * PAGE_SIZE >= chosen.length) return;
  page = target;
  show();
  list.scrollIntoView({ block: "start" });
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select")) return;
  if (event.key === "ArrowLeft") turn(-1);
  else if (event.key === "ArrowRight") turn(1);
  else if (event.key.toLowerCase() === "f") list.classList.add("flipped");
}

fill(tools.elements.task, "all tasks", "task");
fill(tools.elements.verdict, "kept or not", "verdict");
fill(tools.elements.reason, "any reason", "reason");
fillOrders(tools.elements.sort);
tools.addEventListener("input", (event) => {
  if (event.target.name === "marks") list.classList.toggle("unmarked", !event.target.checked);
  else choose();
});
tools.addEventListener("submit", (event) => event.preventDefault());
document.getElementById("previous").addEventListener("click", () => turn(-1));
document.getElementById("next").addEventListener("click", () => turn(1));
document.addEventListener("keydown", onKey);
document.addEventListener("keyup", (event) => event.key.toLowerCase() === "f" && list.classList.remove("flipped"));
window.addEventListener("blur", () => list.classList.remove("flipped"));
if (PAIRS.length < TOTAL) {
  const part = `Shown here: ${number(PAIRS.length)} of ${number(TOTAL)} pairs, evenly spread.`;
  document.getElementById("shown").textContent = part;
}
choose();
