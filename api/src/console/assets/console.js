// The console's scripts begin here. Without them every page shows what there is; with them it stays
// up to date, and things can be done.
import { relate } from "./time.js";
import { keepUp } from "./live.js";
import { act } from "./act.js";
import { follow } from "./logs.js";
import { grow } from "./timeline.js";

relate(document);
act();
keepUp();
follow();
grow();

const search = document.getElementById("search");
addEventListener("keydown", (event) => {
  const isTyping = event.target.closest?.("input, textarea, select, dialog");
  if (event.key === "/" && search && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    search.focus();
    search.select();
  }
});
