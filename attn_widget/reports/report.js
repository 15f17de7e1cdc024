/*
 * The page of a report: plain JavaScript without a framework, run from disk and without a network.
 *
 * Everything that came from elsewhere stands in the JSON of the element "data" and is only ever written as text
 * (`textContent`), never as markup. The heatmaps are computed here from the layer's own maps, with the arithmetic of
 * the panel: see `heatOf`, which does what `to_heatmap` does, and `painted`, which does what `Painter.heat` does.
 */
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const words = data.words;
const NO_DATA = 150; // the grey of a cell that is not a number
const FEW_CLASSES = 12; // of so many, each has a button to guess by
const SMALL = 128; // pictures with no side longer than this are enlarged pixel by pixel

/** What is chosen; `list` has the samples that pass the filters, and `sample` the one shown, by index. */
const state = {
  sample: data.start.sample,
  list: data.samples.map((_, index) => index),
  layer: data.start.layer,
  method: data.start.method,
  alpha: data.start.alpha,
  cmap: data.start.cmap,
  fade: data.start.fade,
  guess: data.start.guess,
  mistakesOnly: false,
  markedOnly: false,
  guesses: new Map(), // by sample: the class, or -1 for none
};

// --- elements

/** Make an element with some properties, and text or other elements in it. */
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Put values in the place of the names in braces. */
function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function show(element, shown) {
  element.hidden = !shown;
}

/** Make a drop-down list with its label; `entries` are pairs of value and text. */
function chooser(id, label, entries, value, chosen) {
  const select = make("select", { id }, ...entries.map(([key, text]) => make("option", { value: key }, text)));
  select.value = value;
  select.addEventListener("change", () => chosen(select.value));
  return make("label", { className: "control" }, make("span", {}, label), select);
}

/** Make a box to tick with its label. */
function ticker(id, label, checked, changed, title = "") {
  const box = make("input", { type: "checkbox", id, checked });
  box.addEventListener("change", () => changed(box.checked));
  return make("label", { className: "tick", title }, box, make("span", {}, label));
}

// --- from a map to pixels

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

/** Read a map's cells, row by row, as numbers; NaN where there is no value. */
function cellsOf(map) {
  const buffer = bytesOf(map.data).buffer;
  if (data.kind === "f4") return Float64Array.from(new Float32Array(buffer));
  const wholes = data.kind === "u2" ? new Uint16Array(buffer) : new Uint8Array(buffer);
  const missing = data.kind === "u2" ? 65535 : 255;
  return Float64Array.from(wholes, (value) => (value === missing ? NaN : value));
}

/** Scale cells to [0, 1] by their least and greatest finite value; zeros where these are the same. */
function normalised(cells) {
  const finite = cells.filter(Number.isFinite);
  const low = finite.reduce((least, value) => Math.min(least, value), Infinity);
  const high = finite.reduce((most, value) => Math.max(most, value), -Infinity);
  const span = high > low ? high - low : 1;
  const start = finite.length ? low : 0;
  return cells.map((value) => Math.min(Math.max((value - start) / span, 0), 1)); // NaN stays NaN
}

/** Say for each pixel of an axis between which two cells it lies, and how far on: half-pixel centres. */
function axisOf(pixels, cells) {
  const lower = new Int32Array(pixels);
  const upper = new Int32Array(pixels);
  const part = new Float64Array(pixels);
  for (let at = 0; at < pixels; at += 1) {
    const centre = Math.min(Math.max(((at + 0.5) * cells) / pixels - 0.5, 0), cells - 1);
    lower[at] = Math.min(Math.floor(centre), Math.max(cells - 2, 0));
    upper[at] = Math.min(lower[at] + 1, cells - 1);
    part[at] = centre - lower[at];
  }
  return { lower, upper, part };
}

/** Resize cells on a grid [h, w] bilinearly to [rows, columns]. */
function resized(cells, [height, width], [rows, columns]) {
  const down = axisOf(rows, height);
  const across = axisOf(columns, width);
  const pixels = new Float64Array(rows * columns);
  const line = new Float64Array(width);
  for (let row = 0; row < rows; row += 1) {
    const first = down.lower[row] * width;
    const second = down.upper[row] * width;
    for (let at = 0; at < width; at += 1) {
      line[at] = (1 - down.part[row]) * cells[first + at] + down.part[row] * cells[second + at];
    }
    for (let column = 0; column < columns; column += 1) {
      const part = across.part[column];
      pixels[row * columns + column] = (1 - part) * line[across.lower[column]] + part * line[across.upper[column]];
    }
  }
  return pixels;
}

/** Find the nearest cell of each pixel. */
function nearest(cells, [height, width], [rows, columns]) {
  const down = axisOf(rows, height);
  const across = axisOf(columns, width);
  const closest = (axis, at) => (axis.part[at] > 0.5 ? axis.upper[at] : axis.lower[at]);
  return Float64Array.from({ length: rows * columns }, (_, pixel) => {
    const row = closest(down, Math.floor(pixel / columns));
    return cells[row * width + closest(across, pixel % columns)];
  });
}

/** Compute a heatmap in [0, 1] for each pixel; a cell without a value does not affect the pixels of others. */
function heatOf(map, size) {
  const unit = normalised(cellsOf(map));
  if (!unit.some(Number.isNaN)) return Float32Array.from(resized(unit, map.grid, size));
  const sums = resized(unit.map((value) => (Number.isNaN(value) ? 0 : value)), map.grid, size);
  const known = resized(unit.map((value) => (Number.isNaN(value) ? 0 : 1)), map.grid, size);
  const own = nearest(unit, map.grid, size);
  return Float32Array.from(sums, (sum, at) => (Number.isNaN(own[at]) ? NaN : sum / known[at]));
}

/** Colour a heatmap and blend it with a picture's pixels (RGBA). */
function painted(heat, picture, size) {
  const table = tableOf(state.cmap);
  const image = new ImageData(size[1], size[0]);
  for (let pixel = 0; pixel < heat.length; pixel += 1) {
    const missing = Number.isNaN(heat[pixel]);
    const step = missing ? 255 : Math.min(Math.floor(heat[pixel] * 256), 255);
    const opacity = state.fade ? (state.alpha * step) / 255 : state.alpha;
    for (let colour = 0; colour < 3; colour += 1) {
      const heated = missing ? NO_DATA : table[3 * step + colour];
      const under = picture[4 * pixel + colour];
      image.data[4 * pixel + colour] = Math.floor(heated * opacity + under * (1 - opacity) + 0.5);
    }
    image.data[4 * pixel + 3] = 255;
  }
  return image;
}

/** Keep the last few results of a function, by its first argument. */
function remembered(compute, most) {
  const kept = new Map();
  return (key, ...rest) => {
    if (!kept.has(key)) kept.set(key, compute(key, ...rest));
    if (kept.size > most) kept.delete(kept.keys().next().value);
    return kept.get(key);
  };
}

const tableOf = remembered((cmap) => bytesOf(data.colours[cmap].table), 8);
const heatOfView = remembered((view, size) => heatOf(view.map, size), 12);

/** Read a picture's pixels (RGBA); a promise. */
const pixelsOf = remembered(async (sample) => {
  const picture = make("img", { src: sample.picture });
  await picture.decode();
  const canvas = make("canvas", { width: sample.size[1], height: sample.size[0] });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(picture, 0, 0);
  return context.getImageData(0, 0, sample.size[1], sample.size[0]).data;
}, 12);

// --- the page

const page = {
  image: make("canvas", { id: "image", role: "img" }),
  heatmap: make("canvas", { id: "heatmap", role: "img" }),
  cover: make("p", { id: "cover", className: "cover" }),
  empty: make("p", { id: "empty", className: "empty" }),
  viewTitle: make("figcaption", { id: "view" }),
  scale: make("canvas", { id: "scale", width: 256, height: 1, "aria-hidden": "true" }),
  said: make("p", { id: "said", className: "said" }),
  verdict: make("h2", { id: "verdict" }),
  where: make("p", { id: "where", className: "faint" }),
  mark: make("p", { id: "mark", className: "mark" }),
  bars: make("ol", { id: "bars" }),
  guess: make("section", { id: "guess" }),
  score: make("p", { id: "score", role: "status" }),
  notes: make("ul", { id: "notes", className: "notes" }),
  slider: make("input", { type: "range", id: "sample", min: 0, step: 1, "aria-label": words.sample }),
  place: make("output", { id: "place" }),
  list: make("div", { id: "list" }),
  none: make("p", { id: "none", className: "none" }),
  body: make("div", { className: "body" }),
};
page.alpha = make("input", { type: "range", id: "alpha", min: 0, max: 1, step: 0.01, value: state.alpha });
page.alphaSaid = make("output", { id: "alpha-said" });

function build() {
  const move = (id, text, label, by) => {
    const button = make("button", { id, type: "button", title: label, "aria-label": label }, text);
    button.addEventListener("click", () => step(by));
    return button;
  };
  page.slider.addEventListener("input", () => open(state.list[Number(page.slider.value)]));
  page.alpha.addEventListener("input", () => change({ alpha: Number(page.alpha.value) }));
  const numbered = (names) => names.map((name, index) => [String(index), name]);
  const colours = Object.entries(data.colours).map(([name, one]) => [name, one.name]);
  const methods = data.methods.map((one) => one.name);
  const controls = make(
    "div",
    { className: "controls" },
    chooser("layer", words.layer, numbered(data.layers), String(state.layer), (at) => change({ layer: Number(at) })),
    chooser("method", words.method, numbered(methods), String(state.method), (at) => change({ method: Number(at) })),
    chooser("cmap", words.cmap, colours, state.cmap, (cmap) => change({ cmap })),
    make("label", { className: "control" }, make("span", {}, words.alpha, " ", page.alphaSaid), page.alpha),
    ticker("fade", words.fade, state.fade, (fade) => change({ fade }), words.fadeTip),
  );
  if (data.samples.some((one) => "right" in one && one.right !== null)) {
    controls.append(ticker("mistakes-only", words.mistakesOnly, false, (mistakesOnly) => filter({ mistakesOnly })));
  }
  if (data.samples.some((one) => one.mark)) {
    controls.append(ticker("marked-only", words.markedOnly, false, (markedOnly) => filter({ markedOnly })));
  }
  if (data.classes.length) {
    const tick = ticker("guess-first", words.guessFirst, state.guess, (guess) => change({ guess }), words.guessTip);
    controls.append(tick);
  }
  const player = make(
    "nav",
    { className: "player", title: words.keys },
    move("previous", "\u25c0", words.previous, -1),
    page.slider,
    move("next", "\u25b6", words.next, 1),
    page.place,
  );
  const scale = make("p", { className: "scale", id: "legend" }, words.low, page.scale, words.high);
  const stage = make(
    "div",
    { className: "stage" },
    make("figure", {}, make("figcaption", {}, words.image), page.image),
    make("figure", {}, page.viewTitle, make("div", { className: "frame" }, page.heatmap, page.empty, page.cover)),
  );
  const facts = make(
    "section",
    { className: "facts" },
    page.verdict,
    page.where,
    page.mark,
    page.guess,
    page.bars,
    page.said,
    page.notes,
  );
  page.body.append(make("div", { className: "pictures" }, stage, scale), facts);
  page.facts = { scale };
  document.body.append(
    make("header", {}, make("h1", {}, data.title), make("p", {}, words.lead), make("p", {}, words.limits)),
    player,
    controls,
    page.score,
    make("main", {}, page.none, page.body),
    make("section", {}, make("h2", {}, words.allSamples), page.list),
    about(),
  );
  data.samples.forEach((sample, index) => page.list.append(tile(sample, index)));
  document.addEventListener("keydown", pressed);
}

/** Say what the report is of. */
function about() {
  const lines = make("dl");
  for (const [label, text] of data.about) lines.append(make("dt", {}, label), make("dd", {}, text));
  const methods = data.methods.map((one) => make("p", {}, make("b", {}, one.name), words.colon, one.about));
  const notes = data.notes.map((note) => make("p", {}, note));
  return make("footer", {}, make("h2", {}, words.about), lines, ...methods, ...notes);
}

/** Make the small picture by which a sample is opened. */
function tile(sample, index) {
  const button = make("button", { type: "button", className: "tile" });
  if (sample.picture) {
    const picture = make("img", { src: sample.picture, alt: "" });
    picture.classList.toggle("small", Math.max(...sample.size) <= SMALL);
    button.append(picture);
  } else button.append(make("span", { className: "gap" }, "?"));
  button.append(make("span", { className: "caption" }));
  button.addEventListener("click", () => open(index));
  return button;
}

// --- what is done

function change(values) {
  Object.assign(state, values);
  render();
}

function open(sample) {
  if (sample !== undefined) change({ sample });
}

/** Go on along the samples that pass the filters. */
function step(by) {
  const at = state.list.indexOf(state.sample) + by;
  if (at >= 0 && at < state.list.length) open(state.list[at]);
}

function filter(values) {
  Object.assign(state, values);
  const passes = (one) => (!state.mistakesOnly || one.right === false) && (!state.markedOnly || one.mark);
  state.list = data.samples.flatMap((one, index) => (passes(one) ? [index] : []));
  if (!state.list.includes(state.sample) && state.list.length) [state.sample] = state.list;
  render();
}

/** Arrow keys step, wherever no control needs them itself. */
function pressed(event) {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (["INPUT", "SELECT"].includes(event.target.tagName)) return;
  if (event.key === "ArrowLeft") step(-1);
  else if (event.key === "ArrowRight") step(1);
  else return;
  event.preventDefault();
}

function isHidden(index) {
  return state.guess && !state.guesses.has(index);
}

function guessed(choice) {
  state.guesses.set(state.sample, choice);
  render();
}

// --- what is shown

function render() {
  const sample = data.samples[state.sample];
  const none = !state.list.length;
  show(page.none, none);
  show(page.body, !none);
  page.none.textContent = noneLeft();
  page.slider.max = Math.max(state.list.length - 1, 0);
  page.slider.value = state.list.indexOf(state.sample);
  page.slider.setAttribute("aria-valuetext", sample.where);
  const at = none ? 0 : state.list.indexOf(state.sample) + 1;
  page.place.textContent = filled(words.shown, { shown: at, count: state.list.length });
  page.alphaSaid.textContent = state.alpha.toFixed(2);
  renderFacts(sample);
  renderGuess(sample);
  renderTiles();
  renderPictures(sample);
}

function noneLeft() {
  if (state.mistakesOnly && state.markedOnly) return words.noneLeft;
  return state.mistakesOnly ? words.noMistakes : words.noneMarked;
}

/** Give what the chosen layer and method say of a sample; undefined where there is nothing at all. */
function viewOf(sample) {
  return sample.views && sample.views[sample.at[state.layer * data.methods.length + state.method]];
}

/** Write prediction, place, probabilities, mark and notes. */
function renderFacts(sample) {
  const hidden = isHidden(state.sample);
  const view = viewOf(sample) || {};
  page.verdict.textContent = hidden ? words.guessAsk : sample.verdict || (sample.picture ? words.notPredicted : words.notRead);
  page.verdict.className = hidden || sample.right == null ? "" : sample.right ? "right" : "wrong";
  page.where.textContent = [sample.where, hidden ? "" : sample.name].filter(Boolean).join(" \u00b7 ");
  show(page.mark, Boolean(sample.mark) && !hidden);
  if (sample.mark) {
    const { kind, note } = sample.mark;
    page.mark.textContent = `\u270e ${words.marked}${words.colon}${[kind, note].filter(Boolean).join(" \u00b7 ")}`;
  }
  page.bars.replaceChildren(...(hidden ? [] : (sample.bars || []).map(bar)));
  const read = view.reads ? data.colours[state.cmap].read[view.reads] : "";
  page.said.textContent = hidden ? "" : [view.said, read].filter(Boolean).join(words.between);
  const notes = [sample.error, ...(sample.notes || []), ...(view.notes || [])].filter(Boolean);
  page.notes.replaceChildren(...(hidden ? [] : notes.map((note) => make("li", {}, note))));
}

/** Make a class's bar: its name, a sign and a word for right or wrong, and its probability. */
function bar(one) {
  const sign = { true: "\u2713", false: "\u2717" }[one.right] || "";
  const meaning = { true: words.trueClass, false: words.wrongClass }[one.right] || "";
  const fill = make("span", { className: "fill" });
  fill.style.width = `${100 * one.share}%`;
  const name = make("span", { className: "name" }, [sign, one.name].filter(Boolean).join(" "));
  if (meaning) name.append(make("small", {}, meaning));
  const row = make("li", {}, name, make("span", { className: "share" }, one.said), make("span", { className: "track" }, fill));
  row.className = one.right === null ? "" : one.right ? "right" : "wrong";
  return row;
}

/** Ask for a guess, or say what was guessed, and the score. */
function renderGuess(sample) {
  show(page.guess, state.guess);
  show(page.score, state.guess);
  if (!state.guess) return;
  page.score.replaceChildren(score());
  if (state.guesses.size) {
    const again = make("button", { type: "button", id: "again" }, words.again);
    again.addEventListener("click", () => change({ guesses: new Map() }));
    page.score.append(" ", again);
  }
  if (isHidden(state.sample)) page.guess.replaceChildren(...guessControls());
  else page.guess.replaceChildren(make("p", { id: "guessed" }, guessSaid(sample)));
}

/** Offer all classes to guess by: a button for each of few, or a list of many. */
function guessControls() {
  const skip = make("button", { type: "button", id: "skip", className: "plain" }, words.guessSkip);
  skip.addEventListener("click", () => guessed(-1));
  if (data.classes.length > FEW_CLASSES) {
    const entries = data.classes.map((name, index) => make("option", { value: String(index) }, name));
    const first = make("option", { value: "" }, words.guessChoose);
    const select = make("select", { id: "guess-class", "aria-label": words.guessChoose }, first, ...entries);
    select.addEventListener("change", () => select.value && guessed(Number(select.value)));
    return [select, skip];
  }
  const buttons = data.classes.map((name, index) => {
    const button = make("button", { type: "button", className: "guess" }, name);
    button.addEventListener("click", () => guessed(index));
    return button;
  });
  return [...buttons, skip];
}

function guessSaid(sample) {
  const choice = state.guesses.get(state.sample);
  if (choice < 0) return "";
  const labels = sample.labels || [];
  const said = !labels.length ? words.guessed : labels.includes(choice) ? words.guessedRight : words.guessedWrong;
  return filled(said, { guess: data.classes[choice] });
}

/** Count right answers, the reader's and the model's, among the samples that were guessed and have a label. */
function score() {
  const counted = [...state.guesses].filter(([at, choice]) => choice >= 0 && (data.samples[at].labels || []).length);
  const yours = counted.filter(([at, choice]) => data.samples[at].labels.includes(choice)).length;
  const models = counted.filter(([at]) => data.samples[at].right === true).length;
  return counted.length ? filled(words.score, { yours, models, count: counted.length }) : words.scoreNone;
}

/** Show the small pictures that pass the filters, each with what it was taken for. */
function renderTiles() {
  [...page.list.children].forEach((button, index) => {
    const sample = data.samples[index];
    const hidden = isHidden(index);
    const sign = hidden ? "" : { true: "\u2713 ", false: "\u2717 " }[sample.right] || "";
    const said = hidden ? String(sample.position) : `${sign}${sample.answer || sample.position}`;
    button.lastChild.textContent = said + (sample.mark && !hidden ? " \u270e" : "");
    button.title = hidden ? sample.where : [sample.where, sample.verdict].filter(Boolean).join(": ");
    button.classList.toggle("right", !hidden && sample.right === true);
    button.classList.toggle("wrong", !hidden && sample.right === false);
    button.setAttribute("aria-current", String(index === state.sample));
    show(button, state.list.includes(index));
  });
}

/** Draw the sample and its heatmap; a drawing that was overtaken by another choice is given up. */
async function renderPictures(sample) {
  const turn = (renderPictures.turn = (renderPictures.turn || 0) + 1);
  const hidden = isHidden(state.sample);
  const view = viewOf(sample);
  const shown = Boolean(view && view.map) && !hidden;
  show(page.cover, !shown);
  show(page.heatmap, shown);
  show(page.facts.scale, shown);
  show(page.empty, shown && Boolean(view.empty));
  show(page.image.parentElement, Boolean(sample.picture));
  const reason = (view && view.error) || "";
  page.cover.textContent = hidden ? words.hidden : [words.notExplained, reason].filter(Boolean).join(words.colon);
  page.cover.style.aspectRatio = sample.picture ? `${sample.size[1]} / ${sample.size[0]}` : "";
  page.viewTitle.textContent = (view && view.title) || words.heatmap;
  page.empty.textContent = (view && view.empty) || "";
  page.body.setAttribute("aria-busy", "true");
  const pixels = sample.picture && (await pixelsOf(sample));
  if (turn !== renderPictures.turn) return;
  if (pixels) drawPictures(sample, pixels, shown ? view : null);
  page.body.setAttribute("aria-busy", "false");
}

/** Draw a sample's picture, and one of its heatmaps if there is one to show. */
function drawPictures(sample, pixels, view) {
  const picture = new ImageData(new Uint8ClampedArray(pixels), sample.size[1], sample.size[0]);
  draw(page.image, picture, `${words.image}, ${sample.where}`);
  if (!view) return;
  const heat = heatOfView(view, sample.size);
  draw(page.heatmap, painted(heat, pixels, sample.size), `${words.heatmap}, ${view.title}`);
  drawScale();
}

function draw(canvas, image, label) {
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.classList.toggle("small", Math.max(image.width, image.height) <= SMALL);
  canvas.setAttribute("aria-label", label);
  canvas.getContext("2d", { willReadFrequently: true }).putImageData(image, 0, 0);
}

/** Draw the colours from low to high. */
function drawScale() {
  const table = tableOf(state.cmap);
  const image = new ImageData(256, 1);
  for (let at = 0; at < 256; at += 1) image.data.set([...table.slice(3 * at, 3 * at + 3), 255], 4 * at);
  page.scale.getContext("2d").putImageData(image, 0, 0);
}

build();
render();
