"""What is replaced for the CPU computes the same as the original."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")


def test_patch_embedding_equals_the_convolution() -> None:
    pytest.importorskip("verl")
    from transformers.models.qwen3_vl.configuration_qwen3_vl import Qwen3VLVisionConfig
    from transformers.models.qwen3_vl.modeling_qwen3_vl import Qwen3VLVisionPatchEmbed

    torch.manual_seed(0)
    config = Qwen3VLVisionConfig(hidden_size=64, patch_size=16, temporal_patch_size=2, in_channels=3)
    convolution = Qwen3VLVisionPatchEmbed.forward
    module = Qwen3VLVisionPatchEmbed(config)
    pixels = torch.randn(12, 3 * 2 * 16 * 16)
    try:
        expected = convolution(module, pixels)
        from tracer1.training.cpu import kernels

        assert Qwen3VLVisionPatchEmbed.forward is kernels.embed_patches
        torch.testing.assert_close(module(pixels), expected, rtol=1e-4, atol=1e-5)
    finally:
        Qwen3VLVisionPatchEmbed.forward = convolution


@pytest.mark.parametrize("shape", [(7, 11), (2, 5, 11)])
def test_token_log_probabilities_are_those_of_the_softmax(shape: tuple[int, ...]) -> None:
    pytest.importorskip("verl")
    from verl.utils.torch_functional import logprobs_from_logits

    from tracer1.training.cpu import kernels

    torch.manual_seed(0)
    logits, labels = torch.randn(shape, requires_grad=True), torch.randint(11, shape[:-1])
    found = kernels.token_log_probabilities(logits, labels)
    expected = (logits.exp() / logits.exp().sum(-1, keepdim=True)).gather(-1, labels[..., None])[..., 0].log()
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(logprobs_from_logits(logits, labels), expected)
    (gradient,) = torch.autograd.grad(found.sum(), logits)
    chosen = torch.nn.functional.one_hot(labels, 11)
    torch.testing.assert_close(gradient, chosen - logits.softmax(-1))


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


def test_a_reader_wakes_up_without_being_notified(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("vllm")
    import zmq
    from vllm.distributed.device_communicators.shm_broadcast import SpinCondition

    from tracer1.training.cpu import vllm_plugin

    monkeypatch.setattr(SpinCondition, "wait", SpinCondition.wait)
    monkeypatch.setenv("VERL_PLATFORM", "cpu")
    vllm_plugin.register()
    context, address = zmq.Context(), "inproc://notify"
    writer = SpinCondition(False, context, address)
    reader = SpinCondition(True, context, address, busy_loop_s=60)
    reader.record_read()
    before = time.process_time()
    for _ in range(20):
        reader.wait(timeout_ms=None)  # nobody ever notifies; a lost notification must not stop a worker
    assert time.process_time() - before < 0.02  # and it sleeps meanwhile
    writer.notify()
    reader.cancel()
    reader.wait(timeout_ms=None)
