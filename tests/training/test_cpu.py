"""What is replaced for the CPU computes the same as the original."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")


def test_patch_embedding_equals_the_convolution() -> None:
    from transformers.models.qwen3_vl.configuration_qwen3_vl import Qwen3VLVisionConfig
    from transformers.models.qwen3_vl.modeling_qwen3_vl import Qwen3VLVisionPatchEmbed

    torch.manual_seed(0)
    config = Qwen3VLVisionConfig(hidden_size=64, patch_size=16, temporal_patch_size=2, in_channels=3)
    convolution = Qwen3VLVisionPatchEmbed.forward
    module = Qwen3VLVisionPatchEmbed(config)
    pixels = torch.randn(12, 3 * 2 * 16 * 16)
    try:
        expected = convolution(module, pixels)
        from tracer1.training.cpu import patch_embedding

        assert Qwen3VLVisionPatchEmbed.forward is patch_embedding._forward
        torch.testing.assert_close(module(pixels), expected, rtol=1e-4, atol=1e-5)
    finally:
        Qwen3VLVisionPatchEmbed.forward = convolution


def test_the_torchvision_shim_never_breaks_python(tmp_path: Path) -> None:
    install = [sys.executable, "-m", "tracer1.training.cpu.install", "--folder", str(tmp_path)]
    for _ in range(2):
        subprocess.run(install, check=True)
    (line,) = (tmp_path / "tracer1_torchvision_shim.pth").read_text().splitlines()
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{line}\nprint('started')"
    assert subprocess.check_output([sys.executable, "-I", "-c", code], text=True) == "started\n"
    (tmp_path / "tracer1_torchvision_shim.py").unlink()
    assert subprocess.check_output([sys.executable, "-I", "-c", code], text=True) == "started\n"
    subprocess.run([*install, "--remove"], check=True)
    assert not list(tmp_path.iterdir())
