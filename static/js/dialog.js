// Modal questions and short notices.

import { $, fill, freshId, h } from "./dom.js";
import { t } from "./i18n.js";

/**
 * Shows a modal dialog; answers what the chosen action's `act` returns, or null when it is left.
 * An `act` that throws keeps the dialog open and shows why.
 */
export function dialog({ title, body, actions, cancel = true, wide = false }) {
  return new Promise((resolve) => {
    const heading = freshId("dialog");
    const trouble = h("p", { class: "error", role: "alert", hidden: true });
    const before = document.activeElement;
    const close = (value) => {
      box.close();
      box.remove();
      before?.focus?.();
      resolve(value);
    };
    const run = async (action) => {
      trouble.hidden = true;
      for (const button of buttons) button.disabled = true;
      try {
        close(action.act ? await action.act() : true);
      } catch (error) {
        fill(trouble, error.message);
        trouble.hidden = false;
      } finally {
        for (const button of buttons) button.disabled = false;
      }
    };
    const buttons = actions.map((action) =>
      h(
        "button",
        {
          type: action.primary ? "submit" : "button",
          class: action.danger ? "danger" : action.primary ? "primary" : "",
          on: action.primary ? {} : { click: () => run(action) },
        },
        action.label,
      ),
    );
    const primary = actions.find((action) => action.primary);
    const box = h(
      "dialog",
      { class: wide ? "dialog wide" : "dialog", "aria-labelledby": heading },
      h(
        "form",
        {
          method: "dialog",
          on: {
            submit: (event) => {
              event.preventDefault();
              if (primary) run(primary);
            },
          },
        },
        h("h2", { id: heading }, title),
        h("div", { class: "dialog-body" }, body),
        trouble,
        h(
          "div",
          { class: "dialog-actions" },
          cancel && h("button", { type: "button", on: { click: () => close(null) } }, t("action.cancel")),
          buttons,
        ),
      ),
    );
    box.addEventListener("cancel", (event) => {
      event.preventDefault();
      if (cancel) close(null);
    });
    document.body.append(box);
    box.showModal();
    // Enter does the harmless thing: the wanted one, or for a danger nothing.
    const first =
      box.querySelector(".dialog-body :is(input, select, textarea)") ??
      box.querySelector("button.primary:not(.danger)");
    first?.focus();
  });
}

/** Asks before something that cannot be taken back. */
export const confirm = (title, text, label) =>
  dialog({ title, body: h("p", {}, text), actions: [{ label, primary: true, danger: true }] });

/** Says something in passing, with at most one action. `bad` ones stay until closed. */
export function notice(text, { bad = false, action } = {}) {
  const area = $("#notices");
  const close = () => item.remove();
  const item = h(
    "div",
    { class: bad ? "notice bad" : "notice", role: bad ? "alert" : "status" },
    h("span", {}, text),
    action &&
      h(
        "button",
        {
          type: "button",
          class: "quiet",
          on: {
            click: () => {
              close();
              action.act();
            },
          },
        },
        action.label,
      ),
    h("button", { type: "button", class: "quiet icon", "aria-label": t("action.close"), on: { click: close } }, "×"),
  );
  area.append(item);
  if (!bad) setTimeout(close, action ? 15_000 : 5_000);
  while (area.children.length > 4) area.firstElementChild.remove();
}

/** Tells of an error that no field is to blame for. */
export const complain = (error) => notice(error.message, { bad: true });
