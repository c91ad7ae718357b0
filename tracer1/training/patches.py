"""Corrections to veRL 0.9.1 that matter on any device."""

from __future__ import annotations

from typing import Any

import torch


def fix_equal_length_mrope() -> None:
    """Let a batch whose sequences all have the same length pass through veRL with multimodal position ids.

    TransferQueue packs the (4, L) position ids of the samples into a nested tensor, whose ragged dimension is 1 instead
    of 2 when every L is the same; veRL then declares dimension 2 ragged without moving the data, and chunking crashes.
    """
    from verl.utils import tensordict_utils

    original = tensordict_utils.maybe_fix_3d_position_ids
    if hasattr(original, "corrected"):
        return

    def corrected(data: Any) -> None:
        ids = data["position_ids"] if "position_ids" in data.keys() else None  # noqa: SIM118  (a TensorDict)
        if not isinstance(ids, torch.Tensor) or not ids.is_nested or ids.dim() != 3 or not _rows_are_ragged(ids):
            return original(data)
        count = ids.offsets().numel() - 1
        values = ids.values()
        samples = values.view(count, values.shape[0] // count, values.shape[1]).unbind(0)
        data["position_ids"] = tensordict_utils.nested_tensor_from_tensor_list(list(samples))
        return None

    corrected.corrected = True  # type: ignore[attr-defined]
    tensordict_utils.maybe_fix_3d_position_ids = corrected


def _rows_are_ragged(ids: torch.Tensor) -> bool:
    """Whether a nested (batch, 4, L) tensor counts its offsets along the 4 rows instead of along L."""
    return int(ids.offsets()[-1]) == ids._values.shape[0]
