"""Weights that can copy before any training: a previous-token head and an induction head, written by hand.

A plan repeats names of its task. A small network discovers late how to do that: it needs a head of one layer that writes,
at each token, which token came before it, and a head of the next layer that finds the place where the present token came
before, and repeats what followed there. Starting with both (and with an output head that equals the embedding) leaves
training the question *what* to copy. Everything else stays random, and everything can be unlearnt.
"""

from __future__ import annotations

import torch
from torch import nn

FREQUENCIES = 4
"""A previous-token head uses only the fastest rotations of RoPE, where neighbours differ most."""
SHARED = 0.3
"""Length of the direction that all token embeddings share, which positional attention reads, beside 1 for the rest."""
POSITION_GAIN, MATCH_GAIN, WRITE_GAIN, HEAD_GAIN = 3.0, 4.0, 3.0, 2.0


@torch.no_grad()
def start_with_induction(embedding: nn.Embedding, head: nn.Linear, attentions: list[nn.Module], theta: float) -> None:
    """Set the weights of half of the key-value groups in the first two attention layers, the embedding, and the head."""
    width = embedding.embedding_dim
    shared = torch.nn.functional.normalize(torch.randn(width), dim=0)
    embedding.weight.normal_().addcmul_(torch.tensor(SHARED * width**0.5), shared)
    head.weight.normal_(std=0.1 * width**-0.5)
    for group in range(attentions[0].k_proj.out_features // attentions[0].head_dim // 2):
        read, write, value, output = (_basis(width, attentions[0].head_dim) for _ in range(4))
        _look_back(attentions[0], group, shared, theta, read, write)
        _set(attentions[1], group, key=write, query=read, value=value, output=WRITE_GAIN * output.T)
        head.weight.addmm_(embedding.weight @ value.T, output, alpha=HEAD_GAIN * width**-0.5)
    attentions[0].q_norm.weight[_places(attentions[0].head_dim)] = POSITION_GAIN
    attentions[1].q_norm.weight.fill_(MATCH_GAIN)


def _basis(width: int, size: int) -> torch.Tensor:
    """``size`` orthonormal rows of ``width``."""
    return torch.linalg.qr(torch.randn(width, size)).Q.T


def _places(head_dim: int) -> list[int]:
    """Coordinates of a head that the fastest rotations turn: pairs (i, i + half)."""
    return [start + place for start in (0, head_dim // 2) for place in range(FREQUENCIES)]


def _set(attention: nn.Module, group: int, **parts: torch.Tensor) -> None:
    """Write the projections of one key-value group and of every query head that uses it."""
    head, share = attention.head_dim, attention.num_key_value_groups
    rows = slice(group * head, (group + 1) * head)
    attention.k_proj.weight[rows], attention.v_proj.weight[rows] = parts["key"], parts["value"]
    for query in range(group * share, (group + 1) * share):
        rows = slice(query * head, (query + 1) * head)
        attention.q_proj.weight[rows] = parts["query"]
        attention.o_proj.weight[:, rows] = parts["output"] / share


def _look_back(
    attention: nn.Module, group: int, shared: torch.Tensor, theta: float, read: torch.Tensor, write: torch.Tensor
) -> None:
    """Keys are the same for all tokens; queries too, turned back by one position, so the previous token fits best."""
    head = attention.head_dim
    angles = theta ** (-2.0 * torch.arange(FREQUENCIES) / head)
    key, query = torch.zeros(head), torch.zeros(head)
    key[:FREQUENCIES] = 1.0
    query[:FREQUENCIES], query[head // 2 : head // 2 + FREQUENCIES] = angles.cos(), -angles.sin()
    _set(
        attention, group, key=torch.outer(key, shared), query=torch.outer(query, shared),
        value=read, output=WRITE_GAIN * write.T,
    )  # fmt: skip
