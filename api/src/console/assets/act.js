// Does what forms say, by the calls that every client has, and then shows the page again: what is seen is
// what the server has accepted, never what was hoped for.
import { afterwards, ready, refresh, say } from "./live.js";

const valueOf = (input) => {
  switch (input.dataset.as) {
    case "json": return JSON.parse(input.value);
    case "list": return [input.value];
    default: return input.value;
  }
};

const bodyOf = (form) => {
  const body = {};
  for (const input of form.elements) {
    const isChosen = input.type !== "radio" || input.checked;
    if (!input.name || !isChosen || !input.value.trim()) continue;
    const service = input.closest("[data-service]")?.dataset.service;
    delete input.dataset.sent;
    if (!service) {
      body[input.name] = valueOf(input);
    } else if (input.value !== input.defaultValue) {
      // Of several services what is different: the others stay as they are.
      const field = input.name.split(".").pop();
      const many = (body.changes ??= []).push({ name: service, [field]: valueOf(input) });
      input.dataset.sent = `changes[${many - 1}].${field}`;
    }
  }
  return body;
};

const problemOf = async (response) => {
  try {
    return await response.json();
  } catch {
    return { detail: `the server answered ${response.status}` };
  }
};

// A call of the API. Gives its answer, or throws what was wrong.
const call = async (text, body, key) => {
  const [method, path] = text.split(" ");
  const headers = key ? { "idempotency-key": key } : {};
  const request = { method, headers };
  let target = path;
  if (method === "POST") {
    headers["content-type"] = "application/json";
    request.body = JSON.stringify(body);
  } else if (method === "GET") {
    target += `?${new URLSearchParams(body)}`;
  }
  let response;
  try {
    response = await fetch(target, request);
  } catch {
    throw { detail: "the server does not answer; look whether it was done before you do it again" };
  }
  if (response.status === 401) {
    location.reload();
  }
  if (!response.ok) throw await problemOf(response);
  return response.status === 204 ? null : response.json();
};

const refuse = (form, problem) => {
  const place = form.querySelector(".refusal");
  for (const line of form.querySelectorAll("[data-problem]")) line.hidden = true;
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  place.hidden = !problem;
  place.textContent = problem?.detail ?? "";
  for (const { field, problem: what } of problem?.errors ?? []) {
    // What is wrong is named as it was sent.
    const sent = [...form.elements].find((input) => input.dataset.sent === field);
    const line = form.querySelector(`[data-problem="${CSS.escape(sent?.name ?? field)}"]`);
    if (!line) continue;
    line.hidden = false;
    line.textContent = what;
    line.closest("details")?.setAttribute("open", "");
    const input = sent ?? form.elements[field];
    if (input instanceof HTMLElement) {
      input.setAttribute("aria-invalid", "true");
      input.focus();
    }
  }
};

const keys = new WeakMap();

const send = async (form) => {
  const button = form.querySelector("[type=submit]");
  const [words, dialog] = [button.textContent, form.closest("dialog")];
  const makes = form.dataset.then === "visit";
  if (makes && !keys.has(form)) keys.set(form, crypto.randomUUID());
  refuse(form, null);
  button.disabled = true;
  button.textContent = "Sending…";
  try {
    const answer = await call(form.dataset.call, bodyOf(form), keys.get(form));
    keys.delete(form);
    if (makes) {
      location.assign(`/console/preview/${answer.preview_id}`);
      return;
    }
    if (form.dataset.then === "link") {
      link(form, answer);
      return;
    }
    say("accepted");
    if (answer?.results) told(answer.results);
    await refresh();
    dialog?.close();
  } catch (problem) {
    // The same request may be sent again as it is; another one is another.
    if (problem.status) keys.delete(form);
    refuse(form, problem.detail ? problem : { detail: `${problem}` });
  } finally {
    button.disabled = false;
    button.textContent = words;
  }
};

// The link, where it can be taken from.
const link = (form, answer) => {
  const place = form.querySelector(".refusal");
  let field = form.querySelector("[data-made]");
  if (!field) {
    field = document.createElement("input");
    field.readOnly = true;
    field.dataset.made = "";
    field.setAttribute("aria-label", "The link");
    place.before(field);
  }
  field.value = answer.url;
  field.focus();
  field.select();
  say("the link is made");
};

// What became of what was replayed.
const told = (results) => {
  const place = document.querySelector("[data-results]");
  if (!place) return;
  const many = {};
  for (const { outcome } of results) many[outcome] = (many[outcome] ?? 0) + 1;
  const lines = Object.entries(many).map(([outcome, count]) => `${count} ${outcome.replaceAll("_", " ")}`);
  const details = results.filter((result) => result.detail).map(({ id, detail }) => `${id}: ${detail}`);
  place.replaceChildren(...[lines.join(", "), ...details].map((text) => {
    const line = document.createElement("li");
    line.textContent = text;
    return line;
  }));
  say(lines.join(", "));
};

const chosen = () => [...document.querySelectorAll("[data-choose]:checked")].map((box) => box.dataset.choose);

const replay = async (button) => {
  const ids = button.dataset.replay === "chosen" ? chosen() : [button.dataset.replay];
  button.disabled = true;
  try {
    const { results } = await call("POST /dead-letters/replay", { ids });
    told(results);
    await refresh();
  } catch (problem) {
    told([{ id: ids.join(", "), outcome: "refused", detail: problem.detail ?? `${problem}` }]);
  } finally {
    button.disabled = false;
    count();
  }
};

const count = () => {
  const button = document.querySelector("[data-replay=chosen]");
  if (button) button.disabled = chosen().length === 0;
};

export const act = () => {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.call === undefined) return;
    event.preventDefault();
    send(form);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.open) {
      const dialog = document.getElementById(button.dataset.open);
      refuse(dialog.querySelector("form"), null);
      dialog.showModal();
      dialog.addEventListener("close", () => button.isConnected && button.focus(), { once: true });
    } else if (button.dataset.close !== undefined) {
      button.closest("dialog").close();
    } else if (button.dataset.replay) {
      replay(button);
    }
  });
  document.addEventListener("change", count);
  afterwards(count);
  ready(document);
};
