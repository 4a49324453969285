"""The checks of the exercises, one file a chapter: `chapter02.py` checks "02.1", "02.2", ...

A check is a function that gets the reader's answer and a random generator, and raises `Wrong` with
words that say what is wrong and why.  It asks for properties, on random inputs, and does not hold
the solution itself where it can do without; the solution is in the notebook, in a folded cell.

    @exercise("02.1", "the squares alternate, also for sizes that you did not try.")
    def checkerboard(answer, random):
        n = int(random.integers(3, 9))
        board = array(call(answer, n), (n, n), f"board({n})")
        require(board[0, 0] == 0, "the upper left square is 0, and yours is not")

`answers.py` has the tools; the tests in `tests/book/checks` try every check with its solution, with
nothing, and with wrong answers that readers give.
"""
