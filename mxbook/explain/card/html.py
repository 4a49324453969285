"""A card as a page of HTML."""

import re
from html import escape

from .card import Call, Card

STYLE = """
.mxbook-card { max-width: 52rem; border: 1px solid color-mix(in srgb, currentColor 30%, transparent);
  border-radius: 6px; padding: 0.6rem 1rem; line-height: 1.45; }
.mxbook-card h3 { margin: 0 0 0.2rem; font-size: 1.25em; }
.mxbook-card h4 { margin: 0.9rem 0 0.2rem; font-size: 1em; }
.mxbook-card p { margin: 0.3rem 0; }
.mxbook-card small { opacity: 0.75; }
.mxbook-card table { border-collapse: collapse; margin: 0.2rem 0; font-size: inherit; }
.mxbook-card td:last-child { padding-right: 0; }
.mxbook-card th, .mxbook-card td { text-align: left; vertical-align: top; padding: 0.15rem 1rem 0.15rem 0;
  font-weight: normal; }
.mxbook-card pre { margin: 0.3rem 0; overflow-x: auto; background: none; color: inherit; }
.mxbook-card code { background: color-mix(in srgb, currentColor 8%, transparent); color: inherit;
  padding: 0 0.2em; border-radius: 3px; }
"""  # noqa: E501 - CSS


def html(card: Card) -> str:
    """The whole card with its style; it takes the colours of the page that it stands in."""
    return f'<div class="mxbook-card"><style>{STYLE}</style>{body(card)}</div>'


def body(card: Card) -> str:
    """What is on the card."""
    also = f"<p><small>also {escape(', '.join(card.also))}</small></p>" if card.also else ""
    examples = [(f"`{e.call}`", f"`{e.results}`", _work(e)) for e in card.examples]
    parts = [
        f"<h3>{escape(card.name)}</h3>{also}",
        _prose("\n\n".join([card.sentence, *card.body])),
        _table("Inputs", card.inputs),
        "<h4>Outputs</h4>" + f"<p>{escape(', '.join(card.outputs))}</p>",
        _table("Parameters", card.parameters),
        _table("Examples, with their work in operations on one number", examples),
        _sentences("Errors", card.errors),
        _sentences("Gradient", card.gradients),
        "".join(f"<p>{_inline(n)}</p>" for n in [*card.notes, card.origin] if n),
        f"<details><summary>Its source</summary><pre>{escape(card.source)}</pre></details>",
    ]
    return "".join(parts)


def _sentences(title: str, sentences: list[str]) -> str:
    if not sentences:
        return ""
    return f"<h4>{title}</h4>" + "".join(f"<p>{_inline(s)}</p>" for s in sentences)


def _work(example: Call) -> str:
    return f"work {example.work:,}"


def _inline(text: str) -> str:
    """Text with its `code` marked."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))


def _prose(text: str) -> str:
    """Paragraphs; what is indented or a table stays as it is."""
    html = []
    for part in re.split(r"\n\s*\n", text.replace("::\n", "\n")):
        if part.startswith((" ", "=")) or "\n  " in part or "\n=" in part:
            rows = [line for line in part.splitlines() if line.strip("= ")]
            html.append(f"<pre>{escape(chr(10).join(rows))}</pre>")
        else:
            html.append(f"<p>{_inline(' '.join(part.split()))}</p>")
    return "".join(html)


def _table(title: str, rows: list[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    lines = []
    for first, *others in rows:
        first = first if first.startswith("`") else f"`{first}`"
        cells = "".join(f"<td>{_inline(o)}</td>" for o in others)
        lines.append(f'<tr><th scope="row">{_inline(first)}</th>{cells}</tr>')
    return f"<h4>{title}</h4><table>{''.join(lines)}</table>"
