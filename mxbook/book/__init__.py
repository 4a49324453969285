"""The course: its chapters are the notebooks in `notebooks/`.

mx.book.doctor()                    what of the installation is there
mx.book.show_source(mx.nd.dot)      how it is written
mx.book.check("02.1", answer)       whether an exercise is solved, and if not, why
with mx.book.mistake(): ...         an error that is shown and stops nothing
mx.book.contents()                  the map of chapters
python -m mxbook.book run 00        execute a chapter and store its outputs
python -m mxbook.book check         execute copies of all chapters and say what is wrong
"""

from .contents import contents
from .doctor import doctor
from .exercises import check, verdict
from .mistakes import mistake
from .pictures import show_pictures
from .source import show_source

__all__ = ["check", "contents", "doctor", "mistake", "show_pictures", "show_source", "verdict"]
