"""The voice bridge's settings: those it shares with the web app, the models, and the pace of the talk."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field, SecretStr

from callregistry.settings import HttpUrl, SharedSettings
from voicebridge.providers import Stage


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one stage is asked for: an OpenAI-compatible server, a key for it and a model there."""

    base_url: str | None
    """With its `/v1`; None is OpenAI's own."""
    api_key: SecretStr
    model: str


class BridgeSettings(SharedSettings):
    """Names, meanings and defaults: `.env.example`."""

    web_callback_url: HttpUrl | None = None
    """The web app as the bridge sees it; by default `WEB_PORT` on this machine."""

    openai_api_key: SecretStr
    """The key for every stage that has none of its own."""
    openai_base_url: HttpUrl | None = None
    """Another OpenAI-compatible server for every stage that names none (unset: OpenAI's own)."""

    stt_model: str = "whisper-1"
    """Speech to text."""
    stt_base_url: HttpUrl | None = None
    """Speech to text on a server of its own."""
    stt_api_key: SecretStr | None = None
    """The key for `STT_BASE_URL`."""

    llm_model: str = "gpt-4o-mini"
    """The language model that answers."""
    llm_base_url: HttpUrl | None = None
    """The language model on a server of its own."""
    llm_api_key: SecretStr | None = None
    """The key for `LLM_BASE_URL`."""

    llm_reasoning_effort: str | None = None
    """For models that reason by default: none or minimal, because the person is waiting. Unset for others."""

    tts_model: str = "gpt-4o-mini-tts"
    """Text to speech."""
    tts_base_url: HttpUrl | None = None
    """Text to speech on a server of its own."""
    tts_api_key: SecretStr | None = None
    """The key for `TTS_BASE_URL`."""
    tts_voice: str = "coral"
    """One of the voices of `TTS_MODEL`."""
    tts_instructions: str = "Speak warmly, calmly and clearly, a little slower than usual, as to an older person."
    """How to speak. Left out for models that take none (tts-1, tts-1-hd)."""

    bridge_host: str = "127.0.0.1"
    """Where the bridge listens. 0.0.0.0 in a container; otherwise a proxy on this machine is in front of it."""

    end_of_turn_ms: int = Field(1300, ge=500, le=5000)
    """How long the person must have been silent after a finished sentence before we may be heard. Unfinished ones are
    waited for longer."""
    barge_in_ms: int = Field(140, ge=100, le=2000)
    """How long the person must speak over us before we pause."""
    drafts: bool = True
    """Prepare answers in short pauses, unheard. It saves about a second of silence at each turn, and costs requests
    that come to nothing."""
    lift_consonants: bool = False
    """Lift 1.5 to 3.4 kHz of our voice a little: consonants are what people who hear badly miss."""
    drain_s: int = Field(900, ge=0)
    """After SIGTERM: how long calls may go on (default: the longest call). Those still there are cut off without a
    goodbye; Twilio's tail then takes them up again."""

    @property
    def callback_url(self) -> str:
        """Where the web app takes the bridge's callbacks, without a trailing slash."""
        return self.web_callback_url or f"http://127.0.0.1:{self.web_port}"

    def endpoint(self, stage: Stage) -> Endpoint:
        """Server, key and model of one stage.

        The OpenAI key is not sent to a stage's own server: it would be given to a stranger.
        """
        base_url: str | None = getattr(self, f"{stage}_base_url")
        api_key: SecretStr | None = getattr(self, f"{stage}_api_key")
        if api_key is None:
            api_key = self.openai_api_key if base_url is None else SecretStr("none")
        return Endpoint(base_url or self.openai_base_url, api_key, getattr(self, f"{stage}_model"))
