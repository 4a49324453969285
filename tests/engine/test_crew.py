"""Whom to wake: plain data, no threads."""

from mxbook.engine.crew import Crew
from mxbook.engine.gates import Lane

ME = Lane("me")


def arrive(crew, workers):
    for worker in workers:
        crew.arrive(worker)


def test_workers_are_planned_up_to_the_limit():
    crew = Crew(3)
    first = crew.summon(1, ME)
    assert [w.name for w in first] == ["mxbook-worker-1"]
    assert crew.summon(1, ME) == []  # he is on his way
    assert len(crew.summon(9, ME)) == 2
    assert crew.summon(99, ME) == []
    assert crew.awake() == 3


def test_the_last_to_sleep_is_woken_first():
    crew = Crew(2)
    a, b = crew.summon(2, ME)
    arrive(crew, [a, b])
    crew.idle += [a, b]
    assert crew.summon(1, ME) == []
    assert (crew.idle, crew.coming) == ([a], {b})
    b.gate.pass_through()  # it is open
    assert crew.summon(2, ME) == []
    a.gate.pass_through()


def test_a_waiting_worker_is_replaced_and_too_many_stop():
    crew = Crew(1)
    (a,) = crew.summon(1, ME)
    arrive(crew, [a])
    crew.waiting.add(a)
    (b,) = crew.summon(1, ME)
    arrive(crew, [b])
    assert not crew.too_many()
    crew.waiting.discard(a)
    assert crew.too_many()
    crew.idle.append(b)
    assert not crew.too_many()


def test_without_workers_or_threads_the_caller_works():
    assert Crew(0).summon(1, ME) == [ME]
    crew = Crew(2)
    (a,) = crew.summon(1, ME)
    arrive(crew, [a])
    crew.alone = True
    assert crew.summon(5, ME) == []  # `a` will do it
    crew.waiting.add(a)
    assert crew.summon(5, ME) == [ME]


def test_waking_all_and_forgetting():
    crew = Crew(2)
    a, b = crew.summon(2, ME)
    arrive(crew, [a])
    crew.idle.append(a)
    crew.wake_all()
    a.gate.pass_through()
    assert (crew.idle, crew.coming) == ([], set())
    crew.forget_unstarted()  # neither has a thread
    assert crew.members == set()
    crew.lose(b)
    crew.arrive(b)  # it was started after all
    assert crew.members == {b}
