/**
 * The panel's API: one function per endpoint, one kind of error. No DOM here, except for the page's CSRF token.
 */

const TIME_OUT_MS = 15_000;
/** Placing a call waits for Twilio, which has its own time-outs in the web app. */
const PLACE_CALL_TIME_OUT_MS = 40_000;

/** Anything that went wrong with a request, with words for the operator. */
export class ApiError extends Error {
  /** @param {{code: string, message: string, help?: string, field?: string, call_id?: string}} details */
  constructor({ code, message, help, field, call_id: callId }) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.help = help ?? "";
    this.field = field ?? null;
    this.callId = callId ?? null;
  }
}

/** Rings a telephone. A repeated `key` gives the call it made the first time. */
export async function placeCall({ to, person_name, topic }, key) {
  const body = { to };
  if (person_name) body.person_name = person_name;
  if (topic) body.topic = topic;
  const headers = { "Idempotency-Key": key };
  return (await send("POST", "/api/calls", { body, headers, timeOutMs: PLACE_CALL_TIME_OUT_MS })).call;
}

/** The newest calls, newest first. */
export async function listCalls(limit = 50) {
  return (await send("GET", `/api/calls?limit=${limit}`)).calls;
}

/** `{call, transcript}` */
export function fetchCall(callId) {
  return send("GET", `/api/calls/${encodeURIComponent(callId)}`);
}

/** Events with a sequence number above `after`, oldest first; perhaps not all of them at once. */
export async function fetchEvents(callId, after) {
  return (await send("GET", `/api/calls/${encodeURIComponent(callId)}/events?after=${after}`)).events;
}

/** Ends a call; one that is over already is no error. */
export async function hangUp(callId) {
  return (await send("POST", `/api/calls/${encodeURIComponent(callId)}/hangup`)).call;
}

/** `{ticket, url, expires_in_s}`: opens the feed once. */
export function requestFeedTicket() {
  return send("POST", "/api/feed-tickets");
}

/** Who can answer in the sandbox: `[{name, number, description}]`. */
export async function sandboxPeople() {
  return (await send("GET", "/api/sandbox/people")).people;
}

/** A fresh Idempotency-Key. `crypto.randomUUID` exists in secure contexts only; random values exist everywhere. */
export function newIdempotencyKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function send(method, path, { body, headers = {}, timeOutMs = TIME_OUT_MS } = {}) {
  const request = { method, headers: { Accept: "application/json", ...headers }, signal: AbortSignal.timeout(timeOutMs) };
  if (method !== "GET") {
    request.headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
    request.headers["Content-Type"] = "application/json";
    request.body = JSON.stringify(body ?? {});
  }
  let response;
  let answer;
  try {
    response = await fetch(path, request);
    answer = await readJson(response);
  } catch {
    throw unreachable();
  }
  if (response.ok && answer !== null) return answer;
  throw new ApiError(answer?.error?.code ? withHelp(answer.error) : unexpected(response));
}

/** The body as JSON, or null for what is not: a proxy's error page, for example. */
async function readJson(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function withHelp(error) {
  const help = {
    unauthorized: "Your session has ended. Reload this page and sign in again.",
    csrf: "This page has been open for too long. Reload it and try again.",
  };
  return { ...error, help: error.help ?? help[error.code] };
}

function unexpected(response) {
  return {
    code: response.status >= 500 ? "server_error" : "unexpected",
    message: "Kindline’s server gave an answer that this page does not understand.",
    help: `Try again in a moment. If it stays like this, look at the server’s log (HTTP ${response.status}).`,
  };
}

function unreachable() {
  return new ApiError({
    code: "unreachable",
    message: "Kindline’s server cannot be reached.",
    help: "Check that it is running and that this computer is online, then try again.",
  });
}
