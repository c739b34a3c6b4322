/**
 * Call events -> the page. `DRAWINGS` has one entry for every kind in `callregistry/call_events.py` (a test compares
 * the two); a kind it does not know is ignored with a warning, so that an older page survives a newer server.
 */

import { Conversation } from "./conversation.js";
import {
  ANSWERED_BY_WORDS, FAILED_STAGE_WORDS, FINISHED_WORDS, OVER_WORDS, USUAL_VOICE,
  clockDuration, dayAndTime, isOver, numberOf, voiceChangeWords, voiceWords, whoIs,
} from "./words.js";

const DRAWINGS = {
  "call.created": (view, { person_name: name, topic }) => view.learn({ person_name: name, topic }),
  "call.status": (view, { status, reason }, at) => {
    view.learn(status === "in-progress" ? { status, answered_at: at } : { status });
    if (isOver(status)) view.learn({ end_reason: reason, ended_at: at });
  },
  "call.answered_by": (view, { answered_by: who }) => {
    if (ANSWERED_BY_WORDS[who]) view.conversation.note(ANSWERED_BY_WORDS[who]);
  },
  "call.finished": (view, { reason }, at) => view.learn({ finished_at: at, finished: reason }),
  "stream.started": (view, { attempt }) => {
    if (attempt > 1) view.conversation.note("The line is back; the conversation goes on.");
    view.state.streaming = true;
  },
  "stream.ended": (view) => Object.assign(view.state, { streaming: false, agent: null, personSpeaking: false }),
  "stream.status": (view, { event, error }) => {
    if (error) view.conversation.note(`Twilio reports about the audio (${event}): ${error}`, { bad: true });
  },
  "agent.state": (view, { state }) => (view.state.agent = state),
  "person.speaking": (view, { speaking }) => (view.state.personSpeaking = speaking),
  "person.said": (view, { turn, text }, at) => view.conversation.personSaid(turn, text, at),
  "reply.draft": (view, { turn, what }) => what === "withdrawn" && view.conversation.draftWithdrawn(turn),
  "reply.started": (view, data, at) => view.conversation.replyStarted(data, at),
  "agent.sentence": (view, { reply, text }, at) => view.conversation.sentence(reply, text, at),
  "agent.said": (view, data, at) => view.conversation.agentSaid(data, at),
  "stage.failed": (view, { stage, problem }) => {
    view.conversation.note(`${FAILED_STAGE_WORDS[stage] ?? "A step failed."} (${problem})`, { bad: true });
  },
  "voice.changed": (view, { pace, gain_db }) => {
    const words = voiceChangeWords(view.state.voice, { pace, gain_db });
    if (words) view.conversation.note(words);
    view.state.voice = { pace, gain_db };
  },
  "turn.step": () => {}, // for scripts/replay; browsers are not sent it
  "person.pressed": (view, { digit }) => view.conversation.note(`The key ${digit} was pressed.`),
};

/** `agent.state` -> the status, why, and a quiet hint that no screen reader announces: it comes with every pause. */
const AGENT_STATES = {
  listening: ["Listening", "", ""],
  drafting: ["Listening", "", "preparing an answer"],
  thinking: ["Thinking", "", ""],
  speaking: ["AI speaking", "", ""],
  held: ["Paused", "the person is speaking", ""],
  waiting: ["Waiting", "the person asked us to hold on", ""],
};

/** The call's status for the eye and for screen readers: `[state, words, why, hint]`. */
function statusOf({ call, state }) {
  if (isOver(call.status)) return [call.status === "completed" ? "over" : "failed", "Disconnected", why(call)];
  if (call.finished_at) return ["over", "Hanging up…", FINISHED_WORDS[call.finished] ?? ""];
  if (call.status === "ringing") return ["ringing", "Ringing", ""];
  if (call.status !== "in-progress") return ["calling", "Calling…", ""];
  const agent = state.personSpeaking && state.agent === "thinking" ? "listening" : state.agent;
  return Object.hasOwn(AGENT_STATES, agent ?? "") ? [agent, ...AGENT_STATES[agent]] : ["connected", "Connected", ""];
}

function why(call) {
  const finished = FINISHED_WORDS[call.finished];
  if (call.status === "completed" && finished) return finished;
  return call.end_reason || finished || OVER_WORDS[call.status];
}

/** Draws one call into the parts of `call_view.html`. */
export class CallView {
  /** @param {HTMLElement} root  @param {object} call  as the API gives it */
  constructor(root, call) {
    this.parts = Object.fromEntries([...root.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
    this.parts.log.replaceChildren();
    this.parts.log.setAttribute("aria-busy", "true");
    this.parts.empty.hidden = false;
    this.conversation = new Conversation(this.parts.log, this.parts.scroller, this.parts.empty);
    this.call = { ...call };
    this.state = { agent: null, personSpeaking: false, streaming: false, voice: USUAL_VOICE };
    this.draw();
  }

  /** One event, in order of its sequence number. */
  apply({ kind, data, at, seq }) {
    const drawing = Object.hasOwn(DRAWINGS, kind) ? DRAWINGS[kind] : null;
    if (!drawing) {
      console.warn(`Event ${seq}: this page does not know the kind ${kind}.`);
      return;
    }
    drawing(this, data, at);
    this.draw();
  }

  /** Facts about the call, newer than those known so far. */
  learn(facts) {
    Object.assign(this.call, facts);
  }

  /** What is stored has been drawn; from here on, screen readers are told of each line. */
  caughtUp() {
    this.parts.log.setAttribute("aria-busy", "false");
    this.parts.scroller.scrollTop = this.parts.scroller.scrollHeight;
    this.conversation.isFollowed = true;
  }

  draw() {
    const { call, state, parts } = this;
    setText(parts.person, whoIs(call));
    setText(parts.facts, factsOf(call));
    if (call.person_name) this.conversation.nameThePerson(call.person_name);
    setText(parts.voice, voiceWords(state.voice));
    const [name, words, reason, hint = ""] = statusOf(this);
    parts.status.dataset.state = name;
    setText(parts["status-words"], words);
    setText(parts["status-why"], reason);
    setText(parts["status-hint"], hint);
    const over = isOver(call.status);
    document.title = [over ? "" : words, whoIs(call), "Kindline"].filter(Boolean).join(" · ");
    parts["hang-up"].hidden = over;
    this.conversation.keepInView(() => (parts.speaking.hidden = over || !state.personSpeaking));
    setText(parts["speaking-words"], `${call.person_name || "The person"} is speaking`);
    if (over) setText(parts.empty, "Nothing was said in this call.");
    this.drawTimer();
  }

  /** How long the person has been on the line; called each second while the call is live. */
  drawTimer(now = Date.now() / 1000) {
    const { answered_at: from, ended_at: to } = this.call;
    this.parts.timer.hidden = !from;
    if (from) setText(this.parts.timer, clockDuration((to ?? now) - from));
  }
}

function factsOf(call) {
  const facts = [call.person_name ? numberOf(call) : "", call.direction === "inbound" ? "rang us" : "", dayAndTime(call.created_at)];
  if (call.topic) facts.push(`About: ${call.topic}`);
  return facts.filter(Boolean).join(" · ");
}

/** Writes only what changed: a live region would read it aloud again. */
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
