from itertools import pairwise

import numpy as np
import pytest

from mxbook.explain.shapes import THEMES
from mxbook.explain.style import COLOURS, MARKERS, better, by_panel, split, style


def linear(colour: str) -> np.ndarray:
    """Linear red, green and blue of an sRGB colour."""
    value = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def contrast(a: str, b: str) -> float:
    """Contrast ratio of the Web Content Accessibility Guidelines."""
    dark, light = sorted([luminance(a), luminance(b)])
    return (light + 0.05) / (dark + 0.05)


# Machado, Oliveira, Fernandes 2009: what people without one kind of cone see (severity 1).
BLINDNESS = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                     [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                   [0.004733, 0.691367, 0.303900]],
    "none": np.eye(3),
}  # fmt: skip


def lab(colour: str, kind: str) -> np.ndarray:
    """CIELAB coordinates of a colour as it is seen."""
    rgb = np.clip(np.array(BLINDNESS[kind]) @ linear(colour), 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.cbrt(np.maximum(xyz @ rgb / [0.9505, 1.0, 1.089], 1e-9))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("side, theme", list(enumerate(THEMES.values())))
def test_colours_can_be_read_on_their_paper(side, theme):
    for pair in COLOURS:
        assert contrast(pair[side], theme.paper) >= 4.5
    for text in (theme.ink, theme.faint, theme.alert):
        assert contrast(text, theme.paper) >= 4.5


@pytest.mark.parametrize("kind", BLINDNESS)
@pytest.mark.parametrize("side", [0, 1])
def test_neighbouring_colours_stay_apart(kind, side):
    for a, b in pairwise(COLOURS):
        assert np.linalg.norm(lab(a[side], kind) - lab(b[side], kind)) > 18, (a, b)


def test_colours_are_never_alone():
    assert len(set(MARKERS)) == len(MARKERS) == len(COLOURS)


@pytest.mark.parametrize(
    "name, expected",
    [
        ("loss", ("loss", "loss", "train")),
        ("val_loss", ("loss", "loss", "validation")),
        ("validation accuracy", ("accuracy", "accuracy", "validation")),
        ("Train-accuracy", ("accuracy", "accuracy", "train")),
        ("test_top_k_accuracy_5", ("accuracy", "top_k_accuracy_5", "test")),
        ("val/loss", ("loss", "loss", "validation")),
        ("loss/generator", ("loss", "generator", "train")),
        ("loss/val_generator", ("loss", "generator", "validation")),
        ("test", ("test", "test", "train")),
        ("42", ("42", "42", "train")),
    ],
)
def test_names_decide_panel_base_and_role(name, expected):
    assert split(name) == expected


def test_training_and_validation_share_colour_and_differ_in_dash():
    bases = []
    train, other, validation = (style(n, bases) for n in ("loss", "accuracy", "val_loss"))
    assert train.colour == validation.colour != other.colour
    assert train.marker == validation.marker != other.marker
    assert train.dash == ()
    assert validation.dash != ()


def test_better():
    assert better("F1") == "max"
    assert better("perplexity") == "min"
    assert better("learning_rate") == ""
    assert style("learning_rate", []).exact
    assert not style("grad_norm", []).exact


def test_by_panel_keeps_the_order():
    bases = []
    curves = [(style(n, bases), i) for i, n in enumerate(["loss", "accuracy", "val_loss"])]
    assert {k: [c for _, c in v] for k, v in by_panel(curves).items()} == {
        "loss": [0, 2],
        "accuracy": [1],
    }
