"""Small notebooks for the tests of the runner."""

import copy

import pytest

from mxbook.book import chapters
from mxbook.book.tidy import METADATA

CARD = "# 00 A title\n\n| Time | 5 minutes, 20 s to run |\n|---|---|\n"


def markdown(source: str) -> dict:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def code(source: str, *outputs: dict, count: int | None = None, tags: tuple = ()) -> dict:
    return {
        "cell_type": "code",
        "metadata": {"tags": list(tags)} if tags else {},
        "source": source,
        "outputs": list(outputs),
        "execution_count": count,
    }


def printed(text: str, name: str = "stdout") -> dict:
    return {"output_type": "stream", "name": name, "text": text}


def shown(**data: str) -> dict:
    data = {kind.replace("_", "/", 1): value for kind, value in data.items()}
    told = {kind: {"alt": "words"} for kind in data if kind.startswith("image/")}
    return {"output_type": "display_data", "data": data, "metadata": told}


def book(*cells: dict, card: str = CARD) -> dict:
    notebook = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": copy.deepcopy(METADATA),
        "cells": [markdown(card), *copy.deepcopy(list(cells))],
    }
    chapters.name_cells(notebook)
    return notebook


@pytest.fixture
def shelf(tmp_path):
    """Writes notebooks into a folder of their own; gives the path."""
    folder = tmp_path / "notebooks"
    folder.mkdir()

    def put(notebook: dict, name: str = "00-a"):
        path = folder / f"{name}.ipynb"
        chapters.write(path, notebook)
        return path

    return put
