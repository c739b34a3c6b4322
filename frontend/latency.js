/**
 * How long an answer took, and on demand where the time went: a bar for the eye, and the same as a list. Waiting for
 * the end of the turn is one part, whether before transcribing or, with the answer ready, after all of it.
 */

import { element } from "./dom.js";
import { seconds } from "./words.js";

const PARTS = [
  ["waiting", "Waiting for the end of the turn", ["endpointing_ms", "waiting_ms"]],
  ["stt", "Transcribing", ["stt_ms"]],
  ["llm", "Thinking", ["llm_ms"]],
  ["tts", "Voice", ["tts_ms"]],
];

/**
 * @param {number} latencyMs  from the end of the person's speech to our first sound
 * @param {object | null} stages  `reply.started`'s
 * @param {number} withdrawn  how many answers were prepared in vain for this turn
 */
export function latency(latencyMs, stages, withdrawn) {
  const details = element("details", "latency");
  details.append(element("summary", "", `Answered in ${seconds(latencyMs)}`));
  const parts = PARTS.map(([name, words, keys]) => ({ name, words, ms: sumOf(stages, keys) })).filter(({ ms }) => ms !== null);
  if (parts.length) details.append(bar(parts), list(parts));
  else details.append(element("p", "", "No details were measured."));
  if (withdrawn) details.append(element("p", "withdrawn", withdrawnWords(withdrawn)));
  return details;
}

function sumOf(stages, keys) {
  const known = keys.map((key) => stages?.[key]).filter((ms) => typeof ms === "number");
  return known.length ? known.reduce((sum, ms) => sum + ms, 0) : null;
}

function bar(parts) {
  const made = element("div", "latency-bar");
  made.setAttribute("aria-hidden", "true");
  for (const { name, ms } of parts) {
    const piece = element("span", `stage-${name}`);
    piece.style.flexGrow = String(Math.max(0, ms));
    made.append(piece);
  }
  return made;
}

function list(parts) {
  const made = element("ul", "latency-parts");
  for (const { name, words, ms } of parts) {
    const item = element("li");
    const swatch = element("span", `swatch stage-${name}`);
    swatch.setAttribute("aria-hidden", "true");
    item.append(swatch, element("span", "part-name", words), " ", element("span", "part-time", seconds(ms)));
    made.append(item);
  }
  return made;
}

function withdrawnWords(count) {
  const what = count === 1 ? "One answer prepared earlier was" : `${count} answers prepared earlier were`;
  return `${what} withdrawn unheard, because the person went on.`;
}
