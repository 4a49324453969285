"""A run in words: a headline for title rows and a sentence for those who cannot see."""

from .run import Run
from .ticks import duration, number, rate


def headline(run: Run) -> str:
    """Progress, epochs, time and speed in one line."""
    if run.summary:
        return run.summary
    steps = number(run.step)
    if run.total and run.step != run.total:
        steps += f" of {number(run.total)}"
    stopped = {
        "running": "step ",
        "finished": "",
        "interrupted": "interrupted at step ",
        "failed": f"{run.reason} at step ",
    }
    words = [f"{stopped[run.status]}{steps}" + (" steps" if run.status == "finished" else "")]
    if run.status == "running" and run.progress is not None:
        words[0] += f" ({run.progress:.0%})"
    if run.epochs:
        last = number(run.epochs[-1][0])
        count = len(run.epochs)
        over = f"{count} epoch" + "s" * (count != 1)
        words.append(f"epoch {last}" if run.status == "running" else over)
    words.append(duration(run.elapsed))
    if run.speed > 0:
        words.append(rate(run.speed))
    if run.remaining is not None:
        words.append(f"{duration(run.remaining)} left")
    return " · ".join(words)


def sentence(run: Run) -> str:
    """The run in one sentence, for people and programs that cannot see the picture."""
    found = []
    with run.reading() as curves:
        for look, series in curves:
            value = number(series.latest[1]) if series.latest else "no value"
            best = run.best(look.name)
            more = f" (best {number(best[1])} at step {number(best[0])})" if best else ""
            bad = series.first_bad
            alert = f", {number(bad[1])} from step {number(bad[0])}" if bad else ""
            found.append(f"{look.name} {value}{more}{alert}")
    found += [f"{alert.curve} {alert.text}" for alert in run.alerts]
    return f"{run.title}: {headline(run).replace(' · ', ', ')}" + "".join(f"; {f}" for f in found)
