"""What every table of answers is tested for; the modules of the chapters import these tests.

WRONG holds, for each exercise, sources of wrong answers and a part of what is said to them.
"""


def test_there_are_wrong_answers_to_every_exercise(chapter, request):
    table = request.module.WRONG
    assert list(table) == list(chapter.exercises)
    assert all(len(answers) >= 2 for answers in table.values())


def test_the_solution_is_right(chapter, number):
    assert chapter.says(number).startswith(f"{number} right: ")


def test_the_stub_is_still_to_do(chapter, number):
    assert chapter.says(number, stub=True).startswith(f"{number} todo: write your answer")


def test_a_wrong_answer_is_told_why(chapter, number, wrong, words):
    said = chapter.says(number, wrong)
    assert said.startswith(f"{number} wrong, because ")
    assert words in said
