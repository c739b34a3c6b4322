/**
 * The chat: the person's turns on the left, our utterances on the right, notes between them. Everything that was
 * said is untrusted text: it enters the page through `textContent` only, each piece in a `<bdi>` of its own, so that
 * its writing direction cannot reorder what stands around it.
 */

import { element } from "./dom.js";
import { latency } from "./latency.js";
import { timeOfDay } from "./words.js";

/** Utterances of ours that are no answers say what they are. */
const ROLE_WORDS = { greeting: "greeting", goodbye: "goodbye", repeat: "said again" };

export class Conversation {
  constructor(log, scroller, empty) {
    this.log = log;
    this.scroller = scroller;
    this.empty = empty;
    this.personName = "The person";
    this.turns = new Map();
    this.replies = new Map();
    /** How many answers were prepared for each turn in vain. */
    this.withdrawn = new Map();
    /** Until then the past is drawn, and nobody is reading along. */
    this.isFollowed = false;
  }

  /** One whole turn of the person; the same turn told again replaces its words. */
  personSaid(turn, text, at) {
    this.keepInView(() => {
      const bubble = this.turns.get(turn) ?? this.#bubble("person", this.personName, at);
      this.turns.set(turn, bubble);
      bubble.words.replaceChildren(element("bdi", "", text));
    });
  }

  /** An answer that nobody has heard is not shown; that there was one is told with the answer that was. */
  draftWithdrawn(turn) {
    this.withdrawn.set(turn, (this.withdrawn.get(turn) ?? 0) + 1);
  }

  replyStarted({ reply, turn, latency_ms: latencyMs, stages }, at) {
    this.keepInView(() => {
      const bubble = this.#reply(reply, at);
      if (latencyMs !== null) bubble.meta.replaceChildren(latency(latencyMs, stages, this.withdrawn.get(turn) ?? 0));
    });
  }

  sentence(reply, text, at) {
    this.keepInView(() => {
      const { words } = this.#reply(reply, at);
      if (words.hasChildNodes()) words.append(" ");
      words.append(element("bdi", "", text));
    });
  }

  /** An utterance of ours is over: what was heard of it stands, what was not is set apart. */
  agentSaid({ reply, role, text, heard, interrupted }, at) {
    this.keepInView(() => {
      const { item, words, meta, speaker } = this.#reply(reply, at);
      item.dataset.role = role;
      if (Object.hasOwn(ROLE_WORDS, role)) speaker.textContent = `Kindline · ${ROLE_WORDS[role]}`;
      const told = element("bdi", "", interrupted ? heard : text);
      if (words.textContent !== told.textContent) words.replaceChildren(told);
      if (interrupted) {
        item.classList.add("interrupted");
        meta.before(interruption(text, heard));
      }
    });
  }

  /** A line of small print about the call itself. */
  note(text, { bad = false } = {}) {
    this.keepInView(() => this.#append(element("p", bad ? "note bad" : "note", text)));
  }

  /** Whatever was drawn before it knew the name. */
  nameThePerson(name) {
    if (name === this.personName) return;
    this.personName = name;
    for (const { speaker } of this.turns.values()) speaker.textContent = name;
  }

  #reply(reply, at) {
    const bubble = this.replies.get(reply) ?? this.#bubble("agent", "Kindline", at);
    this.replies.set(reply, bubble);
    return bubble;
  }

  #bubble(side, name, at) {
    const item = element("article", `bubble ${side}`);
    const head = element("header", "bubble-head");
    const speaker = element("bdi", "speaker", name);
    const time = element("time", "", timeOfDay(at));
    time.dateTime = new Date(at * 1000).toISOString();
    head.append(speaker, time);
    const words = element("p", "words");
    const meta = element("div", "bubble-meta");
    item.append(head, words, meta);
    this.#append(item);
    return { item, speaker, words, meta };
  }

  #append(node) {
    this.empty.hidden = true;
    this.log.append(node);
  }

  /** Follows the newest line, unless the operator has scrolled up to read. */
  keepInView(change) {
    const { scroller } = this;
    const atEnd = this.isFollowed && scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;
    change();
    if (atEnd) scroller.scrollTop = scroller.scrollHeight;
  }
}

function interruption(text, heard) {
  const mark = element("div", "interruption");
  mark.append(element("p", "mark", heard ? "Interrupted here" : "Interrupted before it was heard"));
  const unheard = text.startsWith(heard) ? text.slice(heard.length).trim() : text;
  if (unheard) {
    const rest = element("p", "unheard");
    rest.append(element("span", "label", "Not heard: "), element("bdi", "", unheard));
    mark.append(rest);
  }
  return mark;
}
