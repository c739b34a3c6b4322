"""The fixed lines: what is said when nothing may depend on a provider.

`WORDS` is the text of every line in every language; `scripts/make_lines` speaks it into
`voicebridge/lines/<language>/<name>.ulaw` (G.711 mu-law, mono, 8 kHz), which are shipped with the code.
"""

from __future__ import annotations

from voicebridge.dialogue.events import LineName

WORDS: dict[str, dict[LineName, str]] = {
    "en": {
        LineName.GREETING: (
            "Hello. This is Kindline, an automated A I voice. I am calling to see how you are. How are you today?"
        ),
        LineName.ONE_MOMENT: "One moment, please.",
        LineName.DID_NOT_HEAR: "I'm sorry, I didn't hear that well. Could you say it again?",
        LineName.TROUBLE: "I'm sorry, I'm having a little trouble with my line. Could you say that once more?",
        LineName.STILL_THERE: "Are you still there? Take all the time you need.",
        LineName.CUT_OFF: "I'm sorry, we were cut off for a moment. I'm back now.",
        LineName.GOODBYE: "Thank you for talking with me. Take care, and goodbye.",
        LineName.GOODBYE_SILENCE: "I can't hear you, so I will try again another time. Take care, and goodbye.",
        LineName.GOODBYE_TROUBLE: (
            "I'm sorry, I'm having trouble with my line today. I will try again later. Take care, and goodbye."
        ),
        LineName.GOODBYE_TIME: "I have to end our call now. It was good to talk with you. Take care, and goodbye.",
    },
}
