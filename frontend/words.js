/** Facts of a call in plain words. Pure: no DOM, no requests. */

const OVER = new Set(["completed", "busy", "no-answer", "failed", "canceled"]);

export function isOver(status) {
  return OVER.has(status);
}

/** Short words for a list of calls. */
export const STATUS_WORDS = {
  queued: "Calling…",
  initiated: "Calling…",
  ringing: "Ringing",
  "in-progress": "Talking",
  completed: "Ended",
  busy: "Busy",
  "no-answer": "No answer",
  failed: "Failed",
  canceled: "Cancelled",
};

/** Why a conversation was over, by `call.finished`'s reason. */
export const FINISHED_WORDS = {
  said_goodbye: "The conversation ended with a goodbye.",
  person_hung_up: "The person hung up.",
  silence: "Nothing was heard for a long time.",
  time_limit: "The longest time for a call was reached.",
  machine: "An answering machine answered.",
  operator: "You hung up.",
  technical: "Something failed on our side.",
};

/** Why a call is over, where nobody said it better. */
export const OVER_WORDS = {
  completed: "The call is over.",
  busy: "The line was busy.",
  "no-answer": "Nobody answered.",
  failed: "The call could not be connected.",
  canceled: "The call was cancelled before it was answered.",
};

export const ANSWERED_BY_WORDS = {
  human: "A person answered.",
  machine_start: "An answering machine answered.",
  fax: "A fax machine answered.",
};

export const FAILED_STAGE_WORDS = {
  stt: "What was said could not be understood in time.",
  llm: "No answer could be found in time.",
  tts: "The voice could not be made in time.",
};

/** As the voice speaks when nobody has asked for anything else. */
export const USUAL_VOICE = { pace: 1, gain_db: 0 };

/** What has changed in the way we speak, as a sentence; empty if nothing has. */
export function voiceChangeWords(before, { pace, gain_db: gain }) {
  const changes = [
    ...(pace < before.pace ? ["more slowly"] : pace > before.pace ? ["faster"] : []),
    ...(gain > before.gain_db ? ["louder"] : gain < before.gain_db ? ["more softly"] : []),
  ];
  return changes.length ? `Speaking ${changes.join(" and ")} from now on.` : "";
}

/** How we speak to this person, where it is not as usual: Voice: slower (86 %), louder (+4 dB) */
export function voiceWords({ pace, gain_db: gain }) {
  const differences = [
    ...(pace !== 1 ? [`${pace < 1 ? "slower" : "faster"} (${Math.round(pace * 100)} %)`] : []),
    ...(gain !== 0 ? [`${gain > 0 ? "louder (+" : "softer (−"}${Math.abs(gain)} dB)`] : []),
  ];
  return differences.length ? `Voice: ${differences.join(", ")}` : "";
}

/** The person's number, whoever rang whom. */
export function numberOf(call) {
  return call.direction === "inbound" ? call.from : call.to;
}

export function whoIs(call) {
  return call.person_name || numberOf(call) || "Unknown number";
}

/** 1.4 s */
export function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** 2:05 */
export function clockDuration(totalSeconds) {
  const whole = Math.max(0, Math.floor(totalSeconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const pad = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${pad(minutes)}:${pad(rest)}` : `${minutes}:${pad(rest)}`;
}

/** 14:05 */
export function timeOfDay(at) {
  return new Date(at * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

/** Today 14:05, or 3 Nov 14:05 */
export function dayAndTime(at, now = Date.now()) {
  const day = new Date(at * 1000);
  if (day.toDateString() === new Date(now).toDateString()) return `Today ${timeOfDay(at)}`;
  return `${day.toLocaleDateString([], { day: "numeric", month: "short" })} ${timeOfDay(at)}`;
}
