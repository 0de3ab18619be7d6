/**
 * @file What the report does beyond being read: the theme, values where the reader points or moves
 * with the arrow keys, and saving data and pictures. Without it the report is complete, only still.
 */

/** The page's script. It finds the data in `#data`: `{slug, result, csv, verdict, figures}`. */
export const SCRIPT = `
"use strict";
const root = document.documentElement;
const data = JSON.parse(document.getElementById("data").textContent);

const theme = document.querySelector(".theme");
const systemDark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (root.dataset.theme ?? (systemDark.matches ? "dark" : "light")) === "dark";
const nameTheme = () => { theme.textContent = isDark() ? "Light theme" : "Dark theme"; };
theme.hidden = false;
theme.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; nameTheme(); });
systemDark.addEventListener("change", nameTheme);
nameTheme();

const tip = document.querySelector(".tip");
let shown = null;
function hide() {
  if (shown === null) return;
  shown.mark.prepend(shown.title);
  shown.mark.classList.remove("at");
  shown = null;
  tip.textContent = "";
}
function show(mark) {
  hide();
  const title = mark.querySelector(":scope > title");
  // The browser would show the title a second time.
  title.remove();
  mark.classList.add("at");
  shown = { mark, title };
  tip.textContent = title.textContent;
  const box = mark.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = tip;
  const left = box.left + box.width / 2 - width / 2;
  tip.style.left = Math.max(4, Math.min(left, innerWidth - width - 4)) + "px";
  tip.style.top = (box.top > height + 10 ? box.top - height - 6 : box.bottom + 6) + "px";
}
const marks = (pictures) => [...pictures.querySelectorAll("title")].map((title) => title.parentNode);
const REACH = 18;
function nearest(svg, x, y) {
  let best = null;
  let least = REACH;
  for (const mark of marks(svg)) {
    const box = mark.getBoundingClientRect();
    const distance = Math.hypot(box.left + box.width / 2 - x, box.top + box.height / 2 - y);
    if (distance < least) { best = mark; least = distance; }
  }
  return best;
}
for (const pictures of document.querySelectorAll(".pictures")) {
  const point = (event) => {
    if (shown !== null && shown.mark === event.target) return;
    hide();
    const svg = event.target.closest("svg");
    if (svg === null) return;
    const mark = event.target.querySelector?.(":scope > title") ? event.target
      : svg.querySelectorAll("title").length < 600 ? nearest(svg, event.clientX, event.clientY) : null;
    if (mark !== null) show(mark);
  };
  pictures.addEventListener("pointermove", point);
  pictures.addEventListener("pointerdown", point);
  pictures.addEventListener("pointerleave", hide);
  let at = -1;
  pictures.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === "Escape") hide();
    if (step === undefined) return;
    event.preventDefault();
    hide();
    const all = marks(pictures);
    if (all.length === 0) return;
    at = (at + step + all.length) % all.length;
    show(all[at]);
  });
  pictures.addEventListener("blur", hide);
}
addEventListener("scroll", hide, { passive: true });

function save(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = data.slug + "-" + name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
/** One picture of all panels of a figure with its keys below, in the colours of the light theme. */
function svgOf(figure) {
  hide();
  const before = root.dataset.theme;
  root.dataset.theme = "light";
  const WIDTH = 1020, GAP = 12;
  let x = GAP, y = GAP, rowHeight = 0, right = 0;
  const parts = [];
  for (const svg of figure.querySelectorAll(".pictures svg")) {
    const { width, height } = svg.viewBox.baseVal;
    const isFirstKey = svg === figure.querySelector(".keys svg");
    if (x > GAP && (isFirstKey || x + width > WIDTH)) { x = GAP; y += rowHeight + GAP; rowHeight = 0; }
    const copy = svg.cloneNode(true);
    const originals = [svg, ...svg.querySelectorAll("*")];
    for (const [i, element] of [copy, ...copy.querySelectorAll("*")].entries()) {
      const style = getComputedStyle(originals[i]);
      const isStyled = element.hasAttribute("class");
      for (const name of ["fill", "stroke", "fill-opacity", "stroke-opacity"]) {
        if (element.hasAttribute(name) || isStyled) element.setAttribute(name, style.getPropertyValue(name));
      }
      element.removeAttribute("class");
    }
    for (const [name, value] of Object.entries({ x, y, width, height })) copy.setAttribute(name, value);
    copy.setAttribute("overflow", "visible"); // labels may stand out, as they do in the page
    copy.removeAttribute("role");
    parts.push(new XMLSerializer().serializeToString(copy));
    x += width + GAP;
    right = Math.max(right, x);
    rowHeight = Math.max(rowHeight, height);
  }
  if (before === undefined) delete root.dataset.theme; else root.dataset.theme = before;
  const height = y + rowHeight + GAP;
  return '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ' + right + " " + height + '" width="' + right + '" height="' + height + '"><rect width="100%" height="100%" fill="#fff"/>' + parts.join("") + "</svg>\\n";
}
const { spec, model, bos, heads, experiments } = data.result;
const { verdict } = data;
const json = (value) => JSON.stringify(value, null, 2) + "\\n";
/** The comparisons of all experiments as CSV. */
function comparisonsCsv() {
  const lines = ["experiment,quantity,measured,published,tolerance,pass"];
  for (const [name, { comparisons, figure2 }] of Object.entries(experiments)) {
    for (const { quantity, measured, published, tolerance, pass } of comparisons ?? figure2?.comparisons ?? []) {
      const verdict = pass === null ? "not judged" : pass ? "yes" : "no";
      lines.push([name, /[",]/.test(quantity) ? '"' + quantity.replaceAll('"', '""') + '"' : quantity, measured, published, tolerance, verdict].join(","));
    }
  }
  return lines.map((line) => line + "\\r\\n").join("");
}
const savers = {
  csv: (name) => save(name + ".csv", "text/csv", data.csv[name]),
  json: (name) => save(name + ".json", "application/json", json({ spec: spec[name], model, bos, heads, experiments: { [name]: experiments[name] } })),
  figure: (name) => save(name + ".json", "application/json", json(data.figures[name])),
  part: (name) => save("verdict-" + name + ".json", "application/json", json({ spec: verdict.spec[name], model: verdict.model, bos: verdict.bos, circuit: verdict.circuit, parts: { [name]: verdict.parts[name] } })),
  claims: () => save("claims.json", "application/json", json({ model: verdict.model, bos: verdict.bos, circuit: verdict.circuit, rule: verdict.rule, comparisons: verdict.comparisons, confidence: verdict.confidence, claims: verdict.claims })),
  verdict: () => save("verdict.json", "application/json", json(verdict)),
  svg: (name, button) => { const figure = button.closest("figure"); save(figure.id + ".svg", "image/svg+xml", svgOf(figure)); },
  comparisons: () => save("comparisons.csv", "text/csv", comparisonsCsv()),
  result: () => save("result.json", "application/json", json(data.result)),
};
for (const button of document.querySelectorAll("[data-save]")) {
  button.addEventListener("click", () => savers[button.dataset.save](button.dataset.name, button));
}
for (const paragraph of document.querySelectorAll(".downloads")) paragraph.hidden = false;
`;
