"""Sound on the telephone line."""

import io
import wave
from pathlib import Path

import numpy as np
import pytest

from sandbox import line_audio


def test_digital_silence_is_0xff_in_mu_law() -> None:
    assert line_audio.to_ulaw(line_audio.silence(0.02)) == line_audio.SILENT_FRAME
    assert line_audio.frame_level_dbfs(line_audio.SILENT_FRAME) == line_audio.QUIETEST_DBFS


def test_the_level_of_speech_does_not_depend_on_its_pauses() -> None:
    tone = line_audio.tone(440, 1.0, -30)
    assert line_audio.active_level_dbfs(tone) == pytest.approx(-30, abs=0.2)
    assert line_audio.active_level_dbfs(tone + line_audio.silence(3.0)) == pytest.approx(-30, abs=0.2)
    assert line_audio.active_level_dbfs(line_audio.at_level(tone, -20)) == pytest.approx(-20, abs=0.2)
    assert line_audio.at_level(line_audio.silence(1), -20) == line_audio.silence(1)


@pytest.mark.parametrize(("hz", "loss_db"), [(60, 15), (1000, -0.5), (3000, -0.5), (3900, 15)])
def test_the_telephone_band_keeps_speech_and_drops_the_rest(hz: float, loss_db: float) -> None:
    tone = line_audio.tone(hz, 1.0, -20)
    lost = line_audio.active_level_dbfs(tone) - line_audio.active_level_dbfs(line_audio.telephone_band(tone))
    assert lost > loss_db
    if loss_db < 0:
        assert lost < 0.5


def test_outer_silence_is_cut_and_inner_silence_is_kept() -> None:
    tone = line_audio.tone(440, 0.2)
    spoken = tone + line_audio.silence(0.5) + tone
    assert line_audio.without_outer_silence(line_audio.silence(1) + spoken + line_audio.silence(1)) == spoken
    assert line_audio.without_outer_silence(line_audio.silence(1)) == b""


@pytest.mark.parametrize("kind", ["hum", "hiss", "room"])
def test_noise_has_the_level_that_was_asked_for(kind: str) -> None:
    samples = np.frombuffer(line_audio.noise(kind, -50), dtype="<i2") / 32768
    assert 20 * np.log10(np.sqrt(np.mean(samples**2))) == pytest.approx(-50, abs=0.5)


def test_an_unknown_noise_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown noise 'rain'"):
        line_audio.noise("rain", -50)


def test_a_wav_file_of_another_rate_with_two_channels_comes_as_mono_at_8_khz(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(rate=16000, channels=2, seconds=1.0))
    assert len(line_audio.read_wav(path)) == pytest.approx(16000, abs=4)


@pytest.mark.parametrize(("content", "why"), [(b"no wav", "not a WAV"), (b"", "not a WAV")])
def test_what_is_not_a_wav_file_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        line_audio.read_wav(content)


def test_a_wav_file_of_8_bits_is_refused_with_the_reason() -> None:
    with pytest.raises(ValueError, match="8-bit samples"):
        line_audio.read_wav(wav(width=1))


def test_the_person_is_left_and_the_agent_right() -> None:
    recording = line_audio.stereo_wav(line_audio.to_ulaw(line_audio.tone(440, 0.1)), b"")
    with wave.open(io.BytesIO(recording)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, 8000, 2)
        samples = np.frombuffer(file.readframes(800), dtype="<i2").reshape(-1, 2)
    assert np.abs(samples[:, 0]).max() > 1000
    assert not samples[:, 1].any()


def wav(rate: int = 8000, channels: int = 1, seconds: float = 0.1, width: int = 2) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(b"\x01" * round(rate * seconds) * channels * width)
    return out.getvalue()
