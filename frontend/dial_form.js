/** The form that rings a telephone. One press rings once: the button rests, and a repeated request carries the same key. */

import { ApiError, newIdempotencyKey, placeCall } from "./api.js";
import { element } from "./dom.js";
import { showError, showFieldError } from "./notices.js";

const FIELDS = ["to", "person_name", "topic"];
/** After these, the telephone may be ringing: the next press must repeat the same request, not make another one. */
const PERHAPS_RINGING = new Set(["unreachable", "server_error", "twilio_unreachable"]);
const ABOUT_THE_NUMBER = new Set(["invalid_number", "number_refused"]);

export class DialForm {
  /** @param {HTMLFormElement} form  @param {{onCall: (call: object) => void, onShow: (callId: string) => void}} options */
  constructor(form, { onCall, onShow }) {
    this.form = form;
    this.onCall = onCall;
    this.onShow = onShow;
    this.notice = document.getElementById("dial-error");
    this.button = document.getElementById("call-button");
    this.pending = null;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#call();
    });
    for (const name of FIELDS) form.elements[name].addEventListener("input", () => this.#clear(name));
  }

  async #call() {
    FIELDS.forEach((name) => this.#clear(name));
    const request = Object.fromEntries(FIELDS.map((name) => [name, this.form.elements[name].value.trim()]));
    if (!request.to) {
      this.#refuse(new ApiError({ code: "invalid_number", message: "Enter a telephone number, for example +1 202 555 0143." }));
      return;
    }
    this.#setBusy(true);
    try {
      const call = await placeCall(request, this.#keyFor(request));
      this.pending = null;
      this.onCall(call);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (!PERHAPS_RINGING.has(error.code)) this.pending = null;
      this.#refuse(error);
    } finally {
      this.#setBusy(false);
    }
  }

  #keyFor(request) {
    const body = JSON.stringify(request);
    if (this.pending?.body !== body) this.pending = { body, key: newIdempotencyKey() };
    return this.pending.key;
  }

  #refuse(error) {
    const name = ABOUT_THE_NUMBER.has(error.code) ? "to" : error.field;
    const input = FIELDS.includes(name) ? this.form.elements[name] : null;
    if (input) {
      showFieldError(input, error);
      input.focus();
    } else {
      showError(this.notice, error, error.callId ? this.#linkTo(error.callId) : null);
    }
  }

  #linkTo(callId) {
    const link = element("a", "button soft", "Show the call");
    link.href = `/calls/${encodeURIComponent(callId)}`;
    link.addEventListener("click", (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      showError(this.notice, null);
      this.onShow(callId);
    });
    return link;
  }

  #clear(name) {
    showFieldError(this.form.elements[name], null);
    showError(this.notice, null);
  }

  /** A resting button also keeps Enter from sending the form. */
  #setBusy(busy) {
    this.button.disabled = busy;
    this.button.querySelector("span").textContent = busy ? "Calling…" : "Call";
  }
}
