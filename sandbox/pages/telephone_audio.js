// Sound of the browser's telephone, in the audio thread: microphone -> 8 kHz mu-law, mu-law -> loudspeaker.
// Both directions are resampled with a windowed sinc, so that nothing above the telephone band folds back as hiss.

const LINE_RATE = 8000;
const CUT_OFF_HZ = 3600;
const PHASES = 256;
const START_SAMPLES = 640; // 80 ms: the jitter buffer of the loudspeaker
const MOST_SAMPLES = 3200; // 400 ms: above that the oldest sound is dropped, so that delay does not grow

class Resampler {
  constructor(fromRate, toRate) {
    this.step = fromRate / toRate;
    const cutOff = CUT_OFF_HZ / fromRate;
    this.half = Math.ceil((LINE_RATE / CUT_OFF_HZ) * 6 * Math.max(1, fromRate / LINE_RATE));
    this.kernel = new Float32Array((2 * this.half + 1) * PHASES + 1);
    for (let at = 0; at < this.kernel.length; at += 1) {
      const distance = at / PHASES - this.half;
      const angle = 2 * Math.PI * cutOff * distance;
      const sinc = distance === 0 ? 2 * cutOff : Math.sin(angle) / (Math.PI * distance);
      const window = 0.5 + 0.5 * Math.cos((Math.PI * distance) / (this.half + 0.5));
      this.kernel[at] = Math.abs(distance) > this.half + 0.5 ? 0 : sinc * window;
    }
    this.history = new Float32Array(2 * this.half);
    this.position = this.half; // of the next output sample, in samples of `history` + input
  }

  process(input) {
    const samples = new Float32Array(this.history.length + input.length);
    samples.set(this.history);
    samples.set(input, this.history.length);
    const output = [];
    while (this.position + this.half < samples.length) {
      const centre = Math.floor(this.position);
      const fraction = this.position - centre;
      let sum = 0;
      for (let k = -this.half + 1; k <= this.half; k += 1) {
        sum += samples[centre + k] * this.kernel[Math.round((k - fraction + this.half) * PHASES)];
      }
      output.push(sum);
      this.position += this.step;
    }
    const kept = 2 * this.half;
    this.position -= samples.length - kept;
    this.history = samples.slice(samples.length - kept);
    return output;
  }
}

function toUlaw(sample) {
  const clipped = Math.max(-1, Math.min(1, sample));
  let magnitude = Math.min(32635, Math.round(Math.abs(clipped) * 32767)) + 132;
  const exponent = Math.max(0, Math.floor(Math.log2(magnitude)) - 7);
  magnitude = (magnitude >> (exponent + 3)) & 0x0f;
  return ~((clipped < 0 ? 0x80 : 0) | (exponent << 4) | magnitude) & 0xff;
}

function fromUlaw(byte) {
  const bits = ~byte & 0xff;
  const magnitude = (((bits & 0x0f) << 3) + 132) << ((bits >> 4) & 0x07);
  return ((bits & 0x80 ? 132 - magnitude : magnitude - 132)) / 32768;
}

class Microphone extends AudioWorkletProcessor {
  constructor() {
    super();
    this.resampler = new Resampler(sampleRate, LINE_RATE);
    this.frame = new Uint8Array(160);
    this.filled = 0;
    this.loudest = 0;
  }

  process(inputs) {
    const channel = inputs[0][0];
    for (const sample of this.resampler.process(channel ?? new Float32Array(128))) {
      this.loudest = Math.max(this.loudest, Math.abs(sample));
      this.frame[this.filled] = toUlaw(sample);
      this.filled += 1;
      if (this.filled === this.frame.length) {
        this.port.postMessage({ ulaw: this.frame.slice(), level: this.loudest });
        this.filled = 0;
        this.loudest = 0;
      }
    }
    return true;
  }
}

class Earpiece extends AudioWorkletProcessor {
  constructor() {
    super();
    this.resampler = new Resampler(LINE_RATE, sampleRate);
    this.line = [];
    this.ready = [];
    this.playing = false;
    this.port.onmessage = (event) => this.arrived(new Uint8Array(event.data));
  }

  arrived(ulaw) {
    for (const byte of ulaw) this.line.push(fromUlaw(byte));
    if (this.line.length > MOST_SAMPLES) this.line.splice(0, this.line.length - START_SAMPLES);
  }

  process(_inputs, outputs) {
    const speaker = outputs[0][0];
    if (!this.playing && this.line.length >= START_SAMPLES) this.playing = true;
    while (this.ready.length < speaker.length) {
      const chunk = this.playing ? this.line.splice(0, 32) : [];
      if (chunk.length === 0) this.playing = false;
      const input = new Float32Array(32);
      input.set(chunk);
      this.ready.push(...this.resampler.process(input));
    }
    speaker.set(this.ready.splice(0, speaker.length));
    return true;
  }
}

registerProcessor("microphone", Microphone);
registerProcessor("earpiece", Earpiece);
