"use strict";
const at = (id) => document.getElementById(id);
const view = at("view");
let asking = ""; // the key whose text is being typed
let last = Promise.resolve();

// The server escaped what articles and people wrote, and no inline script may run here.
const show = (html) => {
  const before = view.querySelector("article")?.dataset.item;
  const focused = document.activeElement?.dataset?.key;
  view.innerHTML = html;
  if (view.querySelector("article")?.dataset.item !== before) {
    scrollTo(0, 0);
    view.querySelector("h1").focus({ preventScroll: true });
  } else if (focused) {
    [...view.querySelectorAll("[data-key]")].find(({ dataset }) => dataset.key === focused)?.focus();
  }
};
const send = async (key, text) => {
  const item = view.querySelector("article")?.dataset.item;
  if (item === undefined) return;
  try {
    const answer = await fetch("/key", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ item, key, text }),
    });
    if (!answer.ok) {
      const problem = await answer.json();
      throw new Error(problem.detail + (problem.hint ? `; next: ${problem.hint}` : ""));
    }
    show(await answer.text());
    at("problem").textContent = "";
  } catch (error) {
    // Browsers say no more than "network error".
    const gone = "the command has ended; start it again, nothing is lost";
    at("problem").textContent = `✗ ${error instanceof TypeError ? gone : error.message}`;
  }
};
// Keys take effect one after the other, also those that are typed ahead.
const press = (key, text = "") => {
  last = last.then(() => send(key, text));
};
const stopAsking = () => {
  asking = "";
  at("typing").hidden = true;
  at("typed").value = "";
};
const pressed = (key) => {
  const prompt = view.querySelector(`template[data-asks="${CSS.escape(key)}"]`);
  if (!prompt) return press(key);
  asking = key;
  at("typing").querySelector("label").textContent = prompt.innerHTML;
  at("typed").setAttribute("list", key === "/" ? "topics" : "");
  at("typing").hidden = false;
  at("typed").focus();
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (asking) {
    if (event.key === "Escape") stopAsking();
    return;
  }
  const button = event.target.closest?.("button");
  if (event.key === "Enter" ? button : event.key === " ") {
    if (button) return; // it is pressed
    event.preventDefault();
    const source = view.querySelector(".source");
    source?.scrollBy({ top: (event.shiftKey ? -0.8 : 0.8) * source.clientHeight });
    return;
  }
  const key = event.key === "Enter" ? "\n" : event.key;
  if ([...key].length !== 1) return;
  event.preventDefault();
  pressed(key);
});
document.addEventListener("click", (event) => {
  const { key } = event.target.closest?.("button")?.dataset ?? {};
  if (key) pressed(key);
});
at("typing").addEventListener("submit", (event) => {
  event.preventDefault();
  press(asking, at("typed").value);
  stopAsking();
});
