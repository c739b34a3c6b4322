/** The page of one call, live or past. */

import { LiveCall } from "./live_call.js";
import { showError } from "./notices.js";

const section = document.getElementById("current-call");

try {
  await new LiveCall(section).show(section.dataset.call);
} catch (error) {
  document.getElementById("call-status").textContent = "Not available";
  section.querySelector('[data-part="status"]').dataset.state = "failed";
  showError(section.querySelector('[data-part="error"]'), error);
}
