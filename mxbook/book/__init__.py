"""The course: its chapters are the notebooks in `notebooks/`.

mx.book.doctor()                    what of the installation is there
mx.book.show_source(mx.nd.dot)      how it is written
python -m mxbook.book run 00        execute a chapter and store its outputs
python -m mxbook.book check         execute copies of all chapters and say what is wrong
"""

from .doctor import doctor
from .pictures import show_pictures
from .source import show_source

__all__ = ["doctor", "show_pictures", "show_source"]
