// Times: relative in the page, exact behind it. A page from the server has exact ones only.

let ahead = 0; // how far this machine's clock is ahead of the server's, in milliseconds

// The server says what time it is with every answer, in whole seconds: less than two is no difference.
export const learn = (response) => {
  const date = Date.parse(response.headers.get("date") ?? "");
  if (Number.isNaN(date)) return;
  const off = Date.now() - date;
  ahead = Math.abs(off - ahead) > 2000 ? off : ahead;
};

export const now = () => Date.now() - ahead;

// As the server's own lengths are written, to the nearest of the smaller unit: 45s, 2m5s, 12m, 1h30m, 6d.
export const rough = (milliseconds) => {
  const whole = Math.floor(milliseconds / 1000);
  const unit = whole < 600 ? 1 : whole < 86400 ? 60 : whole < 864000 ? 3600 : 86400;
  const seconds = Math.round(whole / unit) * unit;
  const pair = (large, unit, small, smaller) => `${large}${unit}` + (small ? `${small}${smaller}` : "");
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (seconds < 600) return pair(minutes, "m", seconds % 60, "s");
  if (seconds < 3600) return `${minutes}m`;
  const hours = Math.floor(seconds / 3600);
  if (seconds < 86400) return pair(hours, "h", minutes % 60, "m");
  const days = Math.floor(seconds / 86400);
  return seconds < 864000 ? pair(days, "d", hours % 24, "h") : `${days}d`;
};

export const exact = (milliseconds) => {
  const seconds = milliseconds / 1000;
  if (seconds < 0.1) return `${seconds.toFixed(2)}s`;
  return seconds < 60 ? `${seconds.toFixed(1)}s` : rough(milliseconds);
};

const SOON = 10 * 60 * 1000;

const put = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};

// Writes every time of a page as it is seen from now.
export const relate = (page) => {
  const present = now();
  for (const time of page.querySelectorAll("time[data-ago]")) {
    const past = present - Date.parse(time.dateTime);
    put(time, past < 1000 && past > -1000 ? "now" : past < 0 ? `in ${rough(-past)}` : `${rough(past)} ago`);
  }
  for (const time of page.querySelectorAll("time[data-left]")) {
    const left = Date.parse(time.dateTime) - present;
    put(time, left > 0 ? rough(left) : "over");
    time.classList.toggle("soon", left > 0 && left < SOON);
  }
};

setInterval(() => {
  if (!document.hidden) relate(document);
}, 1000);
