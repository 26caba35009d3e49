// Log lines, as they come. Every line is text.
const MOST = 2000; // lines that stay on the page
const PAUSE = 3000; // milliseconds before a stream that ended is begun again

const lineOf = ({ at, service, stream, text }, several) => {
  const line = document.createElement("p");
  const part = (name, content) => {
    const span = document.createElement("span");
    span.className = name;
    span.textContent = content;
    line.append(span);
  };
  part("at", `${at.slice(11, 19)} `);
  if (several) part("of", `${service} `);
  part(stream === "stderr" ? "err" : "out", text);
  return line;
};

class Lines {
  constructor(section) {
    this.section = section;
    this.box = section.querySelector(".lines");
    this.state = section.querySelector("[data-state]");
    this.button = section.querySelector("[data-follow]");
    this.service = section.querySelector("[data-service]");
    this.running = null;
    this.timer = null;
    this.button?.addEventListener("click", () => this.follows ? this.stop("stopped") : this.start());
    this.service?.addEventListener("change", () => { this.stop(""); this.start(); });
  }

  get follows() {
    return this.button?.getAttribute("aria-pressed") === "true";
  }

  press(isPressed) {
    this.button?.setAttribute("aria-pressed", `${isPressed}`);
  }

  start() {
    this.press(true);
    this.read();
  }

  stop(word) {
    this.press(false);
    this.interrupt();
    this.state.textContent = word;
  }

  interrupt() {
    clearTimeout(this.timer);
    this.running?.abort();
    this.running = null;
  }

  // Reads until the stream ends, and then again: what comes is what there is, from its newest lines on.
  async read() {
    this.interrupt();
    const running = new AbortController();
    this.running = running;
    const query = new URLSearchParams({ follow: "true", tail: "200" });
    if (this.service?.value) query.set("service", this.service.value);
    try {
      const address = `${this.section.dataset.logs}?${query}`;
      const response = await fetch(address, { signal: running.signal, headers: { accept: "application/x-ndjson" } });
      if (!response.ok) throw new Error((await response.json()).detail);
      this.state.textContent = "";
      await this.take(response.body.pipeThrough(new TextDecoderStream()).getReader());
    } catch (error) {
      if (running.signal.aborted) return;
      this.state.textContent = error.message;
    }
    if (this.running === running && this.follows && !document.hidden) {
      this.timer = setTimeout(() => this.read(), PAUSE);
    }
  }

  async take(reader) {
    let [rest, isFirst] = ["", true];
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const texts = (rest + part.value).split("\n");
      rest = texts.pop();
      const lines = texts.filter(Boolean).map((text) => JSON.parse(text));
      if (!lines.length) continue;
      if (isFirst) this.box.replaceChildren();
      isFirst = false;
      this.add(lines);
    }
  }

  add(lines) {
    const box = this.box;
    const isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
    for (const line of lines) this.place(line);
    while (box.childElementCount > MOST) box.firstElementChild.remove();
    if (isAtEnd) box.scrollTop = box.scrollHeight;
  }

  // Lines of several processes come one process after the other at first; here they are in the order of time.
  place(line) {
    const element = lineOf(line, Boolean(this.service));
    element.dataset.at = line.at;
    let before = this.box.lastElementChild;
    while (before && before.dataset.at > line.at) before = before.previousElementSibling;
    if (before) before.after(element);
    else this.box.prepend(element);
  }
}

export const follow = () => {
  const section = document.querySelector("[data-logs]");
  if (!section) return;
  const lines = new Lines(section);
  lines.start();
  document.addEventListener("visibilitychange", () => {
    if (!lines.follows) return;
    if (document.hidden) lines.interrupt();
    else lines.read();
  });
};
