/** The control panel: dial, follow the current call, and look up recent ones. */

import { listCalls } from "./api.js";
import { element } from "./dom.js";
import { DialForm } from "./dial_form.js";
import { LiveCall } from "./live_call.js";
import { showError } from "./notices.js";
import { offerPeople } from "./who_answers.js";
import { STATUS_WORDS, clockDuration, dayAndTime, whoIs } from "./words.js";

const REFRESH_MS = 15_000;
/** Without a key or a click for this long, the page stops asking, so that its session can end. */
const UNATTENDED_MS = 600_000;
const byId = (id) => document.getElementById(id);
const section = byId("current-call");
const current = new LiveCall(section, { onChange: refreshCalls });

async function show(callId, known = null) {
  try {
    section.hidden = false;
    byId("no-call").hidden = true;
    await current.show(callId, known);
  } catch (error) {
    showError(section.querySelector('[data-part="error"]'), error);
  }
}

/** The operator asked for this call: bring it before the eyes, and to the screen reader. */
function showAndGoThere(callId, known = null) {
  const shown = show(callId, known);
  byId("call-person").focus({ preventScroll: true });
  const { top } = section.getBoundingClientRect();
  if (top < 0 || top > innerHeight / 2) section.scrollIntoView({ block: "start" });
  return shown;
}

async function refreshCalls() {
  try {
    const calls = await listCalls();
    drawCalls(calls);
    showError(byId("recent-error"), null);
    return calls;
  } catch (error) {
    byId("recent-empty").hidden = true;
    showError(byId("recent-error"), error);
    return [];
  }
}

function drawCalls(calls) {
  byId("recent-empty").hidden = calls.length > 0;
  byId("recent-empty").textContent = "No calls yet. The first one will be listed here.";
  const focused = document.activeElement?.closest?.("#recent-calls a")?.href;
  byId("recent-calls").replaceChildren(...calls.map(callItem));
  if (focused) [...byId("recent-calls").querySelectorAll("a")].find(({ href }) => href === focused)?.focus();
}

function callItem(call) {
  const item = element("li");
  const link = element("a", "recent-call");
  link.href = `/calls/${encodeURIComponent(call.id)}`;
  const status = element("span", "chip", STATUS_WORDS[call.status] ?? call.status);
  status.dataset.live = call.live;
  status.dataset.status = call.status;
  const facts = [dayAndTime(call.created_at)];
  if (call.direction === "inbound") facts.push("rang us");
  if (!call.live && call.answered_at) facts.push(clockDuration(call.duration_s ?? 0));
  link.append(element("bdi", "recent-who", whoIs(call)), status, element("span", "recent-facts", facts.join(" · ")));
  item.append(link);
  return item;
}

async function start() {
  new DialForm(byId("dial-form"), {
    onCall: (call) => {
      showAndGoThere(call.id, call);
      refreshCalls();
    },
    onShow: (callId) => showAndGoThere(callId),
  });
  if (byId("who-answers")) offerPeople(byId("who-answers"), byId("dial-form"));
  const live = (await refreshCalls()).find((call) => call.live);
  if (live && current.callId === null) show(live.id);
  let attendedAt = Date.now();
  for (const sign of ["pointerdown", "keydown"]) addEventListener(sign, () => (attendedAt = Date.now()));
  const isAttended = () => !document.hidden && Date.now() - attendedAt < UNATTENDED_MS;
  setInterval(() => isAttended() && refreshCalls(), REFRESH_MS);
}

start();
