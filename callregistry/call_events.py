"""The closed list of event kinds that a call's log and the browser feed speak.

An event is `(call_id, seq, at, kind, data)`. Each kind below says what its `data` holds. To add one:
write it here, record it where it happens, and draw it in `frontend/render.js` (a test compares the two).
"""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What can be told about a call."""

    CALL_CREATED = "call.created"
    """`{direction, person_name, topic}`"""
    CALL_STATUS = "call.status"
    """`{status, reason}`: the status moved forward; `reason` is a sentence or null."""
    CALL_ANSWERED_BY = "call.answered_by"
    """`{answered_by}`: Twilio's verdict, human, machine_start, fax or unknown."""
    CALL_FINISHED = "call.finished"
    """`{reason}`: the conversation is over: said_goodbye, person_hung_up, silence, time_limit, machine, operator
    or technical."""
    STREAM_STARTED = "stream.started"
    """`{attempt, stream_sid}`: the person's audio reaches the bridge."""
    STREAM_ENDED = "stream.ended"
    """`{attempt, reason}`: stopped (Twilio's word for the end of a call), hung_up (by us), stream_lost, overloaded or
    protocol_violation."""
    STREAM_STATUS = "stream.status"
    """`{event, error}`: Twilio's own view of the media stream."""
    AGENT_STATE = "agent.state"
    """`{state}`: listening, drafting (an answer is being prepared while the person may go on), thinking, speaking, held
    (we have stopped in mid-sentence because the person made a sound) or waiting (the person asked us to hold on)."""
    PERSON_SPEAKING = "person.speaking"
    """`{speaking}`: true when the person begins to speak, false when the turn is over."""
    PERSON_SAID = "person.said"
    """`{turn, text, audio_ms, stt_ms}`: one whole turn of the person, transcribed. `turn` counts from 1. If the person
    goes on before our answer is heard, the same turn is told again with all of its words; that replaces the former."""
    REPLY_DRAFT = "reply.draft"
    """`{reply, turn, what}`: an answer prepared before the turn was surely over was begun, withdrawn (the person
    went on; nothing of it was heard) or released."""
    REPLY_STARTED = "reply.started"
    """`{reply, turn, latency_ms, stages}`: the first audio of an utterance of ours is on the wire. `latency_ms` runs
    from the end of the person's speech; `stages` is `{endpointing_ms, stt_ms, llm_ms, tts_ms,
    waiting_ms}` (the last: ready, but the person might have gone on). `turn`, `latency_ms`
    and `stages` are null for what no turn asked for (greeting, lines)."""
    AGENT_SENTENCE = "agent.sentence"
    """`{reply, text}`: a sentence has gone to the telephone."""
    AGENT_SAID = "agent.said"
    """`{reply, turn, role, text, heard, interrupted}`: one whole utterance of ours is over. `role` is greeting, answer,
    repeat, line or goodbye; `text` is what we meant to say, `heard` what was played to the person."""
    STAGE_FAILED = "stage.failed"
    """`{stage, problem}`: stt, llm or tts gave up within its deadline; a spoken line took its place."""
    VOICE_CHANGED = "voice.changed"
    """`{pace, gain_db}`: how we speak from now on, because the person asked for it."""
    TURN_STEP = "turn.step"
    """`{attempt, now, event, commands}`: one step of the turn machine, as `scripts/replay` reads it (see
    `voicebridge/dialogue/steps.py`). The first of a stream also says how its machine was made. Not sent to browsers."""
    DTMF = "person.pressed"
    """`{digit}`: a key on the telephone."""
