from __future__ import annotations

import numpy as np
import pytest

from painscope.errors import UsageError
from painscope.face import make_locator


def test_face_alignment_absent_gives_the_pip_command():
    with pytest.raises(UsageError, match=r'pip install "painscope\[face-alignment\]"') as caught:
        make_locator("face-alignment")
    assert "\n" not in str(caught.value)


def test_face_alignment_draws_the_box_around_the_landmarks(fake_face_alignment, portrait):
    locator = make_locator("face-alignment")
    face, smaller = locator.locate(portrait)
    np.testing.assert_allclose(face.box, [190, 50, 310, 210], atol=0.1)
    assert smaller.area == pytest.approx(face.area / 16, rel=1e-3)
    assert face.confidence == pytest.approx(0.97)
    assert locator.locate(np.zeros_like(portrait)) == []
    assert locator.provenance["library"] == "face-alignment 1.4.1"
