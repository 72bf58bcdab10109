// The page asks; all mathematics is in Python. One question is under way at a time, and after it the newest one.

import { Globe, View } from "./globe.js";

const at = (name) => document.getElementById(name);
const NAMES = { phi_deg: ["φ", 0, 180, 0.01, "°"], eta: ["η", 0, 1, 0.001, ""], eta_a: ["η_A", 0, 1, 0.001, ""],
  eta_b: ["η_B", 0, 1, 0.001, ""], visibility: ["V", 0, 1, 0.001, ""] };

let start = null;
let problem = null; // as problem files have it; kind = "bound" as soon as there is a functional
let visibility = 1;
let directions = null;
let target = {}; // the table [behaviour] of a question about visibilities
let newest = 0;
let running = false;

async function ask(name, content) {
  const answer = await fetch(name, { method: "POST", body: JSON.stringify(content),
    headers: { "Content-Type": "application/json" } });
  const found = await answer.json().catch(() => ({ problem: `the server answered ${answer.status}` }));
  // a question that the server refuses is no error of the page
  return answer.ok ? found : { problem: found.problem || `the server answered ${answer.status}` };
}

function told(error) {
  return error instanceof TypeError ? "the server does not answer: nsmodels explore has ended" : String(error);
}

function chosen(globe, index) {
  const point = globe.points[index];
  if (!point) return;
  const text = point.map((x) => (Math.abs(x) < 5e-5 ? 0 : x).toFixed(4)).join(", ");
  at("chosen").textContent = `${globe.letter}${index} = (${text})`;
}

function moved(party, globe, index, direction) {
  directions[party][index] = direction;
  problem.settings = { alice: directions.alice, bob: directions.bob };
  globe.show(directions[party], globe.arrow);
  chosen(globe, index);
  refresh();
}

const view = new View();
const globes = {};
for (const [party, letter] of [["alice", "a"], ["bob", "b"]]) {
  globes[party] = new Globe(at(party), letter, party, view,
    (index, direction) => moved(party, globes[party], index, direction), (index) => chosen(globes[party], index));
  for (const name of ["focus", "blur"]) at(party).addEventListener(name, () => globes[party].draw());
  at(party).setAttribute("aria-label", `${party === "alice" ? "Alice" : "Bob"}'s directions on the Poincaré sphere`);
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const globe of Object.values(globes)) globe.draw();
});

function bound() {
  return { problem: { ...problem, kind: "bound" }, visibility };
}

function visibilities() {
  const { functional, ...rest } = problem;
  const behaviour = { ...target };
  delete behaviour.visibility;
  behaviour.name = "singlet";
  return { problem: { ...rest, kind: "visibility", behaviour }, visibility };
}

// Ask for the bound; while an answer is awaited only the newest question is kept.
async function refresh() {
  newest += 1;
  if (running || !problem.functional) return;
  running = true;
  const slow = setTimeout(() => { at("busy").textContent = "working; the first time kernels are compiled …"; }, 700);
  try {
    let asked;
    let patient = false;
    do {
      asked = newest;
      const found = await ask("bound", { ...bound(), patient });
      if (found.problem) at("busy").textContent = found.problem;
      else shown(found, asked === newest);
      // what a moment does not close gets its time, once the hand rests
      patient = Boolean(found.wide) && asked === newest && !patient;
      if (patient) at("busy").textContent = "both ends are proved; they are brought closer …";
    } while (asked !== newest || patient);
  } catch (error) {
    at("busy").textContent = told(error);
  }
  clearTimeout(slow);
  running = false;
}

function shown(found, isNewest) {
  at("busy").textContent = "";
  // what is dragged meanwhile is further already than the answer
  if (isNewest) directions = found.directions;
  const state = found.state || {};
  globes.alice.show(directions.alice, state.u || null);
  globes.bob.show(directions.bob, state.v || null);
  for (const mark of document.querySelectorAll(".hidden-state")) mark.hidden = !(state.u || state.v);
  at("bound").replaceChildren(found.bound ? `≤ ${found.bound.text} ` : "–", small(`${found.status}`));
  at("bound").dataset.upper = found.bound ? found.bound.upper : "";
  at("quantum").textContent = `${found.quantum_text} at V = ${visibility}`;
  at("quantum").dataset.value = found.quantum;
  at("violation").textContent = found.verdict;
  at("violation").className = found.violated ? "violated" : "";
  const names = { u: "u", v: "v", alice: "A", bob: "B" };
  at("state").textContent = Object.entries(state).filter(([name]) => name in names)
    .map(([name, row]) => `${names[name]} = (${row.map((x) => (Math.abs(x) < 5e-5 ? 0 : x).toFixed(4)).join(", ")})`)
    .join("; ") || "–";
}

function small(text) {
  const part = document.createElement("small");
  part.textContent = text;
  return part;
}

function named(functional) {
  if (!functional) return "none yet";
  return functional.name ? functional.name : "coefficients of the problem";
}

function sliders() {
  at("sliders").replaceChildren();
  for (const [key, value] of [...Object.entries(start.sliders), ["visibility", visibility]]) {
    const [name, low, high, step, sign] = NAMES[key];
    const label = document.createElement("label");
    label.className = "slider";
    const input = Object.assign(document.createElement("input"), { type: "range", min: low, max: high, step, id: key });
    input.value = value;
    const output = document.createElement("output");
    output.textContent = `${Number(value.toFixed(6))}${sign}`;
    input.addEventListener("input", () => {
      const number = Number(input.value);
      output.textContent = `${number}${sign}`;
      slid(key, number);
    });
    label.append(name, input, output);
    at("sliders").append(label);
  }
}

function slid(key, number) {
  if (key === "visibility") visibility = number;
  // a purity below the smallest that models take is none at all
  else if (key !== "phi_deg") problem.model = { ...problem.model, [key]: number };
  else problem.settings = { ...start.problem.settings, phi_deg: number };
  refresh();
}

async function busy(button, work) {
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    at("busy").textContent = told(error);
  }
  button.disabled = false;
}

async function best() {
  const text = at("best-text");
  text.textContent = "searching …";
  const found = await ask("best", visibilities());
  if (found.problem) {
    text.textContent = found.problem;
    return;
  }
  text.textContent = found.text;
  if (!found.functional) return;
  problem.functional = found.functional;
  at("functional").innerHTML = found.html; // made by Python of letters and numbers
  await refresh();
}

async function save(name) {
  const place = at("saved");
  place.textContent = name === "prove" ? "answering in full, and proving …" : "";
  const content = problem.functional ? bound() : visibilities();
  const found = await ask(name, { ...content, name: at("name").value.trim() });
  place.textContent = found.problem || `${found.saved} is written; \`${found.command}\` answers it. `;
  place.className = found.problem ? "no" : "";
  if (!found.proof) return;
  const link = Object.assign(document.createElement("a"), { href: found.proof, textContent: found.proof });
  const verdict = found.proved ? "Every claim is proved by the checker" : "NOT everything is proved";
  place.append(`${verdict}: `, link, ".");
}

async function begin() {
  start ||= await (await fetch("start")).json();
  problem = structuredClone(start.problem);
  target = problem.behaviour || problem.behavior || {};
  delete problem.behaviour;
  delete problem.behavior;
  directions = structuredClone(start.directions);
  visibility = start.visibility;
  at("title").textContent = start.title;
  document.title = `${start.title} · nsmodels explore`;
  at("best-text").textContent = "";
  at("functional").textContent = named(problem.functional);
  sliders();
  globes.alice.show(directions.alice, null);
  globes.bob.show(directions.bob, null);
  await (problem.functional ? refresh() : best());
}

at("best").addEventListener("click", () => busy(at("best"), best));
at("undo").addEventListener("click", () => busy(at("undo"), begin));
at("save").addEventListener("click", () => busy(at("save"), () => save("save")));
at("prove").addEventListener("click", () => busy(at("prove"), () => save("prove")));
begin().catch((error) => { at("busy").textContent = told(error); });
