"""A television in the room: two voices that talk on and on, whether or not anybody listens.

Speech that is nobody's turn is the hardest background there is: only its level, and that it does not stop, tell it
from the person. Made by the local voices, about a minute that is then played again and again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sandbox import line_audio
from sandbox.line_audio import RATE_HZ
from sandbox.sound_effects import across_the_room

GAP_S = 0.25
SCRIPT = (
    ("pico-en-US", "And now to the gardens of the north, where this week everything is about the apple harvest."),
    ("pico-en-GB", "Thank you. I am standing between two hundred trees, and every one of them has its own story."),
    ("pico-en-US", "How many kinds of apples are there on this hill?"),
    ("pico-en-GB", "Thirty one, and some of them are older than the railway that runs down there in the valley."),
    ("pico-en-GB", "This one is sour in September, but by the new year it tastes of honey and nuts."),
    ("pico-en-US", "That sounds like something for the kitchen. What do people bake with it?"),
    ("pico-en-GB", "A cake with butter and cinnamon, and they keep the peel for a jelly that shines like amber."),
    ("pico-en-US", "We will taste that cake in a moment. Before that, a look at the roads and at the weather."),
    ("pico-en-US", "It stays dry in the east, while clouds come in from the sea and bring some rain by the evening."),
    ("pico-en-GB", "The pickers will not mind. They start at six, and by noon the last basket is on the cart."),
    ("pico-en-US", "After the break we meet the man who has climbed these ladders for more than fifty years."),
)


Say = Callable[[str, str, float, int], Awaitable[bytes]]
"""Text, voice, pace and sample rate: PCM, as `SpeechEngines.say`."""


async def television(say: Say, level_dbfs: float) -> bytes:
    """About a minute of television, its speech at `level_dbfs` on the line: PCM, to be played in a loop."""
    gap = line_audio.silence(GAP_S)
    programme = b""
    for voice, text in SCRIPT:
        spoken = await say(text, voice, 1.0, RATE_HZ)
        programme += line_audio.at_level(line_audio.without_outer_silence(spoken), -22.0) + gap
    return line_audio.at_level(line_audio.telephone_band(across_the_room(programme)), level_dbfs)
