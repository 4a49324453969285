"""The card of an operator: what it computes, takes, gives and costs, on one page.

    card = mx.explain.operator("Convolution")
    print(card)
    card.save("convolution.png")
    card.tried({"data": "1,3,8,8"}, "kernel=(3,3), num_filter=4").outputs

In a notebook it is a page to read, with fields to try shapes and parameters in where
`mxbook_widgets` is installed.

`card.py` the data; `trial.py` what a call would give; `html.py` the page, `chart.py` the picture;
`files.py` files and outputs.
"""

from .card import Card, operator

__all__ = ["Card", "operator"]
