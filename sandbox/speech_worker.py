"""What runs in the speech processes: the engine is loaded once, then asked by `speech.py` (module-level functions, so
that they can be sent to a spawned process by name).
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from importlib.util import find_spec

from sandbox.voices import Voices
from sandbox.weights import WeightPaths, check_pico_voices, checked_piper_model, checked_whisper_dir
from sandbox.whisper import Heard, Whisper

_whisper: Whisper | None = None
_voices: Voices | None = None


def load_whisper(paths: WeightPaths) -> None:
    """Load the ears of this process. Raises `WeightsError`."""
    global _whisper
    _whisper = Whisper(checked_whisper_dir(paths.whisper_dir))
    # The first decode of a fresh model is slower: nobody's first sentence should pay for that.
    _whisper.hear(bytes(2 * 8000), 8000)


def load_voices(paths: WeightPaths) -> list[str]:
    """Load the voices of this process and name them. Raises `WeightsError`."""
    global _voices
    pico = find_spec("py_nanotts") is not None
    if pico:
        check_pico_voices()
    _voices = Voices(checked_piper_model(paths.piper_model), pico=pico)
    _voices.say("Hello.", "joe", 1.0, 8000)
    return _voices.names()


def hear(pcm16: bytes, sample_rate_hz: int) -> Heard:
    """`Whisper.hear` of this process."""
    assert _whisper is not None
    return _whisper.hear(pcm16, sample_rate_hz)


def say(text: str, voice: str, pace: float, sample_rate_hz: int) -> bytes:
    """`Voices.say` of this process. Raises `UnknownVoiceError`."""
    assert _voices is not None
    return _voices.say(text, voice, pace, sample_rate_hz)


def settle(niceness: int) -> None:
    """The first thing a speech process does: step back behind the live audio, and end with its parent only."""
    os.nice(niceness)
    # Ctrl-C goes to the whole terminal, and a supervisor's SIGTERM may go to the whole group: the parent ends this
    # process when it has closed everything.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # A killed parent cannot end its children: without this they would stay for ever, waiting for work.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
