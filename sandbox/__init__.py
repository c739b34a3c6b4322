"""A telephone network and an OpenAI on your own machine, so that Kindline runs with no account, no key and no internet.

The map:

    __main__.py       python -m sandbox: command line, start and stop
    app.py            the web server, built from the parts below
    openai_api.py     OpenAI's HTTP endpoints, as a list of routes (openai_*.py: one file for each endpoint)
    openai_faults.py  failures and slowness on demand, for those endpoints
    companion.py      the scripted companion that answers instead of a language model (pure)
    speech.py         local speech to text and text to speech, as an async facade over processes of their own
    twilio_api.py     Twilio's REST API (call_parameters.py: what it accepts; twilio_calls.py: what it knows of a call)
    telephone_network.py  the life of a call: queue, ringing, answer, end; status_callbacks.py, webhooks.py tell of it
    call_flow.py      runs TwiML (twiml.py parses it, pure); media_stream.py is <Stream>: Twilio's end of the WebSocket
                      (media_messages.py: its strict wire format, playout_buffer.py: when what is heard; both pure)
    telephone.py      one line, 20 ms at a time; line_recorder.py keeps both sides, line_ear.py understands them
    person.py         how a scripted person behaves (pure); people.py reads the files, scripted_handset.py the phone
    browser_telephone.py  the browser as a telephone (pages/)
    control_api.py    /sandbox: people, reports, recordings; twilio_faults.py: Twilio's failures on demand

LAW: never imported by `webapp/` or `voicebridge/`, and imports neither of them (nor `callregistry/`): they meet on the
wire only, as Kindline meets the real Twilio and the real OpenAI. It never runs unless somebody asks for it.
"""
