/** One call on a page: its stored events, then its live ones, and the Hang up button. Used by panel.js and call.js. */

import { fetchCall, hangUp } from "./api.js";
import { CallFeed, replay } from "./feed.js";
import { showError } from "./notices.js";
import { CallView } from "./render.js";
import { isOver } from "./words.js";

const LINK_WORDS = {
  reconnecting: "Reconnecting… The call itself goes on; what you miss now will be shown.",
  "signed-out": "Your session has ended. Reload this page and sign in again to follow the call.",
  gone: "This call is no longer known to the server.",
};
/** Events about the end (the last utterance, Twilio's own view) may come a little after the status. */
const FEED_AFTER_THE_END_S = 60;

export class LiveCall {
  /**
   * @param {HTMLElement} root  holds the parts of `call_view.html`
   * @param {{onChange?: (call: object) => void}} options  `onChange` hears of each new status
   */
  constructor(root, { onChange = () => {} } = {}) {
    this.root = root;
    this.onChange = onChange;
    this.wanted = null;
    this.view = null;
    this.feed = null;
    this.ticking = null;
    this.#part("hang-up").addEventListener("click", () => this.#hangUp());
  }

  /** The call shown, or about to be. */
  get callId() {
    return this.wanted;
  }

  /**
   * Leaves the call shown so far, and shows this one: at once if it is `known` already, so that Hang up is there
   * from the first moment. Rejects with `ApiError` if it cannot be had.
   */
  async show(callId, known = null) {
    this.wanted = callId;
    const call = known ?? (await fetchCall(callId)).call;
    if (this.wanted !== callId) return;
    this.stop();
    const view = new CallView(this.root, call);
    this.view = view;
    showError(this.#part("error"), null);
    this.#link("connecting");
    this.#hangUpButton(false);
    const after = await replay(callId, 0, (event) => this.view === view && view.apply(event));
    if (this.view !== view) return;
    view.caughtUp();
    this.onChange(view.call);
    this.ticking = setInterval(() => isOver(view.call.status) || view.drawTimer(), 1000);
    if (!isOver(view.call.status) || Date.now() / 1000 - view.call.ended_at < FEED_AFTER_THE_END_S) this.#follow(after);
  }

  stop() {
    this.feed?.close();
    clearInterval(this.ticking);
    this.view = null;
  }

  #follow(after) {
    const view = this.view;
    const onEvent = (event) => {
      const before = view.call.status;
      view.apply(event);
      if (isOver(view.call.status)) this.#link("live");
      if (view.call.status !== before) this.onChange(view.call);
    };
    this.feed = new CallFeed(view.call.id, {
      after,
      isOver: () => isOver(view.call.status),
      onEvent,
      onLink: (link) => this.#link(link),
    }).start();
  }

  /** While the call is live the operator must know that the page is behind; afterwards nothing is missed. */
  #link(link) {
    const words = isOver(this.view.call.status) && link !== "gone" ? undefined : LINK_WORDS[link];
    const part = this.#part("link");
    part.hidden = !words;
    part.textContent = words ?? "";
    this.root.dataset.link = link;
  }

  async #hangUp() {
    const view = this.view;
    this.#hangUpButton(true);
    showError(this.#part("error"), null);
    try {
      await hangUp(view.call.id);
    } catch (error) {
      if (this.view !== view) return;
      showError(this.#part("error"), error);
      this.#hangUpButton(false);
    }
  }

  #hangUpButton(busy) {
    this.#part("hang-up").disabled = busy;
    this.#part("hang-up-words").textContent = busy ? "Hanging up…" : "Hang up";
  }

  #part(name) {
    return this.root.querySelector(`[data-part="${name}"]`);
  }
}
