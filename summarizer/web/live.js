"use strict";
const at = (id) => document.getElementById(id);
let token = sessionStorage.getItem("token") ?? "";
let running = null;

// Every request of the page goes through here: with the token, and errors as problems.
const ask = async (path, options = {}) => {
  const headers = { ...options.headers };
  if (token) headers.Authorization = `Bearer ${token}`;
  const answer = await fetch(path, { ...options, headers });
  if (answer.ok) return answer;
  if (answer.status === 401) at("token-form").hidden = false;
  const problem = await answer.json().catch(() => ({ detail: answer.statusText }));
  throw new Error(words(problem));
};
const words = (problem) => problem.detail + (problem.hint ? `; next: ${problem.hint}` : "");
const asJson = (value) => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(value),
});
const tell = (error) => {
  at("problem").textContent = error.name === "AbortError" ? "" : `✗ ${error.message}`;
};

// Server-sent events in the body of an answer: EventSource can neither POST nor send a token.
async function* eventsOf(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const parts = text.split("\n\n");
    text = parts.pop();
    for (const part of parts) {
      const [event, data] = part.split("\n").map((line) => line.slice(line.indexOf(": ") + 2));
      yield { event, data: JSON.parse(data) };
    }
  }
}

const digest = async (path, options, name) => {
  const began = performance.now();
  let step = "asking the server";
  let made = false;
  const show = () => {
    const seconds = Math.round((performance.now() - began) / 1000);
    at("stage").textContent = `${name ? `${name}: ` : ""}${step}, ${seconds} s`;
  };
  const clock = setInterval(show, 500);
  at("draft").textContent = "";
  at("now").hidden = false;
  show();
  try {
    for await (const { event, data } of eventsOf(await ask(path, options))) {
      if (event === "step") step = data.step;
      else if (event === "text") at("draft").append(data);
      else if (event === "problem") throw new Error(words(data));
      else if (event === "digest") {
        add(data);
        remember(data);
        made = true;
      }
      show();
    }
    if (!made) throw new Error("the server stopped before the digest was done; start it again");
  } catch (error) {
    // Browsers say no more than "network error".
    if (error instanceof TypeError) throw new Error("the server cannot be reached; is it running?");
    throw error;
  } finally {
    clearInterval(clock);
    at("now").hidden = true;
  }
};

// The server escaped what articles and models wrote, and no inline script may run here.
const fragment = (html) => {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
};
// What this tab shows is there again after a reload; nothing of it outlives the tab.
const remembered = () => JSON.parse(sessionStorage.getItem("digests") ?? "[]");
const remember = (digest) => {
  const digests = [...remembered().filter(({ id }) => id !== digest.id), digest].slice(-50);
  while (digests.length) {
    try {
      sessionStorage.setItem("digests", JSON.stringify(digests));
      return;
    } catch {
      digests.shift(); // the browser gives no more room
    }
  }
};
const add = ({ id, html, title }) => {
  at(`d${id}-title`)?.closest(".digest").remove();
  document.querySelector(`#history a[href="#d${id}-title"]`)?.parentElement.remove();
  at("digests").prepend(fragment(html));
  const link = document.createElement("a");
  link.href = `#d${id}-title`;
  link.textContent = title;
  const entry = document.createElement("li");
  entry.append(link);
  at("history").querySelector("ol").prepend(entry);
  at("history").hidden = false;
};

const work = async (tasks) => {
  at("problem").textContent = "";
  running = new AbortController();
  const button = at("ask").querySelector("[type=submit]");
  button.disabled = true;
  at("stop").hidden = false;
  for (const [path, options, name] of tasks) {
    if (running.signal.aborted) break;
    try {
      await digest(path, { ...options, signal: running.signal }, name);
    } catch (error) {
      tell(error);
    }
  }
  button.disabled = false;
  at("stop").hidden = true;
};
const filesOf = (files) => {
  const length = at("length").value;
  return [...files].map((file) => [
    `/page/file?${new URLSearchParams({ name: file.name.slice(-200), ...(length && { length }) })}`,
    { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file },
    file.name,
  ]);
};

at("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const source = at("source").value.trim();
  const tasks = filesOf(at("files").files);
  const request = { source, length: at("length").value || null };
  if (source) tasks.unshift(["/page/digest", asJson(request)]);
  at("files").value = "";
  if (tasks.length) work(tasks);
  else tell(new Error("paste a text or an address, or choose a file"));
});
at("stop").addEventListener("click", () => running?.abort());
for (const [name, isOver] of [["dragover", true], ["dragleave", false], ["drop", false]])
  document.addEventListener(name, (event) => {
    event.preventDefault();
    at("drop").classList.toggle("over", isOver);
    if (name === "drop" && event.dataTransfer.files.length && at("stop").hidden)
      work(filesOf(event.dataTransfer.files));
  });

at("search").addEventListener("submit", async (event) => {
  event.preventDefault();
  const query = at("query").value.trim();
  if (!query) return;
  at("hits").replaceChildren();
  try {
    const answer = await ask("/v1/search", asJson({ query, limit: 10 }));
    const { articles } = await answer.json();
    at("found").textContent = articles.length ? `${articles.length} found` : "nothing was found";
    for (const article of articles) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "open";
      button.dataset.key = article.key;
      button.textContent = article.title ?? article.key;
      const excerpt = document.createElement("p");
      excerpt.className = "dim";
      excerpt.textContent = [article.published, ...article.topics, article.excerpt]
        .filter(Boolean)
        .join(" · ");
      const entry = document.createElement("li");
      entry.append(button, excerpt);
      at("hits").append(entry);
    }
  } catch (error) {
    at("found").textContent = error.message;
  }
});
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button.open");
  if (!button) return;
  const { key, id = "" } = button.dataset;
  try {
    const answer = await ask(`/page/article?${new URLSearchParams({ key, id })}`);
    at("opened-article").replaceChildren(fragment(await answer.text()));
    at("opened").showModal();
  } catch (error) {
    tell(error);
  }
});

at("digests").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const topics = [...form.querySelectorAll("[name=topic]:checked")].map((box) => box.value);
  if (form.elements.more.value.trim()) topics.push(form.elements.more.value.trim());
  const output = form.querySelector("output");
  try {
    const request = { article: form.dataset.article, topics };
    const answer = await ask("/page/topics", asJson(request));
    const kept = (await answer.json()).topics;
    output.textContent = `Kept: ${kept.join("; ") || "no topic fits"}.`;
    form.elements.more.value = "";
  } catch (error) {
    output.textContent = `✗ ${error.message}`;
  }
});
// The names of the topics, for whoever is about to type one.
at("digests").addEventListener("focusin", async ({ target }) => {
  if (target.name !== "more" || at("topics").options.length) return;
  try {
    const { topics } = await (await ask("/page/topics")).json();
    at("topics").replaceChildren(...topics.map((name) => new Option("", name)));
  } catch (error) {
    tell(error);
  }
});
at("export").addEventListener("click", async () => {
  try {
    const answer = await ask("/page/corrections.jsonl");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await answer.blob());
    link.download = "corrections.jsonl";
    link.click();
    URL.revokeObjectURL(link.href);
  } catch (error) {
    tell(error);
  }
});
at("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  token = at("token").value;
  sessionStorage.setItem("token", token);
  at("token-form").hidden = true;
  at("problem").textContent = "";
});
remembered().forEach(add);
