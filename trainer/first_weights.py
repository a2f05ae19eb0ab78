"""First weights with which a small new BLIP-2 compares two pictures before it has learned anything.

A new vision tower of a million numbers does not find out on two cores that the upper and the lower
half of its input are to be compared. So its first layer begins as a comparison. The numbers of each
patch are laid out in four rooms: where it lies (the same code for the same place of both pictures),
whether it changed, which picture it is of, and what is on it. Half of the heads look at the same
place of the other picture, half at their own, and what they see is subtracted. All of it is
trained on. Nothing here is from a paper: it is what was found to work at this size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

SIDES = 4
"""Numbers that tell the pictures apart."""
LIKE, SAME_SIDE = 1.6, 2.0
"""Weights of queries and keys on places and on sides; a place's own patch then gets nearly all of
the attention of a head."""
STEEP, EVEN, SUMMED = 4.0, 0.159, 0.05
"""How differences become one number: slope of the two sided sum, its mean for equal patches, and
its share."""
NEVER = -20.0
"""What the class token has for "changed": else it takes the attention of all queries."""
QUIET = 0.2
"""By how much the other ways out of the tower's layers are turned down at first."""
LOUD, VAGUE = 1.5, 0.3
"""Gain of what queries take in; factor on what they look for, by which all look alike at first."""
LOOK, AT_CHANGE, AT_SIDE = 5.66, 1.5, 0.5
"""What makes queries look at patches that changed, half of their heads at those of each picture."""
MOST_WAVES = 16
"""Waves along one side of a patch, of which the slowest are taken."""
TONES = ((0.30, 0.59, 0.11), (-0.34, -0.66, 1.0), (1.0, -0.84, -0.16))
"""Brightness and two colour differences, as JPEG has them (ITU-T T.871), the latter twice as
strong."""


@dataclass(frozen=True, slots=True)
class Rooms:
    """Which numbers of a patch's state hold what.

    Attributes:
        width: All of them.
        heads: Heads of attention; an even number.
    """

    width: int
    heads: int

    @property
    def head(self) -> int:
        """Return the numbers of one head."""
        return self.width // self.heads

    @property
    def changed(self) -> int:
        """Return the number that tells how much changed; those before it tell the place."""
        return self.head - SIDES - 1

    @property
    def sides(self) -> slice:
        """Return the numbers that tell the picture."""
        return slice(self.head - SIDES, self.head)

    @property
    def content(self) -> slice:
        """Return the numbers that tell what is there."""
        return slice(self.head, self.head + (self.width - self.head) // 2)

    @property
    def difference(self) -> slice:
        """Return the numbers that tell how it differs from the other picture."""
        return slice(self.content.stop, self.content.stop + self.content.stop - self.head)


def can_compare(width: int, heads: int) -> bool:
    """Say whether a model is wide enough for `compare_pictures`."""
    return heads % 2 == 0 and width // heads > 4 * SIDES


def compare_pictures(model: Any, *, side_by_side: bool) -> None:
    """Set the first weights of a BLIP-2 so that it compares the halves of its input.

    Args:
        model: A `Blip2ForConditionalGeneration` whose tower and Q-Former have one width.
        side_by_side: Whether the pictures lie beside each other and not above each other.
    """
    import torch

    tower = model.vision_model.config
    rooms = Rooms(tower.hidden_size, tower.num_attention_heads)
    with torch.no_grad():
        _places(model.vision_model.embeddings, rooms, side_by_side=side_by_side)
        _patches(model.vision_model.embeddings.patch_embedding, rooms)
        _subtract(model.vision_model.encoder.layers[0].self_attn, rooms)
        _hush(model.vision_model.encoder.layers)
        _sum_up(model.vision_model.encoder.layers[0].mlp, rooms)
        for layer in model.qformer.encoder.layer:
            _look_at_change(layer.crossattention, rooms)


def _side_signs() -> Any:
    """Return what tells the first picture; the second has its negative."""
    import torch

    return torch.tensor([1.0, -1.0] * (SIDES // 2))


def _places(embeddings: Any, rooms: Rooms, *, side_by_side: bool) -> None:
    """Give the same place of both pictures the same code, and each picture its sign."""
    import torch

    grid = math.isqrt(embeddings.num_patches)
    half = (grid + 1) // 2
    codes = torch.zeros(2, half, grid, rooms.width)
    codes[..., : rooms.changed] = torch.randn(half, grid, rooms.changed)
    codes[0, ..., rooms.sides] = _side_signs()
    codes[1, ..., rooms.sides] = -_side_signs()
    whole = codes.reshape(2 * half, grid, rooms.width)[:grid]
    whole = whole.transpose(0, 1) if side_by_side else whole
    embeddings.position_embedding.zero_()
    embeddings.position_embedding[:, 1:] = whole.reshape(1, grid * grid, rooms.width)
    embeddings.class_embedding.normal_()
    embeddings.class_embedding[..., rooms.changed] = NEVER


def _patches(convolution: Any, rooms: Rooms) -> None:
    """Write the slowest waves of brightness and colour of a patch into its content."""
    convolution.weight.zero_()
    room = rooms.content
    found = waves(convolution.kernel_size[0], room.stop - room.start)
    convolution.weight[room.start : room.start + len(found)] = found


def waves(side: int, count: int) -> Any:
    """Return filters: cosines over a patch, three quarters of them of brightness.

    They are those of the discrete cosine transform (Ahmed, Natarajan, Rao 1974), the slowest
    first. Fast ones are made stronger in proportion, since pictures have less of them.

    Args:
        side: Of a patch, in pixels.
        count: How many at most; a small patch has fewer.

    Returns:
        float32 (N, 3, side, side).
    """
    import torch

    most = min(side, MOST_WAVES)
    x = (torch.arange(side) + 0.5) * math.pi / side
    flat = torch.stack([torch.cos(k * x) * math.sqrt((2 if k else 1) / side) for k in range(most)])
    pairs = sorted((math.hypot(i, j), i, j) for i in range(most) for j in range(most))
    colours = count // 8
    shares = (count - 2 * colours, colours, colours)
    found = [
        torch.tensor(tone)[:, None, None] * torch.outer(flat[i], flat[j]) * (1 + speed) / side
        for tone, share in zip(TONES, shares, strict=True)
        for speed, i, j in pairs[:share]
    ]
    return torch.stack(found)


def _subtract(attention: Any, rooms: Rooms) -> None:
    """Look at the same place of both pictures, and write the difference of what is there."""
    import torch

    head, width, places = rooms.head, rooms.width, rooms.changed
    room = rooms.content.stop - rooms.content.start
    seen = torch.linalg.qr(torch.randn(rooms.heads // 2 * head, room)).Q
    query, key, value, out = (torch.zeros(width, width) for _ in range(4))
    for number in range(rooms.heads):
        other = number % 2
        mine = slice(number * head, (number + 1) * head)
        side = [-SAME_SIDE if other else SAME_SIDE] * SIDES
        query[mine, :head] = torch.diag(torch.tensor([LIKE] * places + [0.0] + [SAME_SIDE] * SIDES))
        key[mine, :head] = torch.diag(torch.tensor([LIKE] * places + [0.0] + side))
        some = seen[number // 2 * head : (number // 2 + 1) * head]
        value[mine, rooms.content] = some
        out[rooms.difference, mine] = some.T if other else -some.T
    attention.qkv.weight.copy_(torch.cat([query, key, value]))
    attention.projection.weight.copy_(out)


def _hush(layers: Any) -> None:
    """Turn down what layers add, but for the comparison itself."""
    for number, layer in enumerate(layers):
        layer.mlp.fc2.weight.mul_(QUIET)
        if number:
            layer.self_attn.projection.weight.mul_(QUIET)


def _sum_up(mlp: Any, rooms: Rooms) -> None:
    """Write the sum of all differences, without their signs, into one number."""
    import torch

    room = rooms.difference.stop - rooms.difference.start
    unit = torch.arange(room)
    mlp.fc1.weight[: 2 * room] = 0
    mlp.fc1.weight[unit, rooms.difference.start + unit] = STEEP
    mlp.fc1.weight[room + unit, rooms.difference.start + unit] = -STEEP
    mlp.fc1.bias[: 2 * room] = -1.0
    mlp.fc2.weight[:, : 2 * room] = 0
    mlp.fc2.weight[rooms.changed] = 0
    mlp.fc2.weight[rooms.changed, : 2 * room] = SUMMED
    mlp.fc2.bias[rooms.changed] = SUMMED * 2 * room * EVEN


def _look_at_change(attention: Any, rooms: Rooms) -> None:
    """Let queries take in what is at patches that changed."""
    from torch.nn import init

    inner = attention.attention
    init.orthogonal_(inner.value.weight, gain=LOUD)
    init.orthogonal_(attention.output.dense.weight, gain=LOUD)
    inner.query.weight.mul_(VAGUE)
    inner.key.weight.mul_(VAGUE)
    for number in range(rooms.heads):
        first = number * rooms.head
        sign = _side_signs() * (1 if number % 2 else -1)
        inner.query.bias[first] += LOOK
        inner.key.weight[first] = 0
        inner.key.weight[first, rooms.sides] = sign * AT_SIDE
        inner.key.weight[first, rooms.changed] = AT_CHANGE
