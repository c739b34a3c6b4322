/**
 * The live events of one call, over the bridge's `/feed` WebSocket. Loses none and gives none twice: each event has
 * a sequence number and says which one came before it (not every number is for browsers), and every connection asks
 * for what comes after the last one seen. While the feed cannot be
 * opened, the web app's API is asked for news instead, so that a stopped bridge does not hide what Twilio reports.
 */

import { ApiError, fetchEvents, requestFeedTicket } from "./api.js";

/** The server pings every 10 s; browsers cannot see pings of the protocol itself. */
const SILENCE_MS = 25_000;
const HANDSHAKE_MS = 10_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

/** The bridge's close codes (RFC 6455 leaves 4000-4999 to applications). */
const CLOSED = { OVER: 1000, TICKET_REFUSED: 4401, NO_SUCH_CALL: 4404 };

/** How long to wait before attempt `failures`: doubling, with jitter, so that many pages do not return at once. */
export function backOffMs(failures, random = Math.random()) {
  const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1));
  return wait * (0.75 + random / 4);
}

/** Every stored event after `after`, in order; asks until there are no more. */
export async function replay(callId, after, onEvent) {
  let last = after;
  for (;;) {
    const events = await fetchEvents(callId, last);
    if (events.length === 0) return last;
    for (const event of events) {
      onEvent({ ...event, after: last });
      last = event.seq;
    }
  }
}

export class CallFeed {
  /**
   * @param {string} callId
   * @param {{after?: number, isOver: () => boolean, onEvent: (event: object) => void, onLink: (link: string) => void}} options
   *   `onLink` is told "live", "reconnecting", "ended" (the call is long over), "gone" (no such call) or "signed-out".
   */
  constructor(callId, { after = 0, isOver, onEvent, onLink }) {
    this.callId = callId;
    this.lastSeq = after;
    this.isOver = isOver;
    this.onEvent = onEvent;
    this.onLink = onLink;
    this.failures = 0;
    this.attempt = 0;
    this.socket = null;
    this.stopped = false;
    this.timer = null;
    this.watchdog = null;
    this.goneOffline = () => this.#lost();
    this.cameBack = () => this.#hurry();
    window.addEventListener("offline", this.goneOffline);
    window.addEventListener("online", this.cameBack);
    document.addEventListener("visibilitychange", this.cameBack);
  }

  start() {
    this.#connect();
    return this;
  }

  close() {
    this.stopped = true;
    clearTimeout(this.timer);
    this.#drop();
    window.removeEventListener("offline", this.goneOffline);
    window.removeEventListener("online", this.cameBack);
    document.removeEventListener("visibilitychange", this.cameBack);
  }

  async #connect() {
    this.timer = null;
    this.attempt += 1;
    const attempt = this.attempt;
    const isStale = () => this.stopped || this.timer !== null || attempt !== this.attempt;
    try {
      if (this.failures > 0) await replay(this.callId, this.lastSeq, (event) => isStale() || this.#take(event));
      const pass = await requestFeedTicket();
      if (!isStale()) this.#open(pass);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (isStale()) return;
      if (error.code === "unauthorized") this.#end("signed-out");
      else if (error.code === "not_found") this.#end("gone");
      else this.#lost();
    }
  }

  #open({ ticket, url }) {
    let socket;
    try {
      socket = new WebSocket(url);
    } catch {
      this.#lost(); // an address the browser refuses, such as ws:// on a page that came by https
      return;
    }
    this.socket = socket;
    this.#watch(HANDSHAKE_MS);
    socket.onopen = () => socket.send(JSON.stringify({ ticket, call: this.callId, after: this.lastSeq }));
    socket.onmessage = (message) => socket === this.socket && this.#receive(message.data);
    socket.onclose = ({ code }) => socket === this.socket && this.#closed(code);
  }

  #receive(text) {
    this.#watch(SILENCE_MS);
    const message = JSON.parse(text);
    if (message.type === "event") {
      this.#take(message);
    } else if (message.type === "caught_up") {
      this.failures = 0;
      this.onLink("live");
    }
  }

  /** A gap means that something was lost on the way: ask again from the last event that is certain. */
  #take(event) {
    if (event.seq <= this.lastSeq) return;
    if (event.after > this.lastSeq) {
      console.warn(`Event ${event.seq} came after ${this.lastSeq}; asking again.`);
      this.#lost();
      return;
    }
    this.lastSeq = event.seq;
    this.onEvent(event);
  }

  #closed(code) {
    if (code === CLOSED.OVER && this.isOver()) this.#end("ended");
    else if (code === CLOSED.NO_SUCH_CALL) this.#end("gone");
    else this.#lost(); // a refused ticket (4401) too: every attempt brings a new one
  }

  #lost() {
    if (this.stopped || this.timer !== null) return;
    this.#drop();
    this.failures += 1;
    this.onLink("reconnecting");
    this.timer = setTimeout(() => this.#connect(), backOffMs(this.failures));
  }

  /** The network, or the operator's eye, is back: do not sit out a long wait. */
  #hurry() {
    if (this.timer === null || document.hidden) return;
    clearTimeout(this.timer);
    this.#connect();
  }

  #end(link) {
    this.close();
    this.onLink(link);
  }

  #watch(forMs) {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.#lost(), forMs);
  }

  #drop() {
    clearTimeout(this.watchdog);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }
}
