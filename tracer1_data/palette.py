"""Screenshots as uncompressed palette PNGs that share one growing palette: like pictures become like bytes."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image


class PaletteEncoder:
    """Encodes pictures one after the other. Lossless; a picture of more than 256 colours stays RGB."""

    def __init__(self) -> None:
        self._colours: dict[int, int] = {}

    def encode(self, picture: bytes) -> bytes:
        """PNG (or WebP) bytes to PNG bytes with the same pixels."""
        with Image.open(io.BytesIO(picture)) as image:
            pixels = np.asarray(image.convert("RGB"))
        packed = pixels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
        colours, where = np.unique(packed, return_inverse=True)
        if len(colours) > 256:
            return _png(Image.fromarray(pixels))
        fresh = [int(colour) for colour in colours if int(colour) not in self._colours]
        if len(self._colours) + len(fresh) > 256:
            self._colours, fresh = {}, [int(colour) for colour in colours]
        for colour in fresh:
            self._colours[colour] = len(self._colours)
        index = np.array([self._colours[int(colour)] for colour in colours], np.uint8)[where].reshape(packed.shape)
        image = Image.fromarray(index)
        image.putpalette([part for colour in self._colours for part in colour.to_bytes(3, "big")])
        return _png(image)


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=0)
    return buffer.getvalue()
