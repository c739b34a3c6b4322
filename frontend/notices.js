/** Error messages on the page: what happened, and what to do about it. */

import { element } from "./dom.js";

/** Shows `error` in a notice, with `link` (an `<a>`) below it if given; null takes the notice away. */
export function showError(notice, error, link = null) {
  notice.replaceChildren();
  notice.hidden = error === null;
  if (error === null) return;
  notice.append(element("p", "notice-message", error.message));
  if (error.help) notice.append(element("p", "", error.help));
  if (link) notice.append(link);
}

/** Shows `error` below an input, as its description; null takes it away. */
export function showFieldError(input, error) {
  const place = document.getElementById(`${input.id}-error`);
  place.hidden = error === null;
  place.textContent = error === null ? "" : [error.message, error.help].filter(Boolean).join(" ");
  if (error === null) input.removeAttribute("aria-invalid");
  else input.setAttribute("aria-invalid", "true");
}
