// Lets what is under way grow between two looks at the server. The server has drawn everything to scale
// already; here only the scale and what is open move.
import { exact, now } from "./time.js";

const STEPS = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 15000, 30000, 60000, 120000, 300000, 600000, 1800000, 3600000];

const nameOf = (milliseconds) => {
  const [seconds, rest] = [Math.floor(milliseconds / 1000), milliseconds % 1000];
  if (!milliseconds) return "0";
  if (seconds < 60) return `${rest ? (milliseconds / 1000).toFixed(rest % 100 ? 2 : 1) : seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m` + (seconds % 60 ? `${seconds % 60}s` : "");
  return `${Math.floor(seconds / 3600)}h${String(Math.floor((seconds % 3600) / 60)).padStart(2, "0")}m`;
};

const ticks = (svg, length) => {
  const step = STEPS.find((step) => length / step < 6) ?? Math.floor(length / 5);
  const wanted = [];
  for (let at = 0; at <= length; at += step) wanted.push(at);
  while (svg.childElementCount > wanted.length) svg.lastElementChild.remove();
  while (svg.childElementCount < wanted.length) {
    const text = document.createElementNS("http://www.w3.org/2000/svg", "text");
    text.setAttribute("y", "12");
    svg.append(text);
  }
  wanted.forEach((at, i) => {
    const text = svg.children[i];
    text.setAttribute("x", `${((at / length) * 100).toFixed(3)}%`);
    if (text.textContent !== nameOf(at)) text.textContent = nameOf(at);
  });
};

// Draws every timeline that is open as it stands now.
export const draw = () => {
  for (const table of document.querySelectorAll("table.timeline[data-growing]")) {
    const begins = Number(table.dataset.begins);
    const length = Math.max(now() - begins, Number(table.dataset.length), 1);
    ticks(table.querySelector(".ticks"), length);
    for (const bar of table.querySelectorAll("rect[data-from]")) {
      const from = Number(bar.dataset.from);
      const to = bar.dataset.to === undefined ? length : Number(bar.dataset.to);
      bar.setAttribute("x", `${((from / length) * 100).toFixed(3)}%`);
      bar.setAttribute("width", to > from ? `${(((to - from) / length) * 100).toFixed(3)}%` : "2");
    }
    for (const cell of table.querySelectorAll("[data-since]")) {
      cell.textContent = exact(Math.max(now() - Number(cell.dataset.since), 0));
    }
  }
};

export const grow = () => {
  setInterval(() => { if (!document.hidden) draw(); }, 100);
};
