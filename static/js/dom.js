// Building and finding elements. Text is always text: nothing here parses HTML.

/** An element. `on` holds listeners, `dataset` data attributes, `.name` sets a property, `false` and `null` set nothing. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (name.startsWith(".")) element[name.slice(1)] = value;
    else element.setAttribute(name, value === true && !name.startsWith("aria-") ? "" : value);
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child);
  }
}

/** Puts `children` in place of what is in `element`. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

export const $ = (selector, root = document) => root.querySelector(selector);

/** Sets text only where it differs, so that live regions and selections are left in peace. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

let serial = 0;
/** An id no other element has. */
export const freshId = (prefix) => `${prefix}-${++serial}`;

/** Calls `action` once things have been quiet for `ms`. */
export function debounce(action, ms) {
  let timer;
  const later = (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...values), ms);
  };
  later.cancel = () => clearTimeout(timer);
  return later;
}

/** Calls `action` at most once in `ms`, and once more after the last call: a lively source starves nobody. */
export function throttle(action, ms) {
  let timer = null;
  let again = false;
  const later = () => {
    timer = null;
    if (again) fire();
  };
  const fire = () => {
    again = false;
    timer = setTimeout(later, ms);
    action();
  };
  return () => {
    if (timer === null) fire();
    else again = true;
  };
}

const NS = "http://www.w3.org/2000/svg";
/** The mark of a state: a shape of its own for each, so that colour is never the only sign. */
export function mark(state) {
  const shapes = {
    good: "M3 8.5 6.5 12 13 4.5",
    uncertain: "M8 2 14.5 13.5H1.5Z",
    bad: "M3.5 3.5 12.5 12.5M12.5 3.5 3.5 12.5",
    idle: "M3 8H13",
    busy: "M8 2.5A5.5 5.5 0 1 1 2.5 8",
  };
  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", `mark mark-${state}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(NS, "path");
  path.setAttribute("d", shapes[state] ?? shapes.idle);
  svg.append(path);
  return svg;
}

const HEALTH_MARK = { up: "good", degraded: "uncertain", failed: "bad", starting: "busy", stopped: "idle" };
/** The name of the mark of a health. */
export const healthSign = (health) => HEALTH_MARK[health] ?? "idle";
export const healthMark = (health) => mark(healthSign(health));
