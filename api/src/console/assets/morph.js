// Makes one tree of nodes into another with as few changes as it takes, so that focus, scrolling, what is
// open and what somebody has typed stay where they are.

// What belongs to whoever looks needs a key too: made into its neighbour it would stay as it is, and the
// neighbour would never be seen.
const keyOf = (node) =>
  node.nodeType === Node.ELEMENT_NODE ? node.id || node.dataset.key || node.dataset.keep || null : null;

const isSame = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b);

// What belongs to whoever looks, and not to the server.
const isTheirs = (element) =>
  element.dataset.keep !== undefined || (element.nodeName === "DIALOG" && element.open);

const isTyped = (element) => element.matches("input, select, textarea");

const attributes = (old, fresh) => {
  for (const { name } of [...old.attributes]) {
    const isOpen = name === "open" && old.nodeName === "DETAILS";
    if (!fresh.hasAttribute(name) && !isOpen) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
};

export const morph = (old, fresh) => {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  if (isTheirs(old)) return;
  // What somebody has typed or chosen is theirs, unless it is in a dialog that nobody has opened.
  if (isTyped(old) && !old.closest("dialog:not([open])")) return;
  attributes(old, fresh);
  if (isTyped(old)) [old.value, old.checked] = [fresh.value, fresh.checked];
  children(old, fresh);
};

const children = (old, fresh) => {
  const keyed = new Map([...old.childNodes].map((child) => [keyOf(child), child]));
  let at = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const key = keyOf(wanted);
    let found = key !== null ? keyed.get(key) : at;
    if (found && (!isSame(found, wanted) || found.parentNode !== old)) found = null;
    // What has a key of its own is not made into what has none.
    if (!found) {
      old.insertBefore(document.importNode(wanted, true), at);
      continue;
    }
    if (found !== at) old.insertBefore(found, at);
    else at = at.nextSibling;
    morph(found, wanted);
  }
  while (at) {
    const next = at.nextSibling;
    if (!(at.nodeType === Node.ELEMENT_NODE && isTheirs(at))) at.remove();
    at = next;
  }
};
