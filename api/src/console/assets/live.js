// Keeps a page up to date: asks for it again, and puts in place what differs. While a job is under way,
// its events say when; otherwise it is asked now and then, and a page that is the same is not sent.
import { morph } from "./morph.js";
import { learn, relate } from "./time.js";
import { draw } from "./timeline.js";

const SIGN_IN = "/console/sign-in";
const LEAST = 250; // milliseconds between two questions
const listeners = [];
let tag = null;
let asking = null;
let isStale = false;
let failures = 0;
let events = null;

export const afterwards = (listener) => listeners.push(listener);

// Says something to whoever cannot see that it changed.
export const say = (text) => {
  document.getElementById("said").textContent = text;
};

const trouble = (text) => {
  const place = document.getElementById("trouble");
  place.hidden = !text;
  if (place.textContent !== text) place.textContent = text;
};

const sayings = () => [...document.querySelectorAll("#page [data-say]")].map((place) => place.dataset.say);

const show = (text) => {
  const fresh = new DOMParser().parseFromString(text, "text/html");
  const before = new Set(sayings());
  // As it will look in a moment, so that nothing flickers in between.
  relate(fresh);
  ready(fresh);
  const focused = document.activeElement;
  for (const part of ["bar", "page", "dialogs"]) {
    const [old, wanted] = [document, fresh].map((page) => page.getElementById(part));
    if (old && wanted) morph(old, wanted);
  }
  document.title = fresh.title;
  if (focused && focused !== document.body && !focused.isConnected) {
    document.getElementById("page").focus({ preventScroll: true });
  }
  for (const listener of listeners) listener();
  draw();
  listen();
  const news = sayings().filter((saying) => !before.has(saying));
  if (news.length) say(news.slice(0, 3).join("; "));
};

const ask = async () => {
  const headers = tag ? { "if-none-match": tag } : {};
  const response = await fetch(location.href, { headers, cache: "no-store" });
  learn(response);
  if (response.redirected && new URL(response.url).pathname === SIGN_IN) {
    location.assign(response.url);
    return;
  }
  if (response.status === 304) return;
  if (!response.ok) throw new Error(`${response.status}`);
  const text = await response.text();
  tag = response.headers.get("etag");
  show(text);
};

// Brings the page up to date; whoever asks meanwhile waits for the next look, which is later than what
// they have just done.
export const refresh = async () => {
  if (asking) {
    isStale = true;
    return asking.then(() => (isStale ? refresh() : asking));
  }
  isStale = false;
  asking = ask()
    .then(() => { failures = 0; trouble(""); })
    .catch(() => {
      failures += 1;
      // A restart takes a moment, and is nobody's concern.
      if (failures > 2) trouble("The server does not answer; what is shown may be out of date.");
    })
    .finally(() => { asking = null; });
  return asking;
};

// What only scripts can do is there only with them.
export const ready = (page) => {
  for (const button of page.querySelectorAll("[data-open], [data-replay], [data-scripted], [data-follow]")) {
    button.hidden = false;
  }
};

// A browser has few connections to one server, so only a page that is looked at has a stream.
const listen = () => {
  const path = document.hidden ? null : document.querySelector("[data-events]")?.dataset.events ?? null;
  if (events?.path === path) return;
  events?.source.close();
  events = path ? { path, source: new EventSource(path) } : null;
  events?.source.addEventListener("job", soon);
};

let due = null;
const soon = () => {
  due ??= setTimeout(() => { due = null; refresh(); }, LEAST);
};

export const keepUp = () => {
  ready(document);
  const every = Number(document.body.dataset.refresh);
  if (!every) return;
  const again = async () => {
    if (!document.hidden) await refresh();
    setTimeout(again, Math.min(every * 2 ** failures, 30000));
  };
  setTimeout(again, every);
  listen();
  document.addEventListener("visibilitychange", () => {
    listen();
    if (!document.hidden) refresh();
  });
  filter();
};

// What is typed into the search is in the address at once, and the list follows.
const filter = () => {
  const form = document.querySelector("[data-filters]");
  if (!form) return;
  let typed = null;
  const go = () => {
    const chosen = new URLSearchParams([...new FormData(form)].filter(([, value]) => value.trim()));
    const address = chosen.size ? `${form.getAttribute("action")}?${chosen}` : form.getAttribute("action");
    if (address === location.pathname + location.search) return;
    history.replaceState(null, "", address);
    tag = null;
    refresh();
  };
  form.addEventListener("input", () => { clearTimeout(typed); typed = setTimeout(go, 250); });
  form.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(typed); go(); });
};
