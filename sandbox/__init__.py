"""A telephone network and an OpenAI on your own machine, so that Kindline runs with no account, no key and no internet.

The map:

    __main__.py       python -m sandbox: command line, start and stop
    app.py            the web server, built from the parts below
    openai_api.py     OpenAI's HTTP endpoints, as a list of routes (openai_*.py: one file for each endpoint)
    openai_faults.py  failures and slowness on demand, for those endpoints
    companion.py      the scripted companion that answers instead of a language model (pure)
    speech.py         local speech to text and text to speech, as an async facade over processes of their own
    twilio_api.py     Twilio's REST API, webhooks and TwiML
    telephone.py      the called person's telephone: Media Streams with a faithful playout buffer
    people.py         scripted persons who answer the telephone

LAW: never imported by `webapp/` or `voicebridge/`, and imports neither of them (nor `callregistry/`): they meet on the
wire only, as Kindline meets the real Twilio and the real OpenAI. It never runs unless somebody asks for it.
"""
