// The sandbox's telephone page: rings when its number is called; microphone and loudspeaker are the receiver.
// Speaks with sandbox/browser_telephone.py over one WebSocket (the messages are listed there).

const $ = (id) => document.getElementById(id);
const telephone = document.querySelector(".telephone");
const TAKEN_OVER = 4000;
const CLIPPING_LEVEL = 0.3;

let line = null;
let audio = null; // { context, earpiece, tracks } while the receiver is lifted
let retryMs = 500;
let connectedAt = 0;

function show(state, text, caller = "") {
  telephone.dataset.state = state;
  $("status").textContent = text;
  $("caller").textContent = caller;
  $("answer").hidden = $("decline").hidden = state !== "ringing";
  $("hang-up").hidden = $("keypad").hidden = $("level").hidden = state !== "talking";
  $("use-this").hidden = state !== "elsewhere";
  $("clock").textContent = "";
  document.title = state === "ringing" ? "Ringing! - Telephone (sandbox)" : "Telephone (sandbox)";
  if (state === "ringing") $("answer").focus();
  if (state === "talking") $("hang-up").focus();
}

function complain(text) {
  $("problem").textContent = text;
  $("problem").hidden = !text;
}

function plugIn() {
  line = new WebSocket(`ws://${location.host}/sandbox/telephone/line`);
  line.binaryType = "arraybuffer";
  line.onopen = () => {
    retryMs = 500;
    show("idle", "Waiting for a call");
  };
  line.onmessage = (event) => {
    if (typeof event.data === "string") onLine(JSON.parse(event.data));
    else audio?.earpiece.port.postMessage(event.data, [event.data]);
  };
  line.onclose = (event) => {
    putDown();
    if (event.code === TAKEN_OVER) {
      show("elsewhere", "This telephone is open in another window");
      return;
    }
    show("offline", "No connection to the sandbox. Trying again…");
    setTimeout(plugIn, retryMs * (0.75 + Math.random() / 2));
    retryMs = Math.min(retryMs * 2, 10_000);
  };
}

function onLine(message) {
  if (message.type === "ring") show("ringing", "The telephone is ringing", `from ${message.from}`);
  if (message.type === "connected") {
    connectedAt = Date.now();
    show("talking", "You are connected");
  }
  if (message.type === "ended") {
    putDown();
    show("idle", "The call is over. Waiting for a call");
  }
}

async function lift() {
  $("answer").disabled = true;
  complain("");
  try {
    const context = new AudioContext({ latencyHint: "interactive" });
    await context.audioWorklet.addModule("/sandbox/telephone/telephone_audio.js");
    const earpiece = new AudioWorkletNode(context, "earpiece", { numberOfInputs: 0, outputChannelCount: [1] });
    earpiece.connect(context.destination);
    audio = { context, earpiece, tracks: [] };
    await openMicrophone(context);
  } catch (problem) {
    complain(`This browser cannot play the call: ${problem.message}`);
  }
  say({ type: "answer" });
  $("answer").disabled = false;
}

async function openMicrophone(context) {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    });
  } catch (problem) {
    complain(`The microphone cannot be used (${problem.message}). You will hear the caller, but not be heard.`);
    return;
  }
  const microphone = new AudioWorkletNode(context, "microphone", { numberOfOutputs: 0 });
  microphone.port.onmessage = (event) => {
    if (line.readyState === WebSocket.OPEN) line.send(event.data.ulaw);
    $("level-meter").value = Math.min(1, event.data.level / CLIPPING_LEVEL);
  };
  context.createMediaStreamSource(stream).connect(microphone);
  audio.tracks = stream.getTracks();
}

function putDown() {
  const old = audio;
  audio = null;
  for (const track of old?.tracks ?? []) track.stop();
  old?.context.close();
}

function say(message) {
  if (line.readyState === WebSocket.OPEN) line.send(JSON.stringify(message));
}

function buildKeypad() {
  for (const digit of "123456789*0#") {
    const key = document.createElement("button");
    key.type = "button";
    key.textContent = digit;
    key.setAttribute("aria-label", { "*": "star", "#": "hash" }[digit] ?? digit);
    key.addEventListener("click", () => say({ type: "digit", digit }));
    $("keypad").append(key);
  }
}

function entry(title, number, text) {
  const item = document.createElement("li");
  const name = document.createElement("strong");
  const code = document.createElement("code");
  const description = document.createElement("span");
  name.textContent = title;
  code.textContent = number;
  description.textContent = ` ${text}`;
  if (title) item.append(name);
  item.append(code, description);
  return item;
}

async function listOthers() {
  const { people } = await (await fetch("/sandbox/people")).json();
  $("people").replaceChildren(...people.slice(1).map((one) => entry(one.name, one.number, one.description)));
  const { numbers } = await (await fetch("/sandbox/numbers")).json();
  $("numbers").replaceChildren(...numbers.map((one) => entry("", one.number, one.what)));
}

$("answer").addEventListener("click", lift);
$("decline").addEventListener("click", () => say({ type: "decline" }));
$("hang-up").addEventListener("click", () => say({ type: "hang_up" }));
$("use-this").addEventListener("click", () => {
  show("connecting", "Plugging the telephone in…");
  plugIn();
});
// Leaving the page puts the receiver down: the browser asks first.
window.addEventListener("beforeunload", (event) => {
  if (telephone.dataset.state === "talking") event.preventDefault();
});
setInterval(() => {
  if (telephone.dataset.state !== "talking") return;
  const seconds = Math.floor((Date.now() - connectedAt) / 1000);
  $("clock").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}, 500);

buildKeypad();
plugIn();
listOthers().catch(() => complain("The list of people could not be loaded."));
